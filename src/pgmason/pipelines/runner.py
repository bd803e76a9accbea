"""What happens when a pipeline runs?

The order of things, and what makes them exactly once: the pipeline is locked; its entry is written; batches are
staged by an engine; then one transaction changes the target, writes what was set aside, the entry and the cursor.
Whatever dies before that commit leaves the target as it was; whatever dies after it has nothing left to do. Where the
connection is lost in the commit itself, the ledger is asked how it ended. A run that died is mended by running again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pgmason.code import code_mark
from pgmason.errors import DatabaseUnreachable, NextCommand, PgmasonError, WrongUse
from pgmason.pipelines import ledger
from pgmason.pipelines.committing import Loading
from pgmason.pipelines.connection import connect, connected, unreachable
from pgmason.pipelines.engines import Engine, Work
from pgmason.pipelines.model import (
    Bounded,
    Counts,
    Cursor,
    Divisible,
    Division,
    Pipeline,
    Policy,
    Run,
    RunState,
    Source,
)
from pgmason.pipelines.policies import check_key
from pgmason.pipelines.portions import Portions
from pgmason.pipelines.preparing import WorkerContext, apply_function
from pgmason.pipelines.staging import Stage
from pgmason.rows.fitting import fit_schema
from pgmason.rows.target import read_target

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

__all__ = ["Event", "LedgerMade", "Progress", "Replay", "Told", "run_pipeline"]

RECONNECT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerMade:
    """The ledger is about to be made by these statements: told before they run."""

    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is; `counts` speak of what was read and staged until now."""

    run: int
    counts: Counts
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something a person should know while it runs: a column left out, a lock waited for."""

    line: str


Event = LedgerMade | Progress | Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Quarantined rows to load again: `source` gives them, `ids` name them in the ledger. `through_function` where
    they are rows as the source gave them."""

    source: Source
    ids: Sequence[int]
    through_function: bool


def _silent(event: Event) -> None:
    """Where nobody listens."""


def run_pipeline(
    pipeline: Pipeline,
    url: str,
    *,
    engine: Engine | None = None,
    since: str | None = None,
    until: str | None = None,
    dry_run: bool = False,
    replay: Replay | None = None,
    accept_schema: bool = False,
    report: Callable[[Event], None] = _silent,
) -> Run:
    """Run a pipeline to its end and give its entry in the ledger.

    From its cursor on; with `since` or `until` only the rows of that span of the cursor column, the cursor left where
    it is (a backfill). `dry_run` does all of it and rolls back. `accept_schema` keeps
    the source's columns as they are now. `replay` loads quarantined rows instead of the source.
    Raises what stopped it, after the entry says so: `RunInProgress`, `ExpectationFailed`, `FunctionFailed`,
    `DatabaseUnreachable`, what the source raises, ...
    """
    if engine is None:
        from pgmason.pipelines.engines.local import LocalEngine

        engine = LocalEngine()
    started = time.monotonic()
    import psycopg

    try:
        with (
            connected(url, what=f"pgmason pipeline {pipeline.name}") as connection,
            ledger.holding(connection, pipeline.name),
            _ledger_ready(connection, dry_run=dry_run, report=report),
        ):
            stands = ledger.standing(connection, pipeline.name)
            asked = _Asked.of(pipeline, stands, since, until, replay, accept_schema, report)
            run = Run(id=0, pipeline=pipeline.name, state=RunState.DRY, started_at=_now(connection), engine=engine.name)
            run = replace(
                run, cursor_before=asked.cursor, source_digest=asked.digest, code_digest=code_digest(pipeline)
            )
            if not dry_run:
                run = ledger.begin_run(
                    connection,
                    pipeline.name,
                    engine=engine.name,
                    cursor=asked.cursor,
                    source_schema=asked.kept,
                    source_digest=run.source_digest,
                    code_digest=run.code_digest,
                )
            run = replace(run, warnings=asked.notes)
            return _to_its_end(connection, url, pipeline, engine, asked, run, started, report)
    except psycopg.Error as exc:  # before there was an entry, or after its end
        raise (_lost(exc, url, pipeline.name) if _is_loss(exc) else RefusedByDatabase.of(exc, pipeline)) from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be read: the source, from which cursor, whether the cursor moves, and how its schema is kept."""

    source: Source
    cursor: Cursor | None
    moves_cursor: bool
    kept: Any
    digest: str
    notes: tuple[str, ...]
    through_function: bool
    replayed: Sequence[int]
    expected: Cursor | None  # where the ledger stands

    @staticmethod
    def of(
        pipeline: Pipeline,
        stands: ledger.Standing,
        since: str | None,
        until: str | None,
        replay: Replay | None,
        accept_schema: bool,
        report: Callable[[Event], None],
    ) -> _Asked:
        """Settle the source's schema against the one that was kept. Raises what the source raises, and WrongUse."""
        from pgmason.pipelines.extract.columns import schema_as_json, schema_from_json
        from pgmason.pipelines.extract.settling import settled

        if replay is not None:
            return _Asked(
                source=replay.source,
                cursor=None,
                moves_cursor=False,
                kept=stands.source_schema,
                digest=_digest(stands.source_schema),
                notes=(f"replayed {len(replay.ids)} rows",),
                through_function=replay.through_function,
                replayed=replay.ids,
                expected=stands.cursor,
            )
        kept = schema_from_json(stands.source_schema) if stands.source_schema is not None else None
        agreed = settled(pipeline, kept, accept=accept_schema)
        for note in agreed.notes:
            report(Told(line=note))
        source, span = agreed.source, since is not None or until is not None
        if span and pipeline.on_conflict is Policy.APPEND:
            raise WrongUse(
                'on_conflict="append" cannot tell what it has loaded, so rows of a span would be there twice',
                where=f"{pipeline.file}:{pipeline.name}",
                fix='give the pipeline a key, and on_conflict="insert" or "update"',
            )
        if span:
            if not isinstance(source, Bounded):
                raise WrongUse(
                    f"the source ({source.name}) knows no spans, so --since and --until mean nothing to it",
                    where=f"{pipeline.file}:{pipeline.name}",
                    fix="give the source a cursor column",
                )
            source = source.between(since, until)
        document = schema_as_json(agreed.schema)
        return _Asked(
            source=source,
            cursor=None if span else stands.cursor,
            moves_cursor=not span,
            kept=document,
            digest=_digest(document),
            notes=tuple(agreed.notes),
            through_function=True,
            replayed=(),
            expected=stands.cursor,
        )


def _to_its_end(
    connection: Connection[Any],
    url: str,
    pipeline: Pipeline,
    engine: Engine,
    asked: _Asked,
    run: Run,
    started: float,
    report: Callable[[Event], None],
) -> Run:
    """The run from its entry to its end. Whatever stops it is written to its entry and raised."""
    import psycopg

    try:
        return _load(connection, url, pipeline, engine, asked, run, started, report)
    except psycopg.Error as exc:
        if connection.broken or connection.closed:
            ended = _how_it_ended(url, run) if run.id else None
            if ended is not None:
                return ended
        if _is_loss(exc):
            lost = _lost(exc, url, run.pipeline)
            _note_failure(connection, run, lost)
            raise lost from exc
        failure = RefusedByDatabase.of(exc, pipeline)
        _note_failure(connection, run, failure)
        raise failure from exc
    except PgmasonError as exc:
        _note_failure(connection, run, exc)
        raise
    except BaseException as exc:
        _note_failure(connection, run, PgmasonError(f"{type(exc).__name__} stopped it"))
        raise


def _load(
    connection: Connection[Any],
    url: str,
    pipeline: Pipeline,
    engine: Engine,
    asked: _Asked,
    run: Run,
    started: float,
    report: Callable[[Event], None],
) -> Run:
    """Stage and commit portion after portion."""
    import pyarrow as pa  # noqa: F401  the types of what follows

    target = read_target(connection, *pipeline.target_path)
    portions = Portions(asked.source, asked.cursor, pipeline.transaction_rows)
    try:
        first = portions.first()
        schema = _made_schema(pipeline, url, asked, first)
        if schema is None:
            # what a run left that lost its connection after its last commit: with rows, making a stage drops it
            Stage(pipeline.name, (), pipeline.key).drop(connection)
            loading = Loading(connection, pipeline, target, None, asked.expected, asked.moves_cursor, asked.replayed)
            return loading.commit(replace(run, cursor_after=asked.cursor), ends=True, started=started)
        fits = fit_schema(target, schema)
        check_key(pipeline, target, tuple(fit.column.name for fit in fits))
        stage = Stage(pipeline.name, fits, pipeline.key)
        division = _divided(pipeline, engine, asked)
        work = Work(
            pipeline=pipeline,
            url=url,
            target=target,
            columns=schema.serialize().to_pybytes(),
            run=run.id,
            through_function=asked.through_function,
        )

        def progress(counts: Counts) -> None:
            report(Progress(run=run.id, counts=run.counts + counts, seconds=time.monotonic() - started))

        loading = Loading(connection, pipeline, target, stage, asked.expected, asked.moves_cursor, asked.replayed)
        try:
            while True:
                stage.make(connection)
                run = loading.load(run, engine, work, portions, division, progress, started)
                if portions.exhausted or division is not None:
                    return run
        finally:
            with suppress(Exception):
                stage.drop(connection)
    finally:
        portions.close()


def _made_schema(pipeline: Pipeline, url: str, asked: _Asked, first: pa.RecordBatch | None) -> pa.Schema | None:
    """The columns that the function gives, seen on the first batch; None where there is nothing to load."""
    if first is None:
        return None
    if not asked.through_function:
        return first.schema
    context = WorkerContext(lambda: connect(url, what=f"pgmason pipeline {pipeline.name} looks up", read_only=True))
    try:
        made, _ = apply_function(pipeline, first, 0, context)
    finally:
        context.close()
    return made.schema


def _divided(pipeline: Pipeline, engine: Engine, asked: _Asked) -> Division | None:
    """The source cut for several workers to read; None where the engine, the source or the pipeline does without."""
    if engine.readers < 2 or pipeline.transaction_rows is not None or not isinstance(asked.source, Divisible):
        return None
    division = asked.source.divide(asked.cursor, None, engine.readers)
    return division if len(division.parts) > 1 else None


@contextmanager
def _ledger_ready(connection: Connection[Any], *, dry_run: bool, report: Callable[[Event], None]) -> Iterator[None]:
    """The ledger is there; for a dry run the bare schema, which goes again if it was not there."""
    import psycopg

    if ledger.has_ledger(connection):
        yield
        return
    if not dry_run:
        report(LedgerMade(sql=ledger.ledger_ddl()))
        ledger.make_ledger(connection)
        yield
        return
    made = connection.execute("SELECT pg_catalog.to_regnamespace('pgmason') IS NULL").fetchone()
    if made and made[0]:
        connection.execute("CREATE SCHEMA pgmason")
    try:
        yield
    finally:
        if made and made[0]:
            with suppress(psycopg.Error):
                connection.execute("DROP SCHEMA pgmason")


class RefusedByDatabase(PgmasonError):
    """PostgreSQL refused a statement of the run: `sqlstate` and `message` are its own words."""

    code = "refused-by-database"

    def __init__(self, message: str, *, sqlstate: str | None, where: str, fix: str | None) -> None:
        super().__init__(message, where=where, fix=fix)
        self.message = message
        self.sqlstate = sqlstate

    @staticmethod
    def of(exc: Any, pipeline: Pipeline) -> RefusedByDatabase:
        """In the server's words, without the detail, which holds values of rows."""
        said = exc.diag.message_primary or str(exc).splitlines()[0]
        place = ", ".join(part for part in (exc.diag.table_name, exc.diag.column_name) if part)
        state = f" (SQLSTATE {exc.sqlstate})" if exc.sqlstate else ""
        return RefusedByDatabase(
            f"{said}{state}{f', at {place}' if place else ''}; nothing of this transaction was loaded",
            sqlstate=exc.sqlstate,
            where=f"{pipeline.file}:{pipeline.name}",
            fix=None,
        )


def _note_failure(connection: Connection[Any], run: Run, failure: PgmasonError) -> None:
    """Write why it ended, if the connection still stands; else the next run will say that it died."""
    if run.id:
        with suppress(Exception):
            ledger.fail_run(connection, run, str(failure))


def _how_it_ended(url: str, run: Run) -> Run | None:
    """After a lost connection: the run's entry if it was committed whole; None if it was not, or cannot be known.

    The server may still be at the commit: only when the lost session's lock is free has it come to its end.
    """
    until = time.monotonic() + RECONNECT_SECONDS
    while time.monotonic() < until:
        try:
            with (
                connected(url, what=f"pgmason pipeline {run.pipeline} asks") as again,
                ledger.holding(again, run.pipeline),
            ):
                entry = ledger.read_run(again, run.id)
                if entry is not None and entry.state is RunState.DONE:
                    return entry
                ledger.fail_run(again, run, "the connection was lost, and what was not committed with it")
                return None
        except Exception:  # the server may be starting, the wire may be down, the session may live
            time.sleep(0.3)
    return None


def _is_loss(exc: Any) -> bool:
    """Whether the connection went, and not a statement: no SQLSTATE, or one of the classes 08 and 57P."""
    return exc.sqlstate is None or exc.sqlstate.startswith(("08", "57P"))


def _lost(exc: Exception, url: str, name: str) -> DatabaseUnreachable:
    failure = unreachable(exc, url)
    return DatabaseUnreachable(
        f"{failure.what}; what was not committed is not loaded",
        where=failure.where,
        next=[NextCommand(command=f"pgmason pipeline run {name}", why="goes on from the last commit")],
    )


def code_digest(pipeline: Pipeline) -> str:
    """Of the pipeline's file and of this version of pgmason."""
    mark = hashlib.sha256(code_mark().encode())
    with suppress(OSError):
        mark.update(pipeline.file.read_bytes())
    return mark.hexdigest()


def _digest(document: Any) -> str:
    import json

    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _now(connection: Connection[Any]) -> Any:
    row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
    assert row is not None
    return row[0]
