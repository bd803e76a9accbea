"""The same pipelines on Spark: the same rows, and each once, whatever is tried twice or dies.

Not run unless PGMASON_SPARK=1: pyspark and Java are large, and a session takes longer to start than other tests to run.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from bench.spark_torture import executors_of
from listed import Listed, batch, pipeline_of
from several_files import TABLE, numbers_in, outcome

from pgmason.errors import DatabaseUnreachable
from pgmason.pipelines import expect, extract
from pgmason.pipelines.engines.local import LocalEngine
from pgmason.pipelines.engines.processes import ProcessEngine
from pgmason.pipelines.extract.faults import SourceUnreachable
from pgmason.pipelines.model import Cursor, Division, Extracted
from pgmason.pipelines.preparing import ExpectationFailed, FunctionFailed
from pgmason.pipelines.runner import run_pipeline
from pgmason.rows.digest import digest_table

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
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="module")
def spark(events: Path) -> Iterator[Any]:
    """The engine on two threads; a task is tried twice, and what Spark shows is written to a folder."""
    from pgmason.pipelines.engines.spark import engine

    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.compress": "false",
        "spark.ui.enabled": "true",
        "spark.ui.port": "0",
    }
    made = engine(master="local[2,2]", settings=settings)
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


def test_what_a_function_raises_in_an_executor_is_told_as_here(
    spark: Any, tmp_path: Path, fresh_database: FRESH
) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY, n int)")
    pipeline = pipeline_of(Listed([batch(id=[n], n=[n]) for n in range(9)]), function=fails_on_eight)
    pipeline = replace(pipeline, file=Path(__file__))
    with pytest.raises(FunctionFailed, match="ValueError: eight is too much") as told:
        run_pipeline(pipeline, database.url, engine=spark)
    assert "test_load_spark.py:" in str(told.value)
    assert "java" not in str(told.value).lower()
    assert database.execute("SELECT count(*) FROM t") == [(0,)]
    assert database.execute(STAGED) == []


def fails_on_eight(given: pa.RecordBatch) -> pa.RecordBatch:
    if given.column("id")[0].as_py() == 8:
        raise ValueError("eight is too much")
    return given


def test_an_expectation_that_stops_stops_a_run_on_spark(spark: Any, fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY, n int)")
    rows = Listed([batch(id=[n], n=[n]) for n in range(9)])
    pipeline = pipeline_of(rows, expectations=(expect.between("n", 0, 5, severity="stop"),))
    with pytest.raises(ExpectationFailed, match=r"between\(n"):
        run_pipeline(pipeline, database.url, engine=spark)
    assert database.execute("SELECT count(*) FROM t") == [(0,)]


@dataclass(frozen=True)
class Flaky:
    """A source of two parts, of which one does not answer when it is first read in an executor."""

    mark: Path
    part: int | None = None
    name: str = "flaky"

    def schema(self) -> pa.Schema:
        return batch(id=[1], n=[1]).schema

    def divide(self, since: Cursor | None, until: Cursor | None, parts: int) -> Division:
        return Division([replace(self, part=0), replace(self, part=1)], {"read": 2})

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        for part in (0, 1) if self.part is None else (self.part,):
            yield Extracted(batch(id=[part * 10, part * 10 + 1], n=[part, part]), None)
            if self.part == 1 and not self.mark.exists():
                self.mark.touch()
                raise SourceUnreachable("did not answer")


def test_a_task_that_is_tried_again_doubles_no_row(spark: Any, tmp_path: Path, fresh_database: FRESH) -> None:
    """The first attempt had copied rows already when it failed."""
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint, n int)")
    source = Flaky(tmp_path / "mark")
    run = run_pipeline(pipeline_of(source, on_conflict="append"), database.url, engine=spark)
    assert source.mark.exists()
    assert run.counts.inserted == 4
    assert database.execute("SELECT id FROM t ORDER BY id") == [(0,), (1,), (10,), (11,)]
    assert database.execute(STAGED) == []


def test_no_secret_reaches_what_spark_shows(
    spark: Any, events: Path, fresh_database: FRESH, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its event log is what its pages are drawn from: plans, settings, the environment, failures of tasks."""
    source, database = fresh_database(), fresh_database()
    source.execute("CREATE TABLE s (id bigint, n int); INSERT INTO s SELECT n, n FROM generate_series(1, 5000) n")
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY, n int)")
    monkeypatch.setenv("SOURCE_URL", source.url)
    pipeline = pipeline_of(extract.postgres("env:SOURCE_URL", "public.s"))
    monkeypatch.delenv("PGPASSWORD", raising=False)
    run = run_pipeline(pipeline, database.url, engine=spark)
    assert run.counts.inserted == 5000
    logs = [file for file in events.rglob("*") if file.is_file()]
    written = b"".join(file.read_bytes() for file in logs)
    assert b"MapInArrow" in written  # it is a log, and of these jobs
    for one in (source, database):
        assert one.scratch.password.encode() not in written


def test_sessions_that_end_in_the_middle_are_told_and_the_next_run_loads_all(spark: Any, fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY, n int)")

    class Ending(Listed):
        def batches(self, since: Cursor | None) -> Iterator[Extracted]:
            for place, extracted in enumerate(super().batches(since)):
                if place == 40:
                    with database.scratch.observer() as session:
                        session.execute(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            " WHERE datname = current_database() AND application_name LIKE 'pgmason pipeline%'"
                        )
                yield extracted

    given = [batch(id=[n], n=[n]) for n in range(60)]
    with pytest.raises(DatabaseUnreachable):
        run_pipeline(pipeline_of(Ending(given)), database.url, engine=spark)
    assert run_pipeline(pipeline_of(Listed(given)), database.url, engine=spark).counts.inserted == 60


SHOP = """
from pgmason.pipelines import expect, extract, pipeline

import _units


@pipeline(
    extract=extract.files("exports/*.csv", cursor="at"), target="public.orders", key=["id"],
    expect=[expect.exists_in("customer", "public.customers.id"), expect.between("cents", 0, 900)],
)
def orders(batch):
    return _units.in_cents(batch)
"""
UNITS = """
import pyarrow.compute as pc

from pgmason.pipelines import transform


def in_cents(batch):
    cents = pc.multiply(batch.column("euros"), 100)
    return transform.drop(transform.with_column(batch, "cents", cents), "euros")
"""


@pytest.mark.parametrize("submitted", [False, True], ids=["alone", "spark-submit"])
def test_the_command_runs_on_spark_and_says_what_it_says_without(
    tmp_path: Path, fresh_database: FRESH, submitted: bool
) -> None:
    """From a file of pipelines with a module beside it, which no executor has."""
    database = fresh_database()
    database.execute(
        "CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers VALUES (1), (2);"
        "CREATE TABLE orders (id int PRIMARY KEY, customer int, at timestamptz, cents bigint)"
    )
    for name, text in {"pipelines/shop.py": SHOP, "pipelines/_units.py": UNITS, "run.py": RUN}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "exports").mkdir()
    lines = [f"{n},{n % 3 + 1},{n},2026-01-01T00:00:{n:02}Z" for n in range(12)]
    (tmp_path / "exports" / "a.csv").write_text("id,customer,euros,at\n" + "\n".join(lines) + "\n")
    asked = ["pipeline", "run", "orders", "--engine", "spark"]
    command = (
        [str(Path(sys.executable).parent / "spark-submit"), "--master", "local[2]", "run.py", *asked]
        if submitted
        else [sys.executable, "-m", "pgmason", *asked, "--workers", "2"]
    )
    said = subprocess.run(
        command,
        cwd=tmp_path,
        env={
            **os.environ,
            "DATABASE_URL": database.url,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYSPARK_PYTHON": sys.executable,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert "read 12  inserted 7  quarantined 5" in said.stdout
    assert database.execute("SELECT id, customer, cents FROM orders ORDER BY id") == [
        (0, 1, 0), (1, 2, 100), (3, 1, 300), (4, 2, 400), (6, 1, 600), (7, 2, 700), (9, 1, 900),
    ]  # fmt: skip
    assert database.scratch.password not in said.stdout + said.stderr
    if not submitted:  # spark-submit's own Java speaks before we do
        assert all(line.startswith('{"') for line in said.stderr.splitlines()), said.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["exports", "pipelines", "run.py"]


RUN = "from pgmason.cli import main; main()"


def test_an_executor_that_is_killed_costs_nothing_but_its_work(tmp_path: Path, fresh_database: FRESH) -> None:
    """In processes of their own, two executors of one core: the first one that works is killed with SIGKILL."""
    database = fresh_database()
    local = outcome(numbers_in(tmp_path), LocalEngine(), fresh_database())
    database.execute(TABLE)
    file = tmp_path / "pipelines" / "numbers.py"
    file.write_text(file.read_text().replace("(batch):\n", "(batch):\n    __import__('time').sleep(0.3)\n"))
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.pipeline_child", str(file), "numbers", "spark"],
        env={**os.environ, "DATABASE_URL": database.url, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 300
        while database.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'staged%'") == [(0,)]:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.1)
        os.kill(executors_of(process.pid)[0], signal.SIGKILL)
        out, err = process.communicate(timeout=300)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("done")
    with psycopg.connect(database.url, autocommit=True) as session:
        assert digest_table([session], "public", "t").digest == local[3]
    assert database.execute("SELECT count(*) FROM pgmason.quarantine") == [(len(local[4]),)]
    assert database.execute(STAGED) == []


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The master's URL of a standalone cluster of two workers on two addresses of this machine, and its environment."""
    import pyspark

    home = Path(pyspark.__file__).parent
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(tmp_path / "work"),
    }
    deploy = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
    url = f"spark://127.0.0.1:{port}"
    commands = [["master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]]
    for host in ("127.0.0.1", "127.0.0.2"):
        commands.append(["worker.Worker", "--host", host, "--cores", "1", "--memory", "1g", "--webui-port", "0", url])
    with (tmp_path / "cluster.log").open("wb") as log, ExitStack() as stack:
        for first, *more in commands:
            process = subprocess.Popen(
                [deploy[0], f"{deploy[1]}.{first}", *more], env=environment, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield url, environment


def test_a_task_that_runs_twice_at_once_loads_its_rows_once(
    tmp_path: Path, fresh_database: FRESH, cluster: tuple[str, dict[str, str]]
) -> None:
    """On a cluster of two hosts, since no host gets the same task twice."""
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint)")
    master, environment = cluster
    done = subprocess.run(
        [sys.executable, "-m", "speculated", str(tmp_path), master],
        env={**environment, "DATABASE_URL": database.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "second").exists(), "Spark did not try it twice"
    assert database.execute("SELECT count(*), count(DISTINCT id) FROM t WHERE id >= 0") == [(16, 16)]
    assert database.execute(STAGED) == []
