"""How do rows go straight into the target, where no staging table is needed?

The policy `append` without anything that is judged by PostgreSQL: one COPY into the target inside the transaction
that writes the ledger. Threads read and prepare, this one sends; the batches go in the source's order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.engines import Staged, Work
from pgmason.pipelines.engines.local import StageWriter, preparer_for
from pgmason.pipelines.model import Counts, Extracted
from pgmason.pipelines.preparing import Prepared

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["copy_straight"]


def copy_straight(
    connection: Connection[Any],
    work: Work,
    batches: Iterator[tuple[int, Extracted]],
    report: Callable[[Counts], None],
    *,
    workers: int,
) -> Staged:
    """COPY every batch into the target within the caller's transaction; rows set aside go to the stage as ever.

    Holds at most `workers` + 2 prepared batches. Raises what preparing raises and what PostgreSQL says.
    """
    from psycopg import sql

    preparer, context = preparer_for(work, numbered=False)
    names = [fit.column.name for fit in preparer.fits]
    copy_in = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(work.target.schema, work.target.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    belt = _Belt(work, batches, workers)
    aside = StageWriter(work, preparer)
    counts, warnings = Counts(), dict[str, int]()
    try:
        belt.start()
        with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
            copy.write(preparer.header())
            for prepared in belt:
                if prepared.data:
                    copy.write(prepared.data)
                if prepared.bad:
                    aside.write(
                        Prepared(data=b"", bad=prepared.bad, counts=prepared.counts, warnings=prepared.warnings)
                    )
                counts += prepared.counts
                for reason, count in prepared.warnings:
                    warnings[reason] = warnings.get(reason, 0) + count
                report(counts)
            copy.write(preparer.end())
        aside.finish()
    finally:
        belt.end()
        aside.close()
        context.close()
    return Staged(counts=counts, warnings=tuple(sorted(warnings.items())))


class _Belt:
    """Prepared batches in the source's order, made by threads that wait when the taker is slow."""

    def __init__(self, work: Work, batches: Iterator[tuple[int, Extracted]], workers: int) -> None:
        self._work = work
        self._batches = batches
        self._room = threading.Semaphore(workers + 2)
        self._reading = threading.Lock()
        self._changed = threading.Condition()
        self._ready: dict[int, Prepared] = {}
        self._taken = 0  # how many batches were taken from the source
        self._ended = 0  # how many threads came to their end
        self._stopped = False
        self._failure: BaseException | None = None
        self._threads = [threading.Thread(target=self._work_off, daemon=True) for _ in range(workers)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop the threads, whatever they are at."""
        self._stopped = True
        for _ in self._threads:
            self._room.release()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def __iter__(self) -> Iterator[Prepared]:
        turn = 0
        while True:
            with self._changed:
                while turn not in self._ready and self._failure is None and self._ended < len(self._threads):
                    self._changed.wait()
                if self._failure is not None:
                    raise self._failure
                if turn not in self._ready:
                    return
                prepared = self._ready.pop(turn)
            turn += 1
            self._room.release()
            yield prepared

    def _work_off(self) -> None:
        context = None
        try:
            preparer, context = preparer_for(self._work, numbered=False)
            while True:
                self._room.acquire()
                with self._reading:
                    if self._stopped or self._failure is not None:
                        return
                    task = next(self._batches, None)
                    turn = self._taken
                    self._taken += 1
                if task is None:
                    return
                number, extracted = task
                prepared = preparer.prepare(extracted.batch, number, extracted.rejected)
                with self._changed:
                    self._ready[turn] = prepared
                    self._changed.notify_all()
        except BaseException as exc:  # raised again by the taker
            with self._changed:
                self._failure = self._failure or exc
        finally:
            if context is not None:
                context.close()
            with self._changed:
                self._ended += 1
                self._changed.notify_all()
