"""How do several workers share the batches of one run, holding few of them?

One thread for each worker takes tasks from a short queue: a batch, or a part of a divided source that the worker
reads itself. The first failure stops all of them, and is raised by whoever asked. What a worker is, a thread or a
process, is its engine's affair.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from pgmason.pipelines.engines import Staged
from pgmason.pipelines.model import Counts, Extracted, Source

__all__ = ["BATCHES_OF_A_PART", "Part", "Report", "Task", "Worker", "work_off"]

# Room for the batches of one part in the numbering of a run's batches.
BATCHES_OF_A_PART = 1 << 24

Report = Callable[[Counts, tuple[tuple[str, int], ...]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a divided source: its place among the parts, and the source."""

    place: int
    source: Source

    def batches(self) -> Iterator[tuple[int, Extracted]]:
        """Its batches, numbered after those of the parts before it."""
        yield from enumerate(self.source.batches(None), start=self.place * BATCHES_OF_A_PART)


Task = tuple[int, Extracted] | Part


class Worker(Protocol):
    """Stages what it is given; used by one thread alone."""

    def do(self, task: Task, report: Report) -> None:
        """Prepare and stage a task, reporting counts as they come."""
        ...

    def finish(self) -> None:
        """All that was done is staged when this returns."""
        ...

    def close(self) -> None:
        """Let go of everything; what is not finished leaves no row."""
        ...


def work_off(
    tasks: Iterator[Task], make: Callable[[], Worker], workers: int, report: Callable[[Counts], None]
) -> Staged:
    """Have `workers` workers do every task. Raises the first failure, after all have let go."""
    pool = _Pool(make, report)
    threads = [threading.Thread(target=pool.run, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        for task in tasks:
            if not pool.hand_over(task):
                break
    except BaseException:
        pool.stop.set()
        raise
    finally:
        for _ in threads:
            pool.hand_over(None)
        for thread in threads:
            thread.join()
    if pool.failures:
        raise pool.failures[0]
    return Staged(counts=pool.counts, warnings=tuple(sorted(pool.warnings.items())))


class _Pool:
    """What the threads of one staging share."""

    def __init__(self, make: Callable[[], Worker], report: Callable[[Counts], None]) -> None:
        self.make = make
        self.report = report
        self.tasks: queue.Queue[Task | None] = queue.Queue(maxsize=2)
        self.stop = threading.Event()
        self.failures: list[BaseException] = []
        self.counts = Counts()
        self.warnings: dict[str, int] = {}
        self.lock = threading.Lock()

    def hand_over(self, task: Task | None) -> bool:
        """Give a task to whoever takes it; False where the work has stopped."""
        while not self.stop.is_set():
            try:
                self.tasks.put(task, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False

    def _take(self) -> Task | None:
        while not self.stop.is_set():
            try:
                return self.tasks.get(timeout=0.2)
            except queue.Empty:
                continue
        return None

    def _count(self, counts: Counts, warnings: tuple[tuple[str, int], ...]) -> None:
        if self.stop.is_set():
            raise _Stopped
        with self.lock:
            self.counts += counts
            for reason, count in warnings:
                self.warnings[reason] = self.warnings.get(reason, 0) + count
            total = self.counts
        self.report(total)

    def run(self) -> None:
        """What one thread does."""
        worker: Worker | None = None
        try:
            while (task := self._take()) is not None:
                if worker is None:
                    worker = self.make()
                worker.do(task, self._count)
            if worker is not None and not self.stop.is_set():
                worker.finish()
        except _Stopped:
            pass
        except BaseException as exc:  # raised again by the thread that asked for the work
            with self.lock:
                self.failures.append(exc)
            self.stop.set()
        finally:
            if worker is not None:
                with suppress(Exception):
                    worker.close()


class _Stopped(Exception):
    """Another worker failed."""
