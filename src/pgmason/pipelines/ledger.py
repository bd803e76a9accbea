"""What did each run do, and where does each pipeline stand?

The ledger is three tables in the schema `pgmason` of the target's own database, so that a run's entry and the
cursor commit in the same transaction as its rows. `pipelines` holds a cursor each, `runs` an entry for each run,
`quarantine` the rows set aside. One run at a time: a session-level advisory lock is held as long as the run lives,
and goes with its session, however that ends. A pooler that shares sessions between clients (transaction pooling)
cannot hold it: a run connects to the server itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pgmason.errors import NextCommand, PgmasonError
from pgmason.pipelines.model import Counts, Cursor, Run, RunState

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = [
    "LedgerMoved",
    "RunInProgress",
    "Standing",
    "advance",
    "begin_run",
    "fail_run",
    "has_ledger",
    "holding",
    "ledger_ddl",
    "make_ledger",
    "read_run",
    "runs",
    "standing",
]

_DDL = """\
CREATE SCHEMA IF NOT EXISTS pgmason;

CREATE TABLE IF NOT EXISTS pgmason.pipelines (
    name          text PRIMARY KEY,
    cursor        jsonb,
    source_schema jsonb,
    last_run      bigint,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pgmason.pipelines IS 'Where each pipeline of pgmason stands.';

CREATE TABLE IF NOT EXISTS pgmason.runs (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pipeline      text NOT NULL REFERENCES pgmason.pipelines (name),
    state         text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    engine        text NOT NULL,
    counts        jsonb NOT NULL DEFAULT '{}',
    timings       jsonb NOT NULL DEFAULT '{}',
    source_digest text NOT NULL DEFAULT '',
    code_digest   text NOT NULL DEFAULT '',
    cursor_before jsonb,
    cursor_after  jsonb,
    warnings      text[] NOT NULL DEFAULT '{}',
    failure       text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz
);
CREATE INDEX IF NOT EXISTS runs_of_pipeline ON pgmason.runs (pipeline, id);
COMMENT ON TABLE pgmason.runs IS 'What each run of a pipeline did.';

CREATE TABLE IF NOT EXISTS pgmason.quarantine (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run           bigint NOT NULL REFERENCES pgmason.runs (id),
    pipeline      text NOT NULL,
    expectation   text NOT NULL,
    reason        text NOT NULL,
    form          text NOT NULL CHECK (form IN ('extracted', 'judged', 'staged', 'broken')),
    key           json,
    "row"         json,
    replayed_by   bigint REFERENCES pgmason.runs (id),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS quarantine_of_run ON pgmason.quarantine (pipeline, run);
CREATE INDEX IF NOT EXISTS quarantine_replayed ON pgmason.quarantine (replayed_by);
CREATE INDEX IF NOT EXISTS quarantine_run ON pgmason.quarantine (run);
COMMENT ON TABLE pgmason.quarantine IS 'Rows that a pipeline set aside, to be mended and replayed.';
"""

_RUN = (
    "SELECT id, pipeline, state, engine, counts, timings, source_digest, code_digest, cursor_before, cursor_after,"
    " warnings, failure, created_at, ended_at FROM pgmason.runs"
)


class RunInProgress(PgmasonError):
    """Another run of the pipeline lives, so this one did nothing."""

    code = "run-in-progress"


class LedgerMoved(PgmasonError):
    """The ledger is not as this run left it, so its rows were not loaded."""

    code = "ledger-moved"


class Standing:
    """Where a pipeline stands: its cursor, and the source's schema as it was kept."""

    __slots__ = ("cursor", "source_schema")

    def __init__(self, cursor: Cursor | None, source_schema: Any) -> None:
        self.cursor = cursor
        self.source_schema = source_schema


def ledger_ddl() -> str:
    """The statements that make the ledger, as they are shown before they run."""
    return _DDL


def has_ledger(connection: Connection[Any]) -> bool:
    """Whether the ledger is there; one query."""
    row = connection.execute("SELECT pg_catalog.to_regclass('pgmason.quarantine') IS NOT NULL").fetchone()
    return bool(row and row[0])


def make_ledger(connection: Connection[Any]) -> None:
    """Make the ledger, whole or not at all; two who do so at once wait for each other."""
    with connection.transaction():
        connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgmason ledger', 0))")
        if not has_ledger(connection):
            connection.execute(_DDL)


@contextmanager
def holding(connection: Connection[Any], name: str) -> Iterator[None]:
    """Hold the pipeline meanwhile. Raises RunInProgress, naming who holds it.

    It is given back by a statement of its own: a session that is closed here may live on the server for a while yet.
    """
    key = _locked(connection, name)
    try:
        yield
    finally:
        with suppress(Exception):  # where the session is lost, so is what it holds
            connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", [key])


def _locked(connection: Connection[Any], name: str) -> int:
    """The key of the advisory lock, which is held when this returns. Raises RunInProgress."""
    row = connection.execute(
        "SELECT k, pg_catalog.pg_try_advisory_lock(k) FROM pg_catalog.hashtextextended('pgmason pipeline ' || %s, 0) k",
        [name],
    ).fetchone()
    assert row is not None
    if row[1]:
        return int(row[0])
    holder = connection.execute(
        "WITH k AS (SELECT %s::int8 AS k)"
        " SELECT a.pid, a.backend_start, a.client_addr::text FROM k, pg_catalog.pg_locks l"
        " JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted"
        " AND l.classid = ((k.k >> 32) & 4294967295)::oid AND l.objid = (k.k & 4294967295)::oid AND l.objsubid = 1"
        " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
        [row[0]],
    ).fetchone()
    who = ""
    if holder:
        who = f": backend {holder[0]}"
        # of another role's session PostgreSQL tells no more than that
        who += f", since {holder[1]:%Y-%m-%d %H:%M:%S}" if holder[1] else ""
        who += f", from {holder[2]}" if holder[2] else ""
    raise RunInProgress(
        f"another run of it lives{who}; nothing was done",
        where=f"pipeline {name}",
        next=[NextCommand(command="pgmason pipeline runs", why="shows the run and what it has done so far")],
    )


def standing(connection: Connection[Any], name: str) -> Standing:
    """Where the pipeline stands; at the beginning where the ledger does not know it."""
    if not has_ledger(connection):
        return Standing(None, None)
    row = connection.execute("SELECT cursor, source_schema FROM pgmason.pipelines WHERE name = %s", [name]).fetchone()
    return Standing(*row) if row else Standing(None, None)


def begin_run(
    connection: Connection[Any],
    name: str,
    *,
    engine: str,
    cursor: Cursor | None,
    source_schema: Any,
    source_digest: str,
    code_digest: str,
) -> Run:
    """Write the run's entry. Runs of the pipeline that still say `running` died, since the lock is ours: told so."""
    with connection.transaction():
        connection.execute(
            "INSERT INTO pgmason.pipelines (name, source_schema) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE"
            " SET source_schema = excluded.source_schema, updated_at = now()",
            [name, _json(source_schema)],
        )
        connection.execute(
            "UPDATE pgmason.runs SET state = 'failed', ended_at = now(), updated_at = now(),"
            " failure = 'ended without a word: its process, the server or the connection died'"
            " WHERE pipeline = %s AND state = 'running'",
            [name],
        )
        row = connection.execute(
            "INSERT INTO pgmason.runs (pipeline, state, engine, cursor_before, source_digest, code_digest)"
            " VALUES (%s, 'running', %s, %s, %s, %s) RETURNING id, created_at",
            [name, engine, _json(cursor), source_digest, code_digest],
        ).fetchone()
    assert row is not None
    return Run(
        id=row[0],
        pipeline=name,
        state=RunState.RUNNING,
        started_at=row[1],
        engine=engine,
        source_digest=source_digest,
        code_digest=code_digest,
        cursor_before=cursor,
    )


def advance(connection: Connection[Any], run: Run, *, expected: Cursor | None, moves_cursor: bool, ends: bool) -> None:
    """Inside the loading transaction: the run's entry as it will be, and the cursor moved from `expected` on.

    Raises LedgerMoved where the cursor is another or the run is no longer ours; the transaction must then not commit.
    """
    row = connection.execute(
        "SELECT p.cursor, r.state FROM pgmason.pipelines p JOIN pgmason.runs r ON r.pipeline = p.name"
        " WHERE p.name = %s AND r.id = %s FOR UPDATE OF p, r",
        [run.pipeline, run.id],
    ).fetchone()
    if row is None or row[1] != "running" or row[0] != expected:
        raise LedgerMoved(
            "another run moved the cursor, or this run was given up by hand; its rows were not loaded",
            where=f"pipeline {run.pipeline}, run {run.id}",
            next=[NextCommand(command=f"pgmason pipeline run {run.pipeline}", why="goes on from where it stands now")],
        )
    connection.execute(
        "UPDATE pgmason.runs SET counts = %s, timings = %s, cursor_after = %s, warnings = %s, state = %s,"
        " ended_at = CASE WHEN %s THEN pg_catalog.clock_timestamp() END, updated_at = pg_catalog.clock_timestamp()"
        " WHERE id = %s",
        [
            _json(asdict(run.counts)),
            _json(dict(run.timings)),
            _json(run.cursor_after),
            list(run.warnings),
            "done" if ends else "running",
            ends,
            run.id,
        ],
    )
    connection.execute(
        "UPDATE pgmason.pipelines SET cursor = CASE WHEN %s THEN %s ELSE cursor END, last_run = %s, updated_at = now()"
        " WHERE name = %s",
        [moves_cursor, _json(run.cursor_after), run.id, run.pipeline],
    )


def fail_run(connection: Connection[Any], run: Run, failure: str) -> None:
    """The run ends failed; what its earlier transactions loaded stays, and the cursor with it."""
    connection.execute(
        "UPDATE pgmason.runs SET state = 'failed', failure = %s, ended_at = pg_catalog.clock_timestamp(),"
        " updated_at = pg_catalog.clock_timestamp() WHERE id = %s AND state = 'running'",
        [failure[:2000], run.id],
    )


def read_run(connection: Connection[Any], id: int) -> Run | None:
    """One run as the ledger tells it."""
    row = connection.execute(_RUN + " WHERE id = %s", [id]).fetchone()
    return _run(row) if row else None


def runs(
    connection: Connection[Any], pipeline: str | None = None, *, limit: int = 50, done: bool = False
) -> tuple[Run, ...]:
    """Runs, the newest first; of one pipeline where it is named, those that are done where asked so."""
    if not has_ledger(connection):
        return ()
    rows = connection.execute(
        _RUN + " WHERE (%(pipeline)s::text IS NULL OR pipeline = %(pipeline)s) AND (NOT %(done)s OR state = 'done')"
        " ORDER BY id DESC LIMIT %(limit)s",
        {"pipeline": pipeline, "limit": limit, "done": done},
    ).fetchall()
    return tuple(_run(row) for row in rows)


def _run(row: Sequence[Any]) -> Run:
    return Run(
        id=row[0],
        pipeline=row[1],
        state=RunState(row[2]),
        engine=row[3],
        counts=Counts(**_known_counts(row[4])),
        timings=row[5],
        source_digest=row[6],
        code_digest=row[7],
        cursor_before=row[8],
        cursor_after=row[9],
        warnings=tuple(row[10]),
        failure=row[11],
        started_at=row[12],
        ended_at=row[13],
    )


def _known_counts(kept: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in kept.items() if name in Counts.__slots__}


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
