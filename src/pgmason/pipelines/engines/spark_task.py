"""What does an executor of Spark do with its share of a run?

One attempt at one task: tables of its own are made, its share is prepared and copied into them as any worker does, and
their token goes back with the counts as the task's result. Spark takes one result for each task, whatever was tried
twice, so exactly the tables of that token are joined to the run (`attempts.py`).

What would fail again (a function that raises, an expectation that stops) is such a result as well, so that nothing is
retried and no trace of Java is its message. What may pass (a connection) fails the task, and Spark tries again.
"""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.errors import OutOfReach, PgmasonError
from pgmason.pipelines.engines.carrying import Carried
from pgmason.pipelines.engines.failures import Preserved, preserved
from pgmason.pipelines.engines.pool import Part
from pgmason.pipelines.model import Counts, Extracted

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["RESULT", "SHARE", "Heard", "Outcome", "SparkTask", "TryAgain", "share"]

RESULT = "outcome binary"
SHARE = "number long, payload binary"


class TryAgain(Exception):
    """Fails an attempt so that Spark makes another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one attempt did: the numbers of the shares that it had, and the token of its tables; or why it failed."""

    numbers: tuple[int, ...]
    token: str
    counts: Counts = field(default_factory=Counts)
    warnings: tuple[tuple[str, int], ...] = ()
    failure: Preserved | None = None


class Heard:
    """An accumulator's parameter in Spark's terms: each addition is told to `listener`, in the driver alone."""

    def __init__(self, listener: Any = None) -> None:
        self.listener = listener

    def __reduce__(self) -> tuple[type[Heard], tuple[()]]:
        return Heard, ()

    def zero(self, value: tuple[Any, ...]) -> tuple[Any, ...]:  # noqa: ARG002  the protocol's
        return ()

    def addInPlace(self, one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:  # noqa: N802
        if self.listener is None:
            return one + other
        for news in other:
            self.listener(news)
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkTask:
    """The function that `mapInArrow` is given. `attempts` is how often Spark tries a task."""

    carried: Carried
    attempts: int
    news: Any = field(repr=False)  # an accumulator of (counts, failure)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        from pyspark import TaskContext

        context = TaskContext.get()
        last = context is None or context.attemptNumber() + 1 >= self.attempts
        outcome = self._outcome(batches, last=last)
        self.news.add(((outcome.counts, outcome.failure),))
        yield pa.RecordBatch.from_pydict({"outcome": pa.array([pickle.dumps(outcome)], pa.binary())})

    def _outcome(self, batches: Iterator[pa.RecordBatch], *, last: bool) -> Outcome:
        import psycopg

        numbers: list[int] = []
        token = uuid.uuid4().hex
        try:
            with self.carried.surroundings():
                return self._attempt(batches, token, numbers)
        except (OutOfReach, psycopg.OperationalError, psycopg.InterfaceError) as exc:
            if not last:
                raise TryAgain(f"{type(exc).__name__}, and it is tried again") from None
            failure = preserved(exc)
        except PgmasonError as exc:
            failure = preserved(exc)
        except Exception as exc:  # raised again by the driver
            failure = preserved(exc)
        return Outcome(numbers=tuple(numbers), token=token, failure=failure)

    def _attempt(self, batches: Iterator[pa.RecordBatch], token: str, numbers: list[int]) -> Outcome:
        from pgmason.pipelines.attempts import AttemptStage
        from pgmason.pipelines.connection import connected
        from pgmason.pipelines.engines.local import StagingWorker
        from pgmason.pipelines.staging import Stage

        work, parts = self.carried.unpacked()
        with connected(work.url, what=work.session_name) as connection:
            AttemptStage(Stage(work.pipeline.name, (), ()), token).make(connection)
        counts, warnings = Counts(), dict[str, int]()

        def report(more: Counts, said: tuple[tuple[str, int], ...]) -> None:
            nonlocal counts
            counts += more
            for reason, count in said:
                warnings[reason] = warnings.get(reason, 0) + count

        worker = StagingWorker(work, lambda stage: AttemptStage(stage, token))
        try:
            for batch in batches:
                for row in batch.to_pylist():
                    if parts:
                        number = int(row["id"])
                        worker.do(Part(place=number, source=parts[number]), report)
                    else:
                        number = int(row["number"])
                        worker.do((number, _received(row["payload"])), report)
                    numbers.append(number)
            worker.finish()
        finally:
            worker.close()
        return Outcome(numbers=tuple(numbers), token=token, counts=counts, warnings=tuple(sorted(warnings.items())))


def share(number: int, extracted: Extracted) -> tuple[int, bytes]:
    """A batch that the driver read, as a row of SHARE."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, extracted.batch.schema) as stream:
        stream.write_batch(extracted.batch)
    return number, pickle.dumps((sink.getvalue().to_pybytes(), tuple(extracted.rejected)))


def _received(payload: bytes) -> Extracted:
    import pyarrow as pa

    carried, rejected = pickle.loads(payload)  # noqa: S301  from the run's own process
    with pa.ipc.open_stream(pa.py_buffer(carried)) as stream:
        return Extracted(stream.read_next_batch(), None, rejected)
