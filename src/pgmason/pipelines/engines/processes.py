"""The local engine with processes: for functions that keep Python itself busy.

Each worker is a process that was started anew (not forked: threads and Arrow do not survive that), and that imports the
pipeline's file for itself. Batches go to it as Arrow IPC, one at a time, or it reads parts of a divided source itself.
A process that dies is a failure of the run, and what it had staged goes with its session.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.errors import PgmasonError, WrongUse
from pgmason.pipelines.engines import Staged, Work
from pgmason.pipelines.engines.failures import preserved, revived
from pgmason.pipelines.engines.local import StagingWorker
from pgmason.pipelines.engines.pool import Part, Report, Task, work_off
from pgmason.pipelines.model import Counts, Extracted, Source

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import pyarrow as pa

__all__ = ["ProcessEngine", "WorkerDied", "engine", "packed", "unpacked"]

END_SECONDS = 5.0


class WorkerDied(PgmasonError):
    """A worker process ended in the middle of its work (killed, out of memory)."""

    code = "worker-died"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEngine:
    """`processes` processes of this machine."""

    processes: int = 2

    @property
    def name(self) -> str:
        return f"local, {self.processes} processes"

    @property
    def straight(self) -> bool:
        return True

    @property
    def readers(self) -> int:
        """Into how many parts a source is cut, where it can be: more than processes, so that none waits long."""
        return 2 * self.processes

    def stage(self, work: Work, batches: Iterator[tuple[int, Extracted]], report: Callable[[Counts], None]) -> Staged:
        carried = packed(work)
        return work_off(iter(batches), lambda: _Process(carried, work), self.processes, report)

    def stage_parts(self, work: Work, parts: Sequence[Source], report: Callable[[Counts], None]) -> Staged:
        carried = packed(work)
        tasks: list[Task] = [Part(place=place, source=source) for place, source in enumerate(parts)]
        return work_off(iter(tasks), lambda: _Process(carried, work), self.processes, report)

    def close(self) -> None:
        """It holds nothing."""


def engine(workers: int | None = None) -> ProcessEngine:
    """The engine with so many processes; as many as there are cores, where nobody says."""
    return ProcessEngine(processes=workers or os.cpu_count() or 2)


def packed(work: Work) -> tuple[str, bytes]:
    """The work for another process: the pipeline's file, to be imported first, and the rest. Raises WrongUse."""
    try:
        return str(work.pipeline.file), pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError) as exc:
        raise WrongUse(
            f"the pipeline cannot be given to another process: {exc}",
            where=f"{work.pipeline.file}:{work.pipeline.name}",
            fix="define what it uses at the top of its file, or run it with --engine local",
        ) from exc


def unpacked(carried: tuple[str, bytes]) -> Work:
    """The work, in a process that has not imported the pipeline's file before."""
    from pgmason.pipelines.declared import pipelines_in

    file, pickled = carried
    if Path(file).is_file():
        with suppress(PgmasonError):  # a pipeline may be made elsewhere than in a file of pipelines
            pipelines_in(Path(file))
    work: Work = pickle.loads(pickled)  # noqa: S301  from our own parent process
    return work


class _Process:
    """A worker in a process of its own; see `pool.Worker`."""

    def __init__(self, carried: tuple[str, bytes], work: Work) -> None:
        context = multiprocessing.get_context("spawn")
        self._wire, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._name = work.pipeline.name
        self._send(carried)

    def do(self, task: Task, report: Report) -> None:
        if isinstance(task, Part):
            self._send(("part", pickle.dumps(task)))
        else:
            number, extracted = task
            self._send(("batch", number, _ipc(extracted.batch), tuple(extracted.rejected)))
        while (answer := self._answer()) is not None:
            report(*answer)

    def finish(self) -> None:
        self._send(("finish",))
        self._answer()

    def close(self) -> None:
        with suppress(OSError):
            self._wire.close()
        self._process.join(0.2)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(END_SECONDS)
            if self._process.is_alive():
                self._process.kill()

    def _send(self, message: Any) -> None:
        try:
            self._wire.send(message)
        except (OSError, ValueError) as exc:
            raise self._died() from exc

    def _answer(self) -> tuple[Counts, tuple[tuple[str, int], ...]] | None:
        """Counts, or None when a task is done. Raises what the worker raised, and WorkerDied."""
        try:
            kind, answer = self._wire.recv()
        except (EOFError, OSError) as exc:
            raise self._died() from exc
        if kind == "failed":
            raise revived(answer, "in a worker process")
        return answer  # type: ignore[no-any-return]

    def _died(self) -> WorkerDied:
        self._process.join(1)
        code = self._process.exitcode
        how = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
        return WorkerDied(
            f"a worker process ended {how}; nothing was loaded",
            where=f"pipeline {self._name}",
            fix="run it again; if it was out of memory, with fewer processes",
        )


def _serve(wire: Connection) -> None:
    """What a worker process does until its wire is closed."""
    worker: StagingWorker | None = None
    try:
        worker = StagingWorker(unpacked(wire.recv()))

        def report(counts: Counts, warnings: tuple[tuple[str, int], ...]) -> None:
            wire.send(("counts", (counts, warnings)))

        while True:
            message = wire.recv()
            if message[0] == "finish":
                worker.finish()
                wire.send(("done", None))
                return
            if message[0] == "part":
                worker.do(pickle.loads(message[1]), report)  # noqa: S301  from our own parent process
            else:
                _, number, carried, rejected = message
                worker.do((number, Extracted(_batch(carried), None, rejected)), report)
            wire.send(("done", None))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass  # the parent let go, or is gone
    except BaseException as exc:
        with suppress(OSError):
            wire.send(("failed", preserved(exc)))
    finally:
        if worker is not None:
            worker.close()


def _ipc(batch: pa.RecordBatch) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _batch(carried: bytes) -> pa.RecordBatch:
    import pyarrow as pa

    with pa.ipc.open_stream(pa.py_buffer(carried)) as stream:
        return stream.read_next_batch()
