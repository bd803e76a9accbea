"""The Spark engine: for work that one machine is too small for.

The parts of a divided source are read by executors; of a source that cannot be divided this process reads the batches
and hands them over, a bounded share of them at a time. Function, expectations, quarantine and cast run there, by
`mapInArrow` over what is to be done; executors copy into tables of each attempt's own, and what comes back is one token
for each task (`spark_task.py`). This process joins the tables of these tokens to the stage, and the run commits once,
as with any engine. Whatever is lost on the way (a task, an executor) Spark does again; what was lost with it counts
for nothing.
"""

from __future__ import annotations

import logging
import pickle
import queue
import re
import sys
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pgmason import __version__
from pgmason.names import without_password
from pgmason.pipelines.attempts import fold_attempts, join_attempts
from pgmason.pipelines.connection import connected
from pgmason.pipelines.engines import Staged, Work
from pgmason.pipelines.engines.carrying import carried
from pgmason.pipelines.engines.failures import Preserved, revived
from pgmason.pipelines.engines.spark_session import OpenSession, SparkFailed, open_session
from pgmason.pipelines.engines.spark_task import RESULT, SHARE, Heard, Outcome, SparkTask, share
from pgmason.pipelines.model import Counts, Extracted, Source
from pgmason.pipelines.staging import Stage

__all__ = ["SparkEngine", "engine"]

SHARE_BYTES = 64 << 20  # batches that are handed over at a time
SHARE_BATCHES_OF_A_SLOT = 8
MOST_PARTS = 256
MOST_JOINED = 128  # attempts whose tables stay apart; a statement locks each of them
CANCEL_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkEngine:
    """The executors of a session of Spark. `close` ends the session, where it was started for this."""

    open: OpenSession

    @property
    def name(self) -> str:
        return f"spark, {self.open.context.master}"

    @property
    def readers(self) -> int:
        """Into how many parts a source is cut: more than run at once, so that none waits long for the last."""
        return min(MOST_PARTS, max(2, 2 * self.open.slots))

    @property
    def straight(self) -> bool:
        return False

    def stage(self, work: Work, batches: Iterator[tuple[int, Extracted]], report: Callable[[Counts], None]) -> Staged:
        with _staging(self.open, work, (), report) as staging:
            for rows in _shares(batches, self.open.slots):
                slices = min(len(rows), 2 * self.open.slots)
                spread = self.open.context.parallelize(rows, slices)
                frame = self.open.session.createDataFrame(spread, SHARE, verifySchema=False)
                staging.start(frame, [number for number, _ in rows])
            return staging.finish()

    def stage_parts(self, work: Work, parts: Sequence[Source], report: Callable[[Counts], None]) -> Staged:
        with _staging(self.open, work, parts, report) as staging:
            staging.start(self.open.session.range(0, len(parts), 1, len(parts)), range(len(parts)))
            return staging.finish()

    def close(self) -> None:
        self.open.close()


def engine(
    workers: int | None = None, *, master: str | None = None, settings: Mapping[str, str] | None = None
) -> SparkEngine:
    """The engine in the session that there is, or in one of its own. `workers` are the threads of a session on this
    machine; elsewhere the master's own settings say how much there is. Raises WrongUse, Unsupported, SparkFailed."""
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    logging.getLogger("py4j").setLevel(logging.CRITICAL)  # it logs the trace of every call that a dead Java misses
    return SparkEngine(open=open_session(master, settings or {}, threads=workers))


def _shares(batches: Iterator[tuple[int, Extracted]], slots: int) -> Iterator[list[tuple[int, bytes]]]:
    """Batches in lists that are worth a job, and bounded."""
    rows: list[tuple[int, bytes]] = []
    size = 0
    for number, extracted in batches:
        rows.append(share(number, extracted))
        size += len(rows[-1][1])
        if size >= SHARE_BYTES or len(rows) >= SHARE_BATCHES_OF_A_SLOT * slots:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


@contextmanager
def _staging(
    open: OpenSession, work: Work, parts: Sequence[Source], report: Callable[[Counts], None]
) -> Iterator[_Staging]:
    """One staging; where it fails, nothing of it goes on running."""
    staging: _Staging | None = None
    try:
        staging = _Staging(open, work, parts, report)
        yield staging
    except BaseException as exc:
        if staging is not None:
            staging.cancel()
        told = _told(exc)
        if told is exc:
            raise
        raise told from exc


class _Staging:
    """The jobs of one staging, one at a time, each in a thread: the next share is read meanwhile."""

    def __init__(
        self, open: OpenSession, work: Work, parts: Sequence[Source], report: Callable[[Counts], None]
    ) -> None:
        self._open = open
        self._work = work
        self._report = report
        self._group = f"pgmason-{uuid.uuid4().hex}"
        self._news: queue.Queue[tuple[Counts, Preserved | None] | None] = queue.Queue()
        heard = open.context.accumulator((), Heard(self._news.put))
        self._task = SparkTask(carried=carried(work, parts), attempts=open.attempts, news=heard)
        self._stage = Stage(work.pipeline.name, (), ())
        self._job: _Job | None = None
        self._heard = Counts()
        self._counts = Counts()
        self._warnings: dict[str, int] = {}
        self._apart: list[str] = []  # tokens whose tables are not joined yet

    def start(self, frame: Any, numbers: Iterable[int]) -> None:
        """Have this done, once what was started before is."""
        self._wait()
        self._job = _Job(
            self._open.context, self._group, self._work.session_name, frame, self._task, numbers, self._news
        )

    def finish(self) -> Staged:
        """All is done and joined when this returns. Raises what stopped a task."""
        self._wait()
        self._join(fold=False)
        return Staged(counts=self._counts, warnings=tuple(sorted(self._warnings.items())))

    def cancel(self) -> None:
        """Stop what runs; sessions that are still at it are ended where their tables are dropped."""
        if self._job is None:
            return
        with suppress(Exception):
            self._open.context.cancelJobGroup(self._group)
        self._job.thread.join(CANCEL_SECONDS)

    def _wait(self) -> None:
        """Until the job is done, telling how far it is. Raises what stopped a task, as soon as it is heard of."""
        job = self._job
        if job is None:
            return
        while (news := self._news.get()) is not None:
            counts, failure = news
            if failure is not None:
                raise revived(failure, "in an executor of Spark")
            self._heard += counts
            self._report(self._heard)
        self._job = None
        self._take(job.ended())

    def _take(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self._counts += outcome.counts
            for reason, count in outcome.warnings:
                self._warnings[reason] = self._warnings.get(reason, 0) + count
            self._apart.append(outcome.token)
        if len(self._apart) > MOST_JOINED:
            self._join(fold=True)

    def _join(self, *, fold: bool) -> None:
        with connected(self._work.url, what=f"{self._work.session_name} joins") as connection:
            (fold_attempts if fold else join_attempts)(connection, self._stage, self._apart)
        self._apart = []


class _Job:
    """One job of Spark, in a thread; `news` gets None when it has ended."""

    def __init__(
        self,
        context: Any,
        group: str,
        described: str,
        frame: Any,
        task: SparkTask,
        numbers: Iterable[int],
        news: queue.Queue[Any],
    ) -> None:
        from pyspark import InheritableThread

        self._expected = sorted(numbers)
        self._outcomes: list[Outcome] = []
        self._failure: BaseException | None = None

        def run() -> None:
            try:
                context.setJobGroup(group, described, interruptOnCancel=True)
                rows = frame.mapInArrow(task, RESULT).collect()
                self._outcomes = [pickle.loads(row.outcome) for row in rows]  # noqa: S301  from our own executors
            except BaseException as exc:  # raised again by whoever waits
                self._failure = exc
            finally:
                news.put(None)

        self.thread = InheritableThread(target=run, daemon=True)
        self.thread.start()

    def ended(self) -> Sequence[Outcome]:
        """What its tasks did. Raises SparkFailed, and what stopped a task."""
        if self._failure is not None:
            raise spark_failure(self._failure) from self._failure
        for outcome in self._outcomes:
            if outcome.failure is not None:
                raise revived(outcome.failure, "in an executor of Spark")
        done = sorted(number for outcome in self._outcomes for number in outcome.numbers)
        if done != self._expected:  # never seen; loading on would lose rows or double them
            raise SparkFailed(f"Spark gave {len(done)} results for {len(self._expected)} shares of the work")
        return self._outcomes


def spark_failure(exc: BaseException) -> SparkFailed:
    """What Spark says, in one line and without Java's frames; with what is to be done, where that is known."""
    text = str(exc)
    module = re.search(r"ModuleNotFoundError: No module named '([\w.]+)'", text)
    if module:
        ours = module[1].split(".")[0] in ("pgmason", "pyarrow", "pgpq", "psycopg")
        return SparkFailed(
            f"the Python of an executor has no module {module[1]}",
            fix=f"python -m pip install 'pgmason[spark]=={__version__}' on every worker, or name that Python by"
            " PYSPARK_PYTHON"
            if ours
            else "install it on every worker, or hand it over by spark-submit --py-files",
        )
    if isinstance(exc, ConnectionError | EOFError) or type(exc).__name__ == "Py4JNetworkError":
        return SparkFailed(
            "Java, in which Spark runs here, ended in the middle; nothing of this transaction was loaded",
            fix="run it again; if it was out of memory, with more of it (spark.driver.memory)",
        )
    if "PYTHON_VERSION_MISMATCH" in text:
        return SparkFailed(
            "an executor has another Python than this process, and functions of one do not run in the other",
            fix=f"give both Python {sys.version_info.major}.{sys.version_info.minor} (PYSPARK_PYTHON)",
        )
    reason = re.search(r"most recent failure: (?:Lost task [^:]*?: )?(.+)", text)
    said = reason[1] if reason else (text.splitlines() or [type(exc).__name__])[0]
    said = re.sub(r"(?:[a-z]\w*\.)+(?=[A-Z]\w*(?:Exception|Error)\b)", "", said)  # packages of Java
    said = without_password(" ".join(said.split())[:300])
    return SparkFailed(
        f"Spark did not do it: {said}; nothing of this transaction was loaded",
        fix="run it again; if executors run out of memory, with more of it (spark.executor.memoryOverhead)",
    )


def _told(exc: BaseException) -> BaseException:
    """An error of Spark's own as ours; any other as it is."""
    kind = type(exc).__module__.split(".")[0]
    return spark_failure(exc) if kind in ("pyspark", "py4j") else exc
