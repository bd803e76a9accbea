"""How does a portion get from its source into the target in one transaction?

Staged rows are settled into the target's types, judged by the expectations that PostgreSQL judges, freed of
duplicates, and merged. A merge that the target's own constraints refuse is looked into: the rows at fault are found by
the constraints (`expect/implied.py`), set aside, and it is tried again. So a good load pays nothing for being checked,
and a bad row stops no good one. Waiting for a lock, a deadlock and a serialization failure are tried again, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines import ledger
from pgmason.pipelines.engines import Engine, Staged, Work
from pgmason.pipelines.model import (
    Counts,
    Cursor,
    Division,
    Duplicates,
    Pipeline,
    Policy,
    Run,
    RunExpectation,
    RunState,
    Severity,
    StagedExpectation,
)
from pgmason.pipelines.policies import Merged, merge
from pgmason.pipelines.portions import Portions
from pgmason.pipelines.preparing import ExpectationFailed
from pgmason.pipelines.replacing import Replacement
from pgmason.pipelines.sequences import catch_up
from pgmason.pipelines.staging import WORK_MEM, Stage
from pgmason.pipelines.straight import copy_straight
from pgmason.rows.target import Target

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["Loading"]

KEYED = (Policy.INSERT, Policy.UPDATE, Policy.DELETE_MISSING)
LOCK_TRIES = 20
LOOKS = 8  # how often a refused merge is looked into


class _DryRun(Exception):
    """Rolls a dry run's transaction back."""


class Loading:
    """What the portions of one run share: the session that commits, the target, the stage, the ledger's cursor."""

    def __init__(
        self,
        connection: Connection[Any],
        pipeline: Pipeline,
        target: Target,
        stage: Stage | None,
        expected: Cursor | None,
        moves_cursor: bool,
        replayed: Sequence[int],
    ) -> None:
        self.connection = connection
        self.pipeline = pipeline
        self.target = target
        self.stage = stage
        self.expected = expected
        self.moves_cursor = moves_cursor
        self.replayed = list(replayed)
        self._straight = self._goes_straight()
        self._taken = False  # batches were taken that a second try would miss

    def _goes_straight(self) -> bool:
        return (
            self.stage is not None
            and self.pipeline.on_conflict is Policy.APPEND
            and not self.pipeline.staging_sql
            and not any(isinstance(one, StagedExpectation) for one in self.pipeline.expectations)
            and not any(fit.afterwards for fit in self.stage.fits)
            and self.pipeline.transaction_rows is None
        )

    def load(
        self,
        run: Run,
        engine: Engine,
        work: Work,
        portions: Portions,
        division: Division | None,
        report: Callable[[Counts], None],
        started: float,
    ) -> Run:
        """One portion, from its source to its commit; the run as its entry tells it now.

        With a `division` its parts are the whole run, and the workers read them.
        """
        import psycopg

        assert self.stage is not None
        if self._straight and engine.straight and division is None:
            try:
                return self._load_straight(run, work, portions, report, started)
            except (psycopg.IntegrityError, psycopg.DataError):
                # a row was refused, and the transaction went with it: read again, and staged this time
                self._straight = self._taken = False
                portions.restart()
                self.stage.make(self.connection)
        began = time.monotonic()
        if division is not None:
            staged = engine.stage_parts(work, division.parts, report)
        else:
            staged = engine.stage(work, portions.portion(), report)
        timings = {"stage": time.monotonic() - began}
        began = time.monotonic()
        counts, warnings = staged.counts, staged.warnings
        counts = replace(counts, quarantined=counts.quarantined + self.stage.settle(self.connection))
        extra, more = self._judge_staged()
        timings["judge"] = time.monotonic() - began
        run = _with(run, counts + extra, (*warnings, *more), timings)
        if division is not None:
            return self.commit(replace(run, cursor_after=division.position), ends=True, started=started)
        run = replace(run, cursor_after=portions.position)
        return self.commit(run, ends=portions.exhausted, started=started)

    def _load_straight(
        self, run: Run, work: Work, portions: Portions, report: Callable[[Counts], None], started: float
    ) -> Run:
        from psycopg import sql

        began = time.monotonic()

        def straight() -> tuple[Run, Merged]:
            # waited for before a batch is taken, so that waiting in vain can be tried again
            self.connection.execute(
                sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(
                    sql.Identifier(self.target.schema, self.target.name)
                )
            )
            self._taken = True
            staged: Staged = copy_straight(self.connection, work, portions.portion(), report, workers=2)
            inserted = staged.counts.written - staged.counts.quarantined
            loaded = _with(run, staged.counts, staged.warnings, {"copy": time.monotonic() - began})
            return replace(loaded, cursor_after=portions.position), Merged(inserted=inserted)

        return self._transaction(straight, ends=lambda: portions.exhausted, started=started)

    def _judge_staged(self) -> tuple[Counts, list[tuple[str, int]]]:
        """The pipeline's SQL, its staged expectations, and duplicates of one key."""
        assert self.stage is not None
        counts, warnings = Counts(), list[tuple[str, int]]()
        if self.pipeline.staging_sql:
            self.stage.run_sql(self.connection, self.pipeline.staging_sql)
        for expectation in self.pipeline.expectations:
            if not isinstance(expectation, StagedExpectation):
                continue
            failing = self.stage.judge(self.connection, expectation)
            if failing and expectation.severity is Severity.STOP:
                raise ExpectationFailed(
                    f"{expectation.name}: {failing:,} rows fail ({expectation.reason}); nothing was loaded",
                    where=f"{self.pipeline.file}:{self.pipeline.name}",
                )
            if failing and expectation.severity is Severity.WARN:
                warnings.append((f"{expectation.name}: {expectation.reason}", failing))
            elif failing:
                counts += Counts(quarantined=failing)
        if self.pipeline.on_conflict in KEYED and self.stage.has_duplicates(self.connection):
            counts += self._duplicates()
        return counts, warnings

    def _duplicates(self) -> Counts:
        assert self.stage is not None
        key = ", ".join(self.pipeline.key)
        if self.pipeline.duplicates is Duplicates.LAST:
            return Counts(superseded=self.stage.drop_duplicates(self.connection))
        failing = self.stage.duplicates()
        if self.pipeline.duplicates is Duplicates.QUARANTINE:
            return Counts(
                quarantined=self.stage.set_aside(
                    self.connection,
                    failing,
                    expectation=f"one_row_each({key})",
                    reason=f"a later row has the same {key}",
                )
            )
        from psycopg import sql

        row = self.connection.execute(sql.SQL("SELECT pg_catalog.count(*) FROM ({}) d").format(failing)).fetchone()
        raise ExpectationFailed(
            f"{row[0] if row else 0:,} rows have the {key} of a later row, and duplicates='stop'; nothing was loaded",
            where=f"{self.pipeline.file}:{self.pipeline.name}",
        )

    def commit(self, run: Run, *, ends: bool, started: float) -> Run:
        """The staged rows into the target, with the ledger; looked into and tried again where it is refused."""
        import psycopg

        looks = 0
        if self.stage is not None and self.pipeline.on_conflict is Policy.REPLACE:
            return self._replace(run, ends=ends, started=started)
        while True:
            began = time.monotonic()

            def merged(run: Run = run, began: float = began) -> tuple[Run, Merged]:
                if self.stage is None:
                    return run, Merged()
                may_delete = run.counts.quarantined == 0
                done = merge(self.connection, self.pipeline, self.target, self.stage, may_delete=may_delete)
                if self.pipeline.on_conflict is Policy.DELETE_MISSING and not may_delete:
                    run = replace(run, warnings=(*run.warnings, "nothing was deleted, because rows were set aside"))
                return _with(run, Counts(), (), {"merge": time.monotonic() - began}), done

            try:
                return self._transaction(merged, ends=lambda: ends, started=started)
            except (psycopg.IntegrityError, psycopg.DataError):
                looks += 1
                found = self._look_into_it() if looks <= LOOKS else 0
                if not found:
                    raise
                run = replace(run, counts=run.counts + Counts(quarantined=found))

    def _replace(self, run: Run, *, ends: bool, started: float) -> Run:
        """The staged rows in place of the target's; looked into and tried again where a constraint refuses them."""
        import psycopg

        assert self.stage is not None
        began, looks = time.monotonic(), 0
        while True:
            replacement = Replacement(self.connection, self.target, self.stage)

            def exchanged(run: Run = run, replacement: Replacement = replacement) -> tuple[Run, Merged]:
                if replacement.in_the_way:
                    why = "; ".join(replacement.in_the_way)
                    run = replace(run, warnings=(*run.warnings, f"replaced by DELETE and INSERT, not by swap: {why}"))
                return _with(run, Counts(), (), {"merge": time.monotonic() - began}), replacement.apply()

            try:
                replacement.prepare()
                return self._transaction(exchanged, ends=lambda: ends, started=started)
            except (psycopg.IntegrityError, psycopg.DataError):
                looks += 1
                found = self._look_into_it() if looks <= LOOKS else 0
                if not found:
                    raise
                run = replace(run, counts=run.counts + Counts(quarantined=found))
            finally:
                with suppress(psycopg.Error):
                    replacement.forget()

    def _look_into_it(self) -> int:
        """Set the rows aside that the target's own constraints refuse; how many."""
        from pgmason.pipelines.expect.implied import implied

        if self.stage is None:
            return 0
        columns = [fit.column.name for fit in self.stage.fits]
        key = self.pipeline.key if self.pipeline.on_conflict in KEYED else ()
        return sum(
            self.stage.judge(self.connection, expectation, severity=Severity.QUARANTINE)
            for expectation in implied(self.target, columns, key)
        )

    def _transaction(
        self, change: Callable[[], tuple[Run, Merged]], *, ends: Callable[[], bool], started: float
    ) -> Run:
        """`change` and the ledger in one transaction."""
        import psycopg

        tries = 0
        while True:
            try:
                with self.connection.transaction():
                    self.connection.execute("SELECT pg_catalog.set_config('work_mem', %s, true)", [WORK_MEM])
                    run, merged = change()
                    run = self._finish(run, merged, ends=ends(), started=started)
                    if run.id == 0:
                        raise _DryRun
            except _DryRun:
                return replace(run, state=RunState.DRY)
            except (
                psycopg.errors.LockNotAvailable,
                psycopg.errors.DeadlockDetected,
                psycopg.errors.SerializationFailure,
            ):
                tries += 1
                if tries >= LOCK_TRIES or self._taken:
                    raise
                time.sleep(min(0.1 * 2**tries, 5.0))
                continue
            self.expected = run.cursor_after if self.moves_cursor else self.expected
            return run

    def _refuse_endless_append(self, run: Run) -> None:
        """Appending all of a source that never says where it stands would append all of it again, run after run."""
        if (
            self.pipeline.on_conflict is Policy.APPEND
            and self.moves_cursor
            and run.cursor_after is None
            and run.counts.written
        ):
            raise WrongUse(
                'the source says nowhere where it stands, so on_conflict="append" would add all its rows in each run',
                where=f"{self.pipeline.file}:{self.pipeline.name}",
                fix='give the source a cursor, or the pipeline a key with on_conflict="update", or load by "replace"',
            )

    def _finish(self, run: Run, merged: Merged, *, ends: bool, started: float) -> Run:
        """The rest of the transaction: quarantine, expectations on the run, sequences, the ledger."""
        run = replace(
            run,
            counts=run.counts
            + Counts(
                inserted=merged.inserted,
                updated=merged.updated,
                unchanged=merged.unchanged,
                kept=merged.kept,
                deleted=merged.deleted,
            ),
        )
        self._refuse_endless_append(run)
        if self.stage is not None and run.id:
            self._write_quarantine(run)
        run = self._judge_run(run) if ends else run
        if self.stage is not None and merged.inserted and run.id:  # a sequence does not roll back
            catch_up(self.connection, self.target, [fit.column.name for fit in self.stage.fits])
        run = replace(run, timings={**run.timings, "total": round(time.monotonic() - started, 3)})
        if run.id:
            if self.replayed:
                self.connection.execute(
                    "UPDATE pgmason.quarantine SET replayed_by = %s, updated_at = now() WHERE id = ANY (%s)",
                    [run.id, self.replayed],
                )
            ledger.advance(self.connection, run, expected=self.expected, moves_cursor=self.moves_cursor, ends=ends)
        return replace(run, state=RunState.DONE if ends else RunState.RUNNING)

    def _write_quarantine(self, run: Run) -> None:
        from psycopg import sql

        assert self.stage is not None
        self.connection.execute(
            sql.SQL(
                'INSERT INTO pgmason.quarantine (run, pipeline, expectation, reason, form, key, "row")'
                ' SELECT {}, {}, expectation, reason, form, key, "row" FROM {}'
            ).format(sql.Literal(run.id), sql.Literal(run.pipeline), self.stage.bad)
        )

    def _judge_run(self, run: Run) -> Run:
        judges = [one for one in self.pipeline.expectations if isinstance(one, RunExpectation)]
        if not judges:
            return run
        before = ledger.runs(self.connection, self.pipeline.name, limit=30, done=True)
        for expectation in judges:
            failure = expectation.check_run(run, before, self.connection)
            if failure is None:
                continue
            if expectation.severity is not Severity.WARN:
                raise ExpectationFailed(
                    f"{expectation.name}: {failure.reason}; nothing was loaded",
                    where=f"{self.pipeline.file}:{self.pipeline.name}",
                )
            run = replace(run, warnings=(*run.warnings, f"{expectation.name}: {failure.reason}"))
        return run


def _with(run: Run, counts: Counts, warnings: Sequence[tuple[str, int]], timings: dict[str, float]) -> Run:
    """The run with more counted, warned and timed."""
    warned = sum(count for _, count in warnings)
    spent = {name: round(run.timings.get(name, 0.0) + seconds, 3) for name, seconds in timings.items()}
    return replace(
        run,
        counts=run.counts + counts + Counts(warned=warned),
        warnings=(*run.warnings, *(f"{reason} ({count:,} rows)" for reason, count in warnings)),
        timings={**run.timings, **spent},
    )
