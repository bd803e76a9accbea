"""What does reading the large schema cost, beside pg_dump -s of the same database in the same run?

`python -m bench.reading URL` reads once in a process of its own and prints the seconds and the memory as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.histories import LARGE, large_schema, large_schema_changed
from bench.measurement import Budget, Measurement, timed
from bench.plain_server import PlainServer
from pgmason.catalog.canonical import catalog_from_json, catalog_to_json
from pgmason.catalog.model import Catalog
from pgmason.catalog.script import script_of
from pgmason.plan.diff import compare

__all__ = ["measure_reading"]

REPEATS = 5
PG_DUMP = "pg_dump -s"


def measure_reading(server: PlainServer, work: Path) -> Iterator[Measurement]:
    """Reading, memory, comparing, and loading from JSON, of the large schema."""
    script, changes = work / "large.sql", work / "changed.sql"
    script.write_text(large_schema(), encoding="utf-8")
    changes.write_text(large_schema_changed(), encoding="utf-8")
    server.make("large", [script])
    server.make("changed", [script, changes])
    dumps, reads = [], []
    for _ in range(REPEATS):
        dumps.append(timed(lambda: _dump(server, "large")))
        reads.append(_read_in_a_child(server.url("large")))
    assert all(one["objects"] > 17_000 for one in reads), "the catalog is not whole"
    dump = median(dumps)
    reading = median(one["seconds"] for one in reads)
    yield Measurement(
        what=f"reading a catalog of {LARGE}", value=reading, unit="s", against=PG_DUMP, baseline=dump, repeats=REPEATS,
        budget=Budget(at_most=0.8, of="ratio"),
    )  # fmt: skip
    yield Measurement(
        what="peak memory of the process that reads it", value=max(one["peak_mb"] for one in reads), unit="MB",
        against="the same process before it reads", baseline=median(one["before_mb"] for one in reads), repeats=REPEATS,
        budget=Budget(at_most=300, of="value"),
    )  # fmt: skip
    large, changed = (catalog_to_json(_read(server.url(name))) for name in ("large", "changed"))
    loads, equal, different = [], [], []
    for _ in range(REPEATS):
        began = time.perf_counter()
        one = _load(large)
        loads.append(time.perf_counter() - began)
        same, other = _load(large), _load(changed)
        equal.append(timed(lambda: _compare(one, same, expected=0)))  # noqa: B023  # called at once
        different.append(timed(lambda: _compare(one, other, expected=100)))  # noqa: B023
    for what, seconds in (("two equal catalogs of that size", equal), ("two that differ in 100 places", different)):
        yield Measurement(
            what=f"comparing {what}", value=median(seconds), unit="s", against=PG_DUMP, baseline=dump, repeats=REPEATS,
            budget=Budget(at_most=0.1, of="ratio"),
        )  # fmt: skip
    exports = []
    for _ in range(REPEATS):
        whole = _load(large)
        exports.append(timed(lambda: script_of(whole)))  # noqa: B023  # called at once
    yield Measurement(
        what="exporting that catalog as SQL", value=median(exports), unit="s", against=PG_DUMP, baseline=dump,
        repeats=REPEATS, budget=Budget(at_most=0.5, of="ratio"),
    )  # fmt: skip
    yield Measurement(
        what="loading that catalog from its JSON", value=median(loads), unit="s", against="reading it",
        baseline=reading, repeats=REPEATS,
    )  # fmt: skip


def _dump(server: PlainServer, database: str) -> None:
    command = [str(server.clients / "pg_dump"), "-s", "-d", database]
    subprocess.run(command, env=server.environment, check=True, stdout=subprocess.DEVNULL)


def _load(text: str) -> Catalog:
    return catalog_from_json(text, name="large.json")


def _compare(one: Catalog, other: Catalog, *, expected: int) -> None:
    changes = len(compare(one, other).changes)
    assert changes == expected, f"{changes} changes, not {expected}"


def _read_in_a_child(url: str) -> Any:
    command = [sys.executable, "-m", "bench.reading", url]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def _read(url: str) -> Catalog:
    import psycopg

    from pgmason.catalog.reading import read_catalog

    with psycopg.connect(url, autocommit=True) as connection:
        return read_catalog(connection)


def _peak_mb() -> float:
    """The high-water mark of this process; getrusage would count the parent's from before exec."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM:"))
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Read the database that the first argument names, once."""
    import psycopg  # noqa: F401  # what is imported anyway is no part of the reading

    import pgmason.catalog.reading  # noqa: F401
    from pgmason.catalog.kinds import all_kinds

    all_kinds()  # every kind's module
    before = _peak_mb()
    began = time.perf_counter()
    catalog = _read(sys.argv[1])
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "before_mb": before, "peak_mb": _peak_mb(), "objects": len(catalog.objects)}))


if __name__ == "__main__":
    main()
