"""Throw-away databases in pytest: what a test asks for by the name of a fixture.

    scratch_database   a database as new for each test, with the product's schema; DATABASE_URL names it meanwhile
    query_count        how many statements the test sent; the test fails where it sent one for each row of a query

With `--scratch` DATABASE_URL is set before conftest.py is read, to a database of this process's own (each worker of
pytest-xdist has one), for products that connect when they are imported. The product is the one of the nearest
pgmason.toml; `--scratch-product` names one of several. Without any of these nothing is started and little is imported.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pgmason.interpreters.environment import variables_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

    from pgmason.lending.lender import Lender
    from pgmason.lending.per_test import PerTest
    from pgmason.postgres.clones import Clone
    from pgmason.traffic.conversation import Execution
    from pgmason.traffic.lookups import LookupWatch
    from pgmason.traffic.proxy import Proxy

__all__ = ["QueryCount", "ScratchDatabase"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchDatabase:
    """A database for one test: its URL, and the same taken apart."""

    url: str
    host: str
    port: int
    user: str
    database: str
    password: str = field(repr=False)

    def connect(self, **options: Any) -> Connection[Any]:
        """A psycopg connection to it; `options` as `psycopg.connect` has them."""
        import psycopg

        return psycopg.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, dbname=self.database, **options
        )


@dataclass(slots=True)
class QueryCount:
    """What was heard of a test. `allow` lets a test pass whose loop is meant."""

    _watch: LookupWatch
    _allowed: bool = False

    @property
    def statements(self) -> int:
        """How many statements were sent so far; BEGIN, COMMIT and SET are not counted."""
        return self._watch.statements

    def at_most(self, most: int) -> None:
        """Fail where more statements than that were sent so far."""
        if self.statements > most:
            pytest.fail(f"{self.statements} statements were sent, where at most {most} are meant to be", pytrace=False)

    def allow(self, reason: str) -> None:
        """Do not fail this test for N+1; the reason is for who reads it."""
        if not reason.strip():
            raise ValueError("a loop is allowed for a reason")
        self._allowed = True

    def failure(self) -> str | None:
        """What is told where the test is to fail."""
        from pgmason.traffic.telling import loop_lines

        loops = () if self._allowed else self._watch.loops()
        return "\n".join(line for loop in loops for line in loop_lines(loop)) or None


@dataclass(slots=True)
class _Switch:
    """Hands what is heard to the test that runs, if it wants to know."""

    watch: LookupWatch | None = None

    def sent(self, execution: Execution) -> None:
        if self.watch is not None:
            self.watch.sent(execution)

    def row(self, execution: Execution, values: Sequence[str | None]) -> None:
        if self.watch is not None:
            self.watch.row(execution, values)

    def ended(self, transaction: int) -> None:
        if self.watch is not None:
            self.watch.ended(transaction)


@dataclass(slots=True)
class _Session:
    """What a test process has borrowed: made when first asked for, gone at its end."""

    root: Path
    product: str | None
    stack: ExitStack = field(default_factory=ExitStack)
    switch: _Switch = field(default_factory=_Switch)
    heard: bool = False  # whether the process's own database is overheard
    _lender: Lender | None = None
    _per_test: PerTest | None = None
    _proxy: Proxy | None = None

    def lender(self) -> Lender:
        if self._lender is None:
            from pgmason.config import find_workspace, read_workspace
            from pgmason.errors import PgmasonError
            from pgmason.lending.lender import lending

            try:
                file = find_workspace(self.root)
                if file is None:
                    raise pytest.UsageError(f"no pgmason.toml is in {self.root} or above; next: pgmason init")
                product = read_workspace(file).product(self.product)
                self._lender = self.stack.enter_context(lending(product, what="pytest"))
            except PgmasonError as failure:
                raise pytest.UsageError(f"pgmason: {failure}") from failure
        return self._lender

    def per_test(self) -> PerTest:
        if self._per_test is None:
            from pgmason.lending.per_test import PerTest

            self._per_test = PerTest(self.lender())
            self.stack.callback(self._per_test.close)
        return self._per_test

    def overheard(self, clone: Clone) -> Clone:
        """The same database by way of a proxy of this process."""
        if self._proxy is None:
            from pgmason.traffic.proxy import Proxy

            self._proxy = Proxy(self.lender().server.state["port"], self.switch)
            self._proxy.serve()
            self.stack.callback(self._proxy.close)
        return replace(clone, port=self._proxy.port)

    def variables(self, clone: Clone) -> dict[str, str]:
        from pgmason.lending.variables import scheme_of, url_names, variables

        product = self.lender().product
        return variables(clone, scheme=scheme_of(product), names=url_names(product))

    def told(self) -> str | None:
        return self._per_test.told() if self._per_test is not None else None


_SESSION = pytest.StashKey[_Session]()
_COUNT = pytest.StashKey[QueryCount]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pgmason", "throw-away databases")
    group.addoption(
        "--scratch",
        action="store_true",
        help="Set DATABASE_URL to a throw-away database with the product's schema, for this process or worker.",
    )
    group.addoption("--scratch-product", metavar="NAME", help="The product of pgmason.toml that is meant.")
    parser.addini("scratch_product", "The product of pgmason.toml that is meant.", default="")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before conftest.py, so that what it imports finds DATABASE_URL."""
    options = early_config.known_args_namespace
    if not options.scratch:
        return
    if getattr(options, "numprocesses", None) and "PYTEST_XDIST_WORKER" not in os.environ:
        return  # runs no test itself
    session = _session(early_config, options.scratch_product)
    session.heard = True
    os.environ.update(session.variables(session.overheard(session.lender().borrow_named("main"))))


def _session(config: pytest.Config, named: str | None = None) -> _Session:
    if _SESSION not in config.stash:
        product = named or config.getoption("--scratch-product", None) or config.getini("scratch_product") or None
        config.stash[_SESSION] = _Session(root=config.rootpath, product=product)
    return config.stash[_SESSION]


def pytest_unconfigure(config: pytest.Config) -> None:
    session = config.stash.get(_SESSION, None)
    if session is not None:
        session.stack.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session = config.stash.get(_SESSION, None)
    told = session.told() if session is not None else None
    if told and config.get_verbosity() > 0:
        terminalreporter.write_line(f"scratch databases: {told}")


@pytest.fixture
def scratch_database(request: pytest.FixtureRequest) -> Iterator[ScratchDatabase]:
    """A database with the product's schema, as new for this test; DATABASE_URL and libpq's variables name it."""
    session = _session(request.config)
    lent = session.per_test().take()
    clone = session.overheard(lent) if "query_count" in request.fixturenames else lent
    variables = session.variables(clone)
    try:
        with variables_set(variables):
            yield ScratchDatabase(
                url=variables["DATABASE_URL"],
                host=clone.host,
                port=clone.port,
                user=clone.user,
                database=clone.database,
                password=clone.password,
            )
    finally:
        session.per_test().give_back(lent)


@pytest.fixture
def query_count(request: pytest.FixtureRequest) -> Iterator[QueryCount]:
    """Counts what the test sends to its `scratch_database`, or with --scratch to DATABASE_URL; N+1 fails the test."""
    from pgmason.lending.hearing import relations_of
    from pgmason.traffic.lookups import LookupWatch
    from pgmason.traffic.sites import call_site

    session = _session(request.config)
    if not session.heard and "scratch_database" not in request.fixturenames:
        pytest.fail("query_count hears the test's scratch_database, or needs pytest --scratch", pytrace=False)
    root = request.config.rootpath
    watch = LookupWatch(relations=relations_of(session.lender()), site=lambda: call_site(root))
    count = QueryCount(watch)
    request.node.stash[_COUNT] = count
    session.switch.watch = watch
    try:
        yield count
    finally:
        session.switch.watch = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that passed fails where it sent one statement for each row of a query."""
    result = yield
    count = item.stash.get(_COUNT, None)
    told = count.failure() if count is not None else None
    if told:
        pytest.fail(told, pytrace=False)
    return result
