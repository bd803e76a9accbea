"""The servers and databases that tests use: real ones, one server a major, warm for the whole run.

Everything pgmason keeps goes to a folder of this run's own, and its servers are stopped at the end.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from pgmason.catalog.model import Catalog
from pgmason.catalog.reading import read_catalog
from pgmason.errors import NoServer
from pgmason.postgres.scratch import Scratch, offer_extensions, scratch_database
from pgmason.postgres.server import Server, lease_server, running_servers, stop_server

MAJORS = (15, 18)  # the system's 15, or one installed from a package; and the wheel's 18


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # so started in a shell's background; the commands that tests interrupt would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        home = Path(tempfile.mkdtemp(prefix="pgmason-test-"))
        home.chmod(0o755)  # the server runs as another user when the tests run as root
        os.environ["PGMASON_HOME"] = str(home)
        os.environ["PGMASON_SERVER_IDLE_SECONDS"] = "120"
        os.environ.pop("DATABASE_URL", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        for folder, _, _ in running_servers():
            stop_server(folder)
        shutil.rmtree(os.environ["PGMASON_HOME"], ignore_errors=True)


def server_of(major: int, stack: ExitStack) -> Server:
    """A lease on the server of exactly that major; skips by name where this machine has none."""
    try:
        server = stack.enter_context(lease_server(major, what="tests"))
    except NoServer as exc:
        pytest.skip(f"PostgreSQL {major}: {exc.what}")
    if server.choice.substitute:
        pytest.skip(f"PostgreSQL {major} is not on this machine")
    return server


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[int], Server]]:
    """The server of a major, leased once for this worker."""
    with ExitStack() as stack:
        leased: dict[int, Server] = {}

        def server(major: int) -> Server:
            if major not in leased:
                leased[major] = server_of(major, stack)
            return leased[major]

        yield server


@pytest.fixture(params=MAJORS, ids=lambda major: f"pg{major}")
def server(request: pytest.FixtureRequest, servers: Callable[[int], Server]) -> Server:
    """The test runs once on each major."""
    return servers(request.param)


@dataclass(slots=True)
class FreshDatabase:
    """An empty database of the test's own: SQL runs in it as the confined role."""

    scratch: Scratch
    stack: ExitStack
    _connection: Connection[Any] | None = field(default=None)

    @property
    def url(self) -> str:
        return self.scratch.url

    @property
    def major(self) -> int:
        return self.scratch.server.choice.installation.major

    @property
    def connection(self) -> Connection[Any]:
        if self._connection is None:
            self._connection = self.stack.enter_context(self.scratch.session())
        return self._connection

    def execute(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run SQL (several statements are fine) as the confined role; the rows of the last one, if it has any."""
        cursor = self.connection.execute(sql, values or None)  # type: ignore[call-overload]
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []

    def read_catalog(self) -> Catalog:
        with self.scratch.observer() as observer:
            return read_catalog(observer, unsaid=self.scratch.unsaid)

    def offer_extensions(self, *names: str) -> None:
        """Stand-ins for extensions that this server lacks."""
        offer_extensions(self.scratch.server, names)


@pytest.fixture
def database_on() -> Iterator[Callable[[Server], FreshDatabase]]:
    """An empty database on a given server, dropped after the test."""
    with ExitStack() as stack:
        yield lambda server: FreshDatabase(stack.enter_context(scratch_database(server)), stack)


@pytest.fixture
def fresh_database(
    servers: Callable[[int], Server], database_on: Callable[[Server], FreshDatabase]
) -> Callable[..., FreshDatabase]:
    """An empty database of a major (15 unless said; 18 where the machine has no 15)."""

    def make(major: int | None = None) -> FreshDatabase:
        if major is not None:
            return database_on(servers(major))
        try:
            return database_on(servers(15))
        except pytest.skip.Exception:
            return database_on(servers(18))

    return make


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real products' schemas."""
    named = os.environ.get("PGMASON_CORPUS")
    if not named or not Path(named).is_dir():
        pytest.skip("PGMASON_CORPUS names no folder of real products")
    return Path(named)
