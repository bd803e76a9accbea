"""How soon has a suite its database? Against initdb and a start of the same PostgreSQL for each suite, in the same run.

python -m bench.scratch prints the table; `python -m bench` has it among the others. The product is examples/shop.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from statistics import median

from bench.arguments import Arguments
from bench.commands import Home, repository, temporary_folder
from bench.machine import machine_line
from bench.measurement import Budget, Measurement, side_by_side, table, timed
from bench.plain_server import plain_server
from pgmason.config import Product, read_workspace
from pgmason.formats import read_history
from pgmason.lending.hearing import listen
from pgmason.lending.lender import Lender, lending
from pgmason.lending.per_test import PerTest
from pgmason.lending.resetting import fresh_state, reset
from pgmason.postgres.clones import Clone

__all__ = ["measure_scratch"]

SHOP = Path(__file__).parents[1] / "examples" / "shop"
REPEATS = 9
LEASES = 100
ROUND_TRIPS = 2_000
ROWS = """
    WITH c AS (INSERT INTO customers (email, full_name, password_hash) VALUES ('a', 'b', 'c') RETURNING id)
    INSERT INTO addresses (customer_id, line1, postal_code, city, country_code)
    SELECT id, 'l', 'p', 'c', 'GB' FROM c;
    INSERT INTO audit_log (actor, action, table_name, row_id) VALUES ('a', 'create', 't', 'r');
"""


def measure_scratch(home: Home, work: Path) -> Iterator[Measurement]:
    """Every measurement of lending. PGMASON_HOME must be `home`, in this process too."""
    folder = work / "shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("node_modules"))
    repository(folder)
    home.run(folder, "init", "--bare").holds()
    product = read_workspace(folder / "pgmason.toml").product(None)
    own = _server_of_its_own(work, product)
    yield _command(home, folder, own)
    with lending(product, what="bench") as lender:
        yield from _lease(lender, own, "tests of 50 ms", ROWS, pause_seconds=0.05)
        yield from _lease(lender, own, "tests back to back", ROWS)
        yield from _lease(lender, own, "tests back to back that make a table", "CREATE TABLE more (id integer)")
        yield _cloned(lender)
        yield _emptied(lender)
        yield _overheard(lender)


def _server_of_its_own(work: Path, product: Product) -> Callable[[], None]:
    """What a suite does without us: initdb, a start, the schema by psql, and the end of it all."""
    files = [migration.up for migration in read_history(product.home / str(product.migrations)).migrations]
    number = count()

    def suite() -> None:
        folder = work / f"suite{next(number)}"
        with plain_server(folder, major=product.major) as server:
            server.make("shop", files)
        shutil.rmtree(folder)

    return suite


def _command(home: Home, folder: Path, own: Callable[[], None]) -> Measurement:
    home.run(folder, "scratch", "--", "true").holds()
    value, baseline = side_by_side(REPEATS, lambda: home.run(folder, "scratch", "--", "true").holds().seconds, own)
    return Measurement(
        what="`pgmason scratch -- true`, warm", value=value, unit="s", against="initdb, start, schema by psql, stop",
        baseline=baseline, repeats=REPEATS, budget=Budget(at_most=0.4, of="value"),
    )  # fmt: skip


def _lease(
    lender: Lender, own: Callable[[], None], what: str, test: str, *, pause_seconds: float = 0.0
) -> Iterator[Measurement]:
    """What a test waits for a database as new and until it is rid of it, and the slowest of twenty."""

    def leased() -> float:
        clones: list[Clone] = []
        waited = timed(lambda: clones.append(lends.take()))
        _use(clones[0], test)
        time.sleep(pause_seconds)
        return waited + timed(lambda: lends.give_back(clones[0]))

    baselines = [timed(own) for _ in range(3)]
    with closing(PerTest(lender)) as lends:
        waits = sorted(leased() for _ in range(LEASES))
    for share, name in ((0.5, "median"), (0.95, "p95")):
        yield Measurement(
            what=f"a lease of a clone inside a running process, {what}, {name}", value=waits[int(len(waits) * share)],
            unit="s", against="initdb, start, schema by psql, stop", baseline=median(baselines), repeats=len(waits),
            budget=Budget(at_most=0.05, of="value") if name == "median" else None,
        )  # fmt: skip


def _use(clone: Clone, test: str) -> None:
    import psycopg

    with psycopg.connect(clone.url(), autocommit=True) as connection:
        connection.execute(test.encode())


def _cloned(lender: Lender) -> Measurement:
    """What stands behind it: CREATE DATABASE, with nothing prepared and nothing in the background."""

    def another() -> float:
        seconds = timed(lambda: clones.append(lender.borrow()))
        lender.give_back(clones.pop())
        return seconds

    def dropped() -> float:
        clones.append(lender.borrow())
        return timed(lambda: lender.give_back(clones.pop()))

    clones: list[Clone] = []
    values = [another() for _ in range(4 * REPEATS)]
    baselines = [dropped() for _ in range(2 * REPEATS)]
    return Measurement(
        what="a clone made when it is asked for", value=median(values), unit="s", against="dropping it",
        baseline=median(baselines), repeats=len(values),
    )  # fmt: skip


def _emptied(lender: Lender) -> Measurement:
    """A database made as new after a test that wrote into three tables, against another clone and the old one's end."""
    clone = lender.borrow()
    with lender.clones.observer(clone) as observer:
        fresh = fresh_state(observer)
        assert fresh is not None, "the example's tables are empty"

        def emptied() -> float:
            _use(clone, ROWS)
            return timed(lambda: done.append(reset(observer, fresh)))

        done: list[bool] = []
        values = [emptied() for _ in range(4 * REPEATS)]
    assert all(done), "a test of three INSERTs can be undone"

    def another() -> float:
        clones = [lender.borrow()]
        seconds = timed(lambda: (lender.give_back(clones.pop()), clones.append(lender.borrow())))
        lender.give_back(clones.pop())
        return seconds

    baselines = [another() for _ in range(2 * REPEATS)]
    return Measurement(
        what="a database as new after a test, by emptying", value=median(values),
        unit="s", against="dropping it and cloning", baseline=median(baselines), repeats=len(values),
    )  # fmt: skip


def _overheard(lender: Lender) -> Measurement:
    """Round trips of a lookup, straight and through the proxy that --n-plus-one puts in between."""
    import psycopg

    def trips(url: str) -> float:
        with psycopg.connect(url, autocommit=True) as connection:
            return timed(
                lambda: [
                    connection.execute("SELECT id FROM products WHERE sku = %s", [str(n)]) for n in range(ROUND_TRIPS)
                ]
            )

    clone = lender.borrow()
    with listen(lender) as hearing:
        hearing.proxy.serve()
        heard = hearing.through(clone)
        value, baseline = side_by_side(5, lambda: trips(heard.url()), lambda: trips(clone.url()))
    return Measurement(
        what=f"{ROUND_TRIPS:,} round trips, overheard for N+1", value=value, unit="s", against="straight",
        baseline=baseline, repeats=5,
    )  # fmt: skip


def main() -> int:
    Arguments().done()
    with temporary_folder("scratch") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        print(machine_line())
        try:
            measured = list(measure_scratch(home, work))
        finally:
            home.stop()
    print(table(measured), end="")
    return 1 if any(one.met is False for one in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
