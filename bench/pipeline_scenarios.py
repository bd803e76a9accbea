"""The loads that are tortured: files with good rows, bad rows and keys that come twice, and a pipeline for each policy.

A scenario is a pipeline, an engine, and the table as it is before. Each takes about a second, so that a random moment
falls anywhere: reading, staging, merging, committing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["COVERED", "SCENARIOS", "TABLE", "Scenario", "write_files"]

# The files of pgmason that a run of a scenario loads, but for those that only know names and errors: what the proof is
# of. pipeline_child.py refuses to run what is not among them.
COVERED = (
    "rows/*.py",
    *(
        f"pipelines/{name}.py"
        for name in (
            "__init__", "attempts", "committing", "connection", "declared", "ledger", "model", "policies", "portions",
            "preparing",
            "replacing", "runner", "sequences", "staging", "straight",
            "engines/__init__", "engines/carrying", "engines/failures", "engines/local", "engines/pool",
            "engines/processes",
            "expect/__init__", "expect/implied", "expect/staged", "extract/*", "extract/formats/*", "transform/*",
        )
    ),
)  # fmt: skip

TABLE = (
    "CREATE TABLE parents (id int PRIMARY KEY); INSERT INTO parents SELECT generate_series(0, 999);"
    " CREATE TABLE t (id bigint PRIMARY KEY, parent int REFERENCES parents, n smallint CHECK (n <> 13), ip inet,"
    " doc jsonb, s text NOT NULL, UNIQUE (s));"
    " CREATE TABLE log (id bigint, parent int, n smallint, doc jsonb, s text);"
    " INSERT INTO t SELECT n, n % 1000, 1, NULL, NULL, 'row ' || n FROM generate_series(0, 9999, 2) n"
)

_FILE = '''
"""Written by bench/pipeline_scenarios.py."""

import pyarrow as pa
import pyarrow.compute as pc

from pgmason.pipelines import extract, pipeline

FILES = extract.files({pattern!r})
TO_T = {{"extract": FILES, "target": "public.t", "key": ["id"]}}


def named(batch):
    s = pc.binary_join_element_wise("row", pc.cast(batch.column("id"), pa.string()), " ")
    return batch.append_column("s", s)


def plain(batch):
    return named(batch).drop_columns(["ip"])


@pipeline(**TO_T)
def update(batch):
    return named(batch)


@pipeline(**TO_T, transaction_rows=4000)
def bounded(batch):
    return named(batch)


@pipeline(**TO_T, on_conflict="insert")
def insert(batch):
    return named(batch)


@pipeline(**TO_T, on_conflict="delete missing", delete_at_most=1, duplicates="quarantine")
def delete_missing(batch):
    return named(batch)


@pipeline(extract=FILES, target="public.log", on_conflict="append")
def append(batch):
    return plain(batch)


@pipeline(extract=FILES, target="public.log", on_conflict="append", transaction_rows=5000)
def append_bounded(batch):
    return plain(batch)


@pipeline(extract=FILES, target="public.log", on_conflict="replace")
def replaced(batch):
    return plain(batch)
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A pipeline of the written file, the engine that runs it, and its target."""

    pipeline: str
    engine: str
    target: tuple[str, str] = ("public", "t")

    @property
    def name(self) -> str:
        return f"{self.pipeline} by {self.engine}"


_LOG = ("public", "log")
SCENARIOS = (
    Scenario(pipeline="update", engine="one"),
    Scenario(pipeline="update", engine="threads"),
    Scenario(pipeline="update", engine="processes"),
    Scenario(pipeline="bounded", engine="threads"),
    Scenario(pipeline="insert", engine="threads"),
    Scenario(pipeline="delete_missing", engine="threads"),
    Scenario(pipeline="append", engine="threads", target=_LOG),
    Scenario(pipeline="append", engine="processes", target=_LOG),
    Scenario(pipeline="append_bounded", engine="threads", target=_LOG),
    Scenario(pipeline="replaced", engine="threads", target=_LOG),
)


def write_files(folder: Path, *, files: int = 6, rows: int = 4000) -> Path:
    """The files, and the file of pipelines over them, which is given.

    Of the rows of each file a tenth comes again in the next one with other values; one in a thousand has a number that
    does not fit, breaks the CHECK, or names a parent that is not there.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    for place in range(files):
        first = place * rows * 9 // 10
        ids = range(first, first + rows)
        table = pa.table(
            {
                "id": pa.array(ids, pa.int64()),
                "parent": pa.array([n % 1000 if n % 1013 else 5000 for n in ids], pa.int32()),
                "n": pa.array([99_999 if n % 1009 == 7 else (n + place) % 12 if n % 1511 else 13 for n in ids]),
                "ip": pa.array([f"10.0.{n % 250}.{place}" for n in ids]),
                "doc": pa.array([f'{{"n": {n}, "of": [{place}, null]}}' for n in ids]),
            }
        )
        pq.write_table(table, folder / f"{place:03}.parquet", row_group_size=1000)
    file = folder / "tortured.py"
    file.write_text(_FILE.format(pattern=str(folder / "*.parquet")), encoding="utf-8")
    return file
