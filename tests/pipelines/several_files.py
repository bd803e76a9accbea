"""A pipeline over several files with good rows and bad ones, and what a run of it leaves: for tests of engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa

from pgmason.pipelines.declared import find_pipeline
from pgmason.pipelines.runner import run_pipeline
from pgmason.rows.digest import digest_table

TABLE = "CREATE TABLE t (id bigint PRIMARY KEY, n smallint CHECK (n <> 13), s text)"
FILE = """
import os, signal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pgmason.pipelines import extract, pipeline


@pipeline(extract=extract.files({pattern!r}), target="public.t", key=["id"])
def numbers(batch):
    if Path({poison!r}).exists():
        if Path({poison!r}).read_text() == "raise":
            raise ValueError("poisoned")
        os.kill(os.getpid(), signal.SIGKILL)
    s = pc.binary_join_element_wise("row", pc.cast(batch.column("id"), pa.string()), " ")
    return pa.RecordBatch.from_arrays([batch.column("id"), batch.column("n"), s], names=["id", "n", "s"])
"""


def numbers_in(folder: Path) -> Any:
    """A pipeline over six files: keys come twice, some numbers do not fit, some break a CHECK."""
    import pyarrow.parquet as pq

    for place in range(6):
        ids = list(range(place * 900, place * 900 + 1000))  # a hundred keys come again in the next file
        rows = pa.table({"id": ids, "n": pa.array([(n * 7 + place) % 40_000 for n in ids])})
        pq.write_table(rows, folder / f"{place}.parquet", row_group_size=300)
    (folder / "pipelines").mkdir()
    text = FILE.format(pattern=str(folder / "*.parquet"), poison=str(folder / "poison"))
    (folder / "pipelines" / "numbers.py").write_text(text)
    return find_pipeline(folder / "pipelines", "numbers")


def outcome(pipeline: Any, engine: Any, database: Any) -> Any:
    database.execute(TABLE)
    run = run_pipeline(pipeline, database.url, engine=engine)
    with psycopg.connect(database.url, autocommit=True) as session:
        digest = digest_table([session], "public", "t")
    aside = database.execute('SELECT expectation, reason, "row"::text FROM pgmason.quarantine ORDER BY 3, 2')
    return run.counts, sorted(run.cursor_after["files"]), digest.rows, digest.digest, aside
