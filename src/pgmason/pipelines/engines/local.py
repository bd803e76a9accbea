"""The local engine: threads of this process.

Arrow, pgpq and the socket all work without Python's lock, so a few threads keep two cores and a server busy. Each
worker has one session and one COPY that stays open until its batches are through; what it sets aside goes by a second
session, opened when there is something. A hand-over queue of a few batches is all that is held.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.connection import connect
from pgmason.pipelines.engines import Staged, Work
from pgmason.pipelines.model import Counts, Extracted
from pgmason.pipelines.preparing import Prepared, Preparer, WorkerContext
from pgmason.pipelines.staging import Stage

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["LocalEngine", "StageWriter", "preparer_for"]

_END = None


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
    """One worker's way into the staging tables: a COPY that stays open, and another session for what is set aside."""

    __slots__ = ("_bad", "_connection", "_copy", "_copying", "_preparer", "_stage", "_work")

    def __init__(self, work: Work, preparer: Preparer) -> None:
        self._work = work
        self._preparer = preparer
        self._stage = Stage(work.pipeline.name, preparer.fits, work.pipeline.key)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEngine:
    """`workers` threads, each with a session of its own."""

    workers: int = 2

    @property
    def name(self) -> str:
        return "local" if self.workers == 1 else f"local, {self.workers} threads"

    def stage(self, work: Work, batches: Iterator[tuple[int, Extracted]], report: Callable[[Counts], None]) -> Staged:
        pool = _Pool(work, report)
        threads = [threading.Thread(target=pool.work_off, daemon=True) for _ in range(self.workers)]
        for thread in threads:
            thread.start()
        try:
            for number, extracted in batches:
                if not pool.hand_over((number, extracted)):
                    break
        except BaseException:
            pool.stop.set()
            raise
        finally:
            for _ in threads:
                pool.hand_over(_END)
            for thread in threads:
                thread.join()
        if pool.failures:
            raise pool.failures[0]
        return Staged(counts=pool.counts, warnings=tuple(sorted(pool.warnings.items())))


class _Pool:
    """What the threads of one staging share."""

    def __init__(self, work: Work, report: Callable[[Counts], None]) -> None:
        self.work = work
        self.report = report
        self.tasks: queue.Queue[tuple[int, Extracted] | None] = queue.Queue(maxsize=2)
        self.stop = threading.Event()
        self.failures: list[BaseException] = []
        self.counts = Counts()
        self.warnings: dict[str, int] = {}
        self.lock = threading.Lock()

    def hand_over(self, task: tuple[int, Extracted] | None) -> bool:
        """Give a task to whoever takes it; False where the work has stopped."""
        while not self.stop.is_set():
            try:
                self.tasks.put(task, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def _take(self) -> tuple[int, Extracted] | None:
        while not self.stop.is_set():
            try:
                return self.tasks.get(timeout=0.2)
            except queue.Empty:
                continue
        return _END

    def work_off(self) -> None:
        """What one thread does."""
        writer: StageWriter | None = None
        context: WorkerContext | None = None
        try:
            preparer, context = preparer_for(self.work)
            writer = StageWriter(self.work, preparer)
            while (task := self._take()) is not None:
                number, extracted = task
                prepared = preparer.prepare(extracted.batch, number, extracted.rejected)
                writer.write(prepared)
                with self.lock:
                    self.counts += prepared.counts
                    for reason, count in prepared.warnings:
                        self.warnings[reason] = self.warnings.get(reason, 0) + count
                    counts = self.counts
                self.report(counts)
            if not self.stop.is_set():
                writer.finish()
        except BaseException as exc:  # told by the thread that asked for the work
            with self.lock:
                self.failures.append(exc)
            self.stop.set()
        finally:
            if writer is not None:
                writer.close()
            if context is not None:
                context.close()
