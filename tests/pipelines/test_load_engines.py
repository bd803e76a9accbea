"""The same pipeline, whoever does the work: the same rows, counts and cursor; and bounded hands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from listed import Listed, batch, pipeline_of
from several_files import TABLE, numbers_in, outcome

from pgmason.pipelines.engines.local import LocalEngine
from pgmason.pipelines.engines.processes import ProcessEngine, WorkerDied
from pgmason.pipelines.model import Cursor, Extracted
from pgmason.pipelines.preparing import FunctionFailed
from pgmason.pipelines.runner import run_pipeline

FRESH = Callable[..., Any]


@pytest.fixture
def numbers(tmp_path: Path) -> Any:
    return numbers_in(tmp_path)


def test_one_thread_several_threads_and_processes_load_the_same(numbers: Any, fresh_database: FRESH) -> None:
    one, threads, processes = (
        outcome(numbers, engine, fresh_database())
        for engine in (LocalEngine(workers=1), LocalEngine(workers=4), ProcessEngine(processes=2))
    )
    assert one == threads
    assert one == processes
    assert one[2] > 4000
    assert one[4]


def test_what_fails_in_a_worker_process_is_told_as_in_this_one(
    numbers: Any, tmp_path: Path, fresh_database: FRESH
) -> None:
    database = fresh_database()
    database.execute(TABLE)
    (tmp_path / "poison").write_text("raise")
    with pytest.raises(FunctionFailed, match="ValueError: poisoned") as told:
        run_pipeline(numbers, database.url, engine=LocalEngine())
    assert "numbers.py:15" in str(told.value)


def test_a_worker_process_that_is_killed_fails_the_run_and_loads_nothing(
    numbers: Any, tmp_path: Path, fresh_database: FRESH
) -> None:
    database = fresh_database()
    database.execute(TABLE)
    batches = _first_is_taken_here(numbers.extract, tmp_path / "poison")
    with pytest.raises(WorkerDied, match="ended by signal 9"):
        run_pipeline(
            replace(numbers, extract=batches),
            database.url,
            engine=ProcessEngine(processes=2),
        )
    assert database.execute("SELECT count(*) FROM t") == [(0,)]
    assert database.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'stage%'") == [(0,)]


class _first_is_taken_here:  # noqa: N801  reads as what it does
    """Puts the poison down after the first batch, which the run's own process looks at."""

    name = "files"

    def __init__(self, source: Any, poison: Path) -> None:
        self.source, self.poison = source, poison

    def schema(self) -> pa.Schema:
        return self.source.schema()

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        for place, extracted in enumerate(self.source.batches(since)):
            if place == 1:
                self.poison.write_text("die")
            yield extracted


class Counting:
    """A source that knows how many batches were taken from it."""

    name = "counting"

    def __init__(self) -> None:
        self.taken = 0

    def schema(self) -> pa.Schema:
        return pa.schema([("id", pa.int64())])

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        for place in range(200):
            self.taken += 1
            yield Extracted(batch(id=[place]), {"at": place})


@pytest.mark.parametrize("policy", ["update", "append"])
def test_a_source_is_not_read_further_while_postgresql_takes_nothing(fresh_database: FRESH, policy: str) -> None:
    """Backpressure: workers that stand still leave a bounded number of batches in hand."""
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
    source, gate = Counting(), threading.Event()

    def held(given: pa.RecordBatch) -> pa.RecordBatch:
        if given.column("id")[0].as_py() > 0:
            gate.wait(20)
        return given

    done: list[Any] = []
    pipeline = pipeline_of(source, on_conflict=policy, function=held)
    loader = threading.Thread(target=lambda: done.append(run_pipeline(pipeline, database.url)))
    loader.start()
    time.sleep(0.7)
    assert source.taken <= 8
    gate.set()
    loader.join(20)
    assert done[0].counts.inserted == 200


def test_a_source_that_breaks_half_way_loads_nothing(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
    broken = Listed([batch(id=[1]), batch(id=[2]), batch(id=[3])], broken_after=2)
    with pytest.raises(OSError, match="the source broke"):
        run_pipeline(pipeline_of(broken), database.url)
    assert database.execute("SELECT count(*) FROM t") == [(0,)]
    assert database.execute("SELECT state, failure FROM pgmason.runs") == [("failed", "OSError stopped it")]


def test_with_bounded_transactions_what_was_committed_stays_and_the_next_run_goes_on(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
    given = [batch(id=[n]) for n in range(5)]
    with pytest.raises(OSError, match="the source broke"):
        run_pipeline(pipeline_of(Listed(given, broken_after=3), transaction_rows=2), database.url)
    assert database.execute("SELECT id FROM t ORDER BY id") == [(0,), (1,)]
    assert database.execute("SELECT cursor FROM pgmason.pipelines") == [({"at": 2},)]
    run = run_pipeline(pipeline_of(Listed(given), transaction_rows=2), database.url)
    assert (run.counts.inserted, run.cursor_before, run.cursor_after) == (3, {"at": 2}, {"at": 5})
    assert database.execute("SELECT id FROM t ORDER BY id") == [(n,) for n in range(5)]
