"""How soon has a suite its database? Against initdb and a start of the same PostgreSQL for each suite, in the same run.

python -m bench.scratch prints the table; `python -m bench` has it among the others. The product is examples/shop.
"""

from __future__ import annotations

import os
import shutil
import sys
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
from pgmason.postgres.clones import Clone

__all__ = ["measure_scratch"]

SHOP = Path(__file__).parents[1] / "examples" / "shop"
REPEATS = 9
ROUND_TRIPS = 2_000


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
        yield _lease(lender, own)
        yield _per_test(lender)
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


def _lease(lender: Lender, own: Callable[[], None]) -> Measurement:
    def lease() -> float:
        seconds = timed(lambda: clones.append(lender.borrow()))
        lender.give_back(clones.pop())
        return seconds

    clones: list[Clone] = []
    values = [lease() for _ in range(4 * REPEATS)]
    baselines = [timed(own) for _ in range(3)]
    return Measurement(
        what="a lease of a clone inside a running process", value=median(values), unit="s",
        against="initdb, start, schema by psql, stop", baseline=median(baselines), repeats=len(values),
        budget=Budget(at_most=0.05, of="value"),
    )  # fmt: skip


def _per_test(lender: Lender) -> Measurement:
    """A database as new after a test that wrote into three tables, against another clone and the end of the old one."""
    import psycopg

    lends = PerTest(lender)
    insert = """
        WITH c AS (INSERT INTO customers (email, full_name, password_hash) VALUES ('a', 'b', 'c') RETURNING id)
        INSERT INTO addresses (customer_id, line1, postal_code, city, country_code)
        SELECT id, 'l', 'p', 'c', 'GB' FROM c;
        INSERT INTO audit_log (actor, action, table_name, row_id) VALUES ('a', 'create', 't', 'r');
    """

    def used() -> None:
        clone = lends.take()
        with psycopg.connect(clone.url(), autocommit=True) as connection:
            connection.execute(insert)
        lends.give_back(clone)

    with closing(lends):
        for _ in range(2 * REPEATS):
            used()
        seconds = list(lends.reset_seconds)

        def another() -> float:
            clones = [lender.borrow()]
            seconds = timed(lambda: (lender.give_back(clones.pop()), clones.append(lender.borrow())))
            lender.give_back(clones.pop())
            return seconds

        baselines = [another() for _ in range(2 * REPEATS)]
    return Measurement(
        what="a database as new after a test, by emptying", value=median(seconds) if seconds else float("nan"),
        unit="s", against="dropping it and cloning", baseline=median(baselines), repeats=len(seconds),
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
