"""The same pipelines on Spark: the same rows, and each once, whatever is tried twice or dies.

Not run unless PGMASON_SPARK=1: pyspark and Java are large, and a session takes longer to start than other tests to run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from listed import Listed, batch, pipeline_of
from several_files import numbers_in, outcome

from pgmason.pipelines.engines.local import LocalEngine
from pgmason.pipelines.engines.processes import ProcessEngine
from pgmason.pipelines.runner import run_pipeline

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("PGMASON_SPARK") != "1" or find_spec("pyspark") is None or shutil.which("java") is None,
        reason="Spark: PGMASON_SPARK=1, pyspark and Java are needed",
    ),
    pytest.mark.filterwarnings("ignore"),  # of pyspark and of what it uses
]

FRESH = Callable[..., Any]
STAGED = "SELECT relname FROM pg_class WHERE relname LIKE 'stage%'"


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """The engine on two threads; a task is tried twice."""
    from pgmason.pipelines.engines.spark import engine

    made = engine(master="local[2,2]")
    yield made
    made.close()


def test_threads_four_processes_and_spark_load_the_same(spark: Any, tmp_path: Path, fresh_database: FRESH) -> None:
    numbers = numbers_in(tmp_path)
    threads, processes, executors = (
        outcome(numbers, engine, fresh_database())
        for engine in (LocalEngine(workers=2), ProcessEngine(processes=4), spark)
    )
    assert threads == processes
    assert threads == executors
    assert threads[2] > 4000
    assert threads[4]


@pytest.mark.parametrize("policy", ["update", "append", "replace", "insert", "delete missing"])
def test_a_source_that_cannot_be_divided_is_read_here_and_loaded_there(
    spark: Any, fresh_database: FRESH, policy: str
) -> None:
    rows = Listed([batch(id=[n, n + 100], n=[n, None]) for n in range(40)])
    found = []
    for engine in (LocalEngine(), spark):
        database = fresh_database()
        database.execute("CREATE TABLE t (id bigint PRIMARY KEY, n int)")
        run = run_pipeline(pipeline_of(rows, on_conflict=policy), database.url, engine=engine)
        found.append((run.counts, run.cursor_after, database.execute("SELECT id, n FROM t ORDER BY id")))
        assert database.execute(STAGED) == []
    assert found[0] == found[1]
    assert found[0][0].inserted == 80
