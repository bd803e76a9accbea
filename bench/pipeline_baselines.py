"""What else brings the rows of an upsert into the table: row after row, and the least that the server can do it with.

The least is a lower bound for every loader that stages its rows: they are ready in COPY's binary form, two sessions
send them into an unlogged table, and one MERGE writes those that are new or differ. Nothing is read from Parquet,
nothing is checked, and nobody keeps a ledger.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from bench.pipeline_rows import COLUMNS, TABLE

__all__ = ["executemany", "server_alone", "write_halves"]

_NAMES = ", ".join(COLUMNS)
_CHANGING = [name for name in COLUMNS if name != "id"]


def executemany(url: str, folder: Path) -> None:
    """The rows of a folder by psycopg's executemany, in one transaction."""
    import pyarrow.parquet as pq

    sets = ", ".join(f"{name} = excluded.{name}" for name in _CHANGING)
    places = ", ".join(["%s"] * len(COLUMNS))
    statement = f"INSERT INTO upserted ({_NAMES}) VALUES ({places}) ON CONFLICT (id) DO UPDATE SET {sets}"
    with psycopg.connect(url) as session, session.cursor() as cursor:
        for file in sorted(folder.glob("*.parquet")):
            for batch in pq.ParquetFile(file).iter_batches(10_000):
                values: list[Any] = [tuple(row.values()) for row in batch.select(COLUMNS).to_pylist()]
                cursor.executemany(statement.encode(), values)


def write_halves(url: str, folder: Path, rows: int) -> list[Path]:
    """The rows of the table `appended`, which has the ids 0 to `rows`, as two files in COPY's binary form."""
    folder.mkdir()
    files = [folder / "first", folder / "second"]
    conditions = (f"id < {rows // 2}", f"id >= {rows // 2}")
    with psycopg.connect(url) as session:
        for file, condition in zip(files, conditions, strict=True):
            query = f"COPY (SELECT {_NAMES} FROM appended WHERE {condition}) TO STDOUT (FORMAT binary)"
            with file.open("wb") as out, session.cursor().copy(query.encode()) as copy:
                for chunk in copy:
                    out.write(chunk)
    return files


def server_alone(url: str, halves: Sequence[Path]) -> tuple[float, float]:
    """Seconds until the rows are staged, and from then to the commit: `upserted` has then the rows of both files."""
    sets = ", ".join(f"{name} = s.{name}" for name in _CHANGING)
    mine, theirs = (", ".join(f"{table}.{name}" for name in _CHANGING) for table in ("t", "s"))
    merge = (
        f"MERGE INTO upserted t USING staged s ON t.id = s.id WHEN MATCHED AND ROW({mine})::record *<>"
        f" ROW({theirs})::record THEN UPDATE SET {sets} WHEN NOT MATCHED THEN INSERT ({_NAMES})"
        f" VALUES ({', '.join(f's.{name}' for name in COLUMNS)})"
    )
    with psycopg.connect(url, autocommit=True) as session, psycopg.connect(url, autocommit=True) as other:
        session.execute("DROP TABLE IF EXISTS staged")
        session.execute(f"CREATE UNLOGGED TABLE staged ({TABLE}) WITH (autovacuum_enabled = false)".encode())
        began = time.perf_counter()
        beside = threading.Thread(target=_copy, args=(other, halves[1]))
        beside.start()
        _copy(session, halves[0])
        beside.join()
        staged = time.perf_counter()
        session.execute("SET work_mem = '128MB'")
        session.execute("ANALYZE staged (id)")
        session.execute(merge.encode())
        ended = time.perf_counter()
        session.execute("DROP TABLE staged")
    return staged - began, ended - staged


def _copy(session: psycopg.Connection[Any], file: Path) -> None:
    with file.open("rb") as rows, session.cursor().copy("COPY staged FROM STDIN (FORMAT binary)") as copy:
        while chunk := rows.read(1 << 20):
            copy.write(chunk)
