"""Eight writers commit late and out of order into a table that a pipeline copies meanwhile, by `append`.

Each transaction takes its time stamp at its beginning, holds it for a random while, and some are rolled back: later
stamps are committed before earlier ones all the time. The pipeline runs over and over until the writers are through,
and once more. A row that it missed, or took twice, is in the difference of the two tables.
"""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from bench.plain_server import PlainServer
from pgmason.pipelines import extract
from pgmason.pipelines.model import Pipeline, Policy
from pgmason.pipelines.runner import run_pipeline
from pgmason.rows.digest import digest_tables

__all__ = ["late_writers"]

WRITERS = 8
ROWS_OF_A_TRANSACTION = 40


def late_writers(server: PlainServer, *, rows: int, seed: int) -> dict[str, Any]:
    """What happened: rows, runs, and `failures`, empty where nothing was missed or doubled."""
    server.psql("postgres", "-c", "CREATE DATABASE late")
    columns = "id bigint {}, writer int, changed_at timestamptz {}"
    server.psql(
        "late",
        "-c",
        f"CREATE TABLE source ({columns.format('PRIMARY KEY', 'NOT NULL')}); CREATE INDEX ON source (changed_at);"
        f" CREATE TABLE copied ({columns.format('', '')})",
    )
    url = server.url("late")
    pipeline = Pipeline(
        name="late",
        extract=extract.postgres(url, "public.source", cursor="changed_at", key="id"),
        target="public.copied",
        on_conflict=Policy.APPEND,
        file=Path(__file__),
    )
    try:
        return _raced(pipeline, url, rows=rows, seed=seed)
    finally:
        server.psql("postgres", "-c", "DROP DATABASE late WITH (FORCE)")


def _raced(pipeline: Pipeline, url: str, *, rows: int, seed: int) -> dict[str, Any]:
    failures: list[str] = []
    each = rows // WRITERS

    def write(writer: int) -> None:
        chance = random.Random(f"{seed}:{writer}")
        try:
            with psycopg.connect(url) as session:
                written = 0
                while written < each:
                    count = min(ROWS_OF_A_TRANSACTION, each - written)
                    first = writer * each + written
                    session.execute(
                        "INSERT INTO source SELECT n, %s, clock_timestamp() FROM generate_series(%s::int8, %s::int8) n",
                        [writer, first, first + count - 1],
                    )
                    if chance.random() < 0.3:
                        time.sleep(chance.expovariate(100))
                    if chance.random() < 0.1:
                        session.rollback()
                        continue
                    session.commit()
                    written += count
        except Exception as exc:
            failures.append(f"writer {writer}: {exc}")

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    runs = beside = 0
    while any(thread.is_alive() for thread in threads):
        run = run_pipeline(pipeline, url)
        runs, beside = runs + 1, beside + run.counts.inserted
    for thread in threads:
        thread.join()
    for _ in range(2):  # the last rows; and a run that finds none
        last = run_pipeline(pipeline, url)
        runs += 1
    if last.counts.inserted:
        failures.append(f"the last run found {last.counts.inserted} rows once more")
    with psycopg.connect(url, autocommit=True) as session:
        source, copied = digest_tables([session], [("public", "source"), ("public", "copied")]).values()
        missed, doubled = session.execute(
            "SELECT (SELECT count(*) FROM source s WHERE NOT EXISTS (SELECT FROM copied c WHERE c.id = s.id)),"
            " (SELECT count(*) - count(DISTINCT id) FROM copied)"
        ).fetchone() or (0, 0)
    if missed or doubled or source.rows != copied.rows or source.rows != each * WRITERS:
        failures.append(f"{missed} missed, {doubled} doubled: {source.rows:,} written, {copied.rows:,} copied")
    return {"rows": source.rows, "writers": WRITERS, "runs": runs, "taken_beside": beside, "failures": failures}
