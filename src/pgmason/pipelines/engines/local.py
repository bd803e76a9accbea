"""The local engine: threads of this process.

Arrow, pgpq and the socket all work without Python's lock, so a few threads keep two cores and a server busy. Each
worker has one session and one COPY that stays open until its batches are through; what it sets aside goes by a second
session, opened when there is something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.connection import connect
from pgmason.pipelines.engines import Staged, Work
from pgmason.pipelines.engines.pool import Part, Report, Task, work_off
from pgmason.pipelines.model import Counts, Extracted, Source
from pgmason.pipelines.preparing import Prepared, Preparer, WorkerContext
from pgmason.pipelines.staging import Stage

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["LocalEngine", "StageWriter", "StagingWorker", "engine", "preparer_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEngine:
    """`workers` threads, each with a session of its own."""

    workers: int = 2

    @property
    def name(self) -> str:
        return "local" if self.workers == 1 else f"local, {self.workers} threads"

    @property
    def straight(self) -> bool:
        return True

    @property
    def readers(self) -> int:
        """Into how many parts a source is cut: one, since one reader keeps two writers busy."""
        return 1

    def stage(self, work: Work, batches: Iterator[tuple[int, Extracted]], report: Callable[[Counts], None]) -> Staged:
        return work_off(iter(batches), lambda: StagingWorker(work), self.workers, report)

    def stage_parts(self, work: Work, parts: Sequence[Source], report: Callable[[Counts], None]) -> Staged:
        tasks: list[Task] = [Part(place=place, source=source) for place, source in enumerate(parts)]
        return work_off(iter(tasks), lambda: StagingWorker(work), self.workers, report)

    def close(self) -> None:
        """It holds nothing."""


def engine(workers: int | None = None) -> LocalEngine:
    """The engine with so many workers; two, where nobody says: one prepares while PostgreSQL takes the other's."""
    return LocalEngine(workers=workers or 2)


class StagingWorker:
    """Prepares and stages within this process; see `pool.Worker`."""

    __slots__ = ("_context", "_preparer", "_writer")

    def __init__(self, work: Work, stage_of: Callable[[Stage], Stage] | None = None) -> None:
        self._preparer, self._context = preparer_for(work)
        self._writer = StageWriter(work, self._preparer, stage_of)

    def do(self, task: Task, report: Report) -> None:
        for number, extracted in task.batches() if isinstance(task, Part) else [task]:
            prepared = self._preparer.prepare(extracted.batch, number, extracted.rejected)
            self._writer.write(prepared)
            report(prepared.counts, prepared.warnings)

    def finish(self) -> None:
        self._writer.finish()

    def close(self) -> None:
        self._writer.close()
        self._context.close()


def preparer_for(work: Work, *, numbered: bool = True) -> tuple[Preparer, WorkerContext]:
    """What prepares batches for one worker, and the context that it closes at its end."""
    import pyarrow as pa

    context = WorkerContext(lambda: connect(work.url, what=f"{work.session_name} looks up", read_only=True))
    schema = pa.ipc.read_schema(pa.py_buffer(work.columns))
    preparer = Preparer(
        work.pipeline, work.target, schema, context, numbered=numbered, through_function=work.through_function
    )
    return preparer, context


class _GivenUp(Exception):
    """Tells psycopg to end a COPY as failed."""


class StageWriter:
    """One worker's way into the staging tables: a COPY that stays open, and another session for what is set aside.

    `stage_of` gives other tables than the run's own, from these.
    """

    __slots__ = ("_bad", "_connection", "_copy", "_copying", "_preparer", "_stage", "_work")

    def __init__(self, work: Work, preparer: Preparer, stage_of: Callable[[Stage], Stage] | None = None) -> None:
        self._work = work
        self._preparer = preparer
        stage = Stage(work.pipeline.name, preparer.fits, work.pipeline.key)
        self._stage = stage_of(stage) if stage_of is not None else stage
        self._connection: Connection[Any] | None = None
        self._bad: Connection[Any] | None = None
        self._copying: Any = None  # the context of the COPY, and the COPY itself
        self._copy: Any = None

    def write(self, prepared: Prepared) -> None:
        """Send one batch."""
        if prepared.data:
            if self._copy is None:
                self._connection = connect(self._work.url, what=self._work.session_name)
                self._copying = self._connection.cursor().copy(self._stage.copy_in())
                self._copy = self._copying.__enter__()
                self._copy.write(self._preparer.header())
            self._copy.write(prepared.data)
        if prepared.bad:
            if self._bad is None:
                self._bad = connect(self._work.url, what=f"{self._work.session_name} sets aside")
            with self._bad.cursor() as cursor, cursor.copy(self._stage.copy_bad()) as copy:
                for row in prepared.bad:
                    copy.write_row([_without_nul(value) for value in row])

    def finish(self) -> None:
        """All that was sent is staged when this returns. Raises what the server says of it."""
        if self._copy is not None:
            self._copy.write(self._preparer.end())
            self._copy = None
            self._copying.__exit__(None, None, None)
        self.close()

    def close(self) -> None:
        """Give up what is open: an unfinished COPY leaves no row."""
        if self._copy is not None:
            self._copy = None
            with suppress(Exception):
                self._copying.__exit__(_GivenUp, _GivenUp(), None)
        for connection in (self._connection, self._bad):
            if connection is not None:
                with suppress(Exception):
                    connection.close()
        self._connection = self._bad = None


def _without_nul(value: str | None) -> str | None:
    """No type of PostgreSQL holds a NUL; in the document of a row json_text has escaped it."""
    return None if value is None else value.replace("\0", "\ufffd")
