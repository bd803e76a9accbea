"""What Spark needs and is not there, or is another: told before anything is begun, with the command to type."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pgmason.config import EngineSetting, read_workspace
from pgmason.errors import ConfigurationError, Unsupported, WrongUse
from pgmason.pipelines.engines import spark_session
from pgmason.pipelines.engines.choosing import chosen_engine
from pgmason.pipelines.engines.local import LocalEngine
from pgmason.pipelines.engines.processes import ProcessEngine
from pgmason.pipelines.engines.spark import spark_failure
from pgmason.pipelines.engines.spark_session import SparkFailed, open_session

Set = pytest.MonkeyPatch


@pytest.fixture
def no_spark(monkeypatch: Set) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: None)


@pytest.fixture
def some_spark(monkeypatch: Set) -> None:
    """As if pyspark were installed, up to where Java would be started."""
    pyspark, sql = ModuleType("pyspark"), ModuleType("pyspark.sql")
    pyspark.SparkContext = type("SparkContext", (), {"_active_spark_context": None})  # type: ignore[attr-defined]
    builder = type("Builder", (), {"appName": lambda self, _: self, "master": lambda self, _: self})()
    sql.SparkSession = type("SparkSession", (), {"builder": builder})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyspark", pyspark)
    monkeypatch.setitem(sys.modules, "pyspark.sql", sql)
    monkeypatch.setattr(spark_session, "find_spec", lambda name: object())
    for name in ("SPARK_REMOTE", "SPARK_MASTER", "PYSPARK_GATEWAY_PORT", "JAVA_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_without_pyspark_the_extra_is_named(no_spark: None) -> None:
    with pytest.raises(WrongUse) as told:
        open_session(None, {})
    assert told.value.fix == "python -m pip install 'pgmason[spark]'"


def test_without_java_the_packages_that_bring_it_are_named(some_spark: None, monkeypatch: Set, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SparkFailed, match="needs Java 17") as told:
        open_session(None, {})
    assert told.value.exit_code == 3
    assert any("openjdk-17-jre-headless" in one.command for one in told.value.next)


def test_an_old_java_is_told_with_its_version(some_spark: None, monkeypatch: Set, tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_412\"' >&2\n")
    java.chmod(java.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SparkFailed, match="this is 8"):
        open_session(None, {})


def test_spark_connect_is_refused_by_name(some_spark: None) -> None:
    with pytest.raises(Unsupported, match="Spark Connect"):
        open_session("sc://host:15002", {})


def test_workers_beside_a_master_are_refused(some_spark: None) -> None:
    with pytest.raises(WrongUse, match="its master says already"):
        open_session("spark://host:7077", {}, threads=4)


LOST = (
    "Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times, most recent failure: Lost task 0.3 in stage"
    " 0.0 (TID 5) (10.0.0.7 executor 2): ExecutorLostFailure (executor 2 exited caused by one of the running tasks)"
    " Reason: worker lost\nDriver stacktrace:\n\tat org.apache.spark.scheduler.DAG"
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            LOST,
            "ExecutorLostFailure",
        ),
        ("An exception...\nModuleNotFoundError: No module named 'pgpq'\n", "no module pgpq"),
        ("[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.12", "another Python"),
        ("org.apache.spark.SparkException: Job 0 cancelled because SparkContext was shut down\n\tat a.b", "Job 0"),
    ],
)
def test_what_spark_says_is_told_in_a_line_without_javas_frames(said: str, told: str) -> None:
    failure = spark_failure(RuntimeError(said))
    assert told in failure.what
    assert "\n" not in failure.what
    assert "org.apache" not in failure.what
    assert failure.fix


def configured(folder: Path, text: str) -> EngineSetting:
    (folder / "pgmason.toml").write_text(f'[products.shop]\nschema = "sql:schema.sql"\n{text}')
    return read_workspace(folder / "pgmason.toml").product("shop").engine


def test_a_products_engine_is_configured_by_a_word_or_a_table(tmp_path: Path) -> None:
    assert configured(tmp_path, 'engine = "processes"').name == "processes"
    table = 'engine = { name = "spark", master = "yarn", settings = { "spark.executor.memory" = "2g" } }'
    assert configured(tmp_path, table) == EngineSetting(
        name="spark", master="yarn", settings={"spark.executor.memory": "2g"}
    )
    assert configured(tmp_path, "") == EngineSetting()


@pytest.mark.parametrize("wrong", ['engine = "flink"', "engine = { workers = 0 }", "engine = { masters = 'yarn' }"])
def test_an_engine_that_is_none_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigurationError):
        configured(tmp_path, wrong)


def test_what_is_asked_for_goes_before_what_is_configured(monkeypatch: Set) -> None:
    own = EngineSetting(name="processes", workers=3)
    assert chosen_engine(own, name=None, workers=None, master=None) == ProcessEngine(processes=3)
    assert chosen_engine(own, name=None, workers=5, master=None) == ProcessEngine(processes=5)
    assert chosen_engine(own, name="local", workers=None, master=None) == LocalEngine(workers=2)
    with pytest.raises(WrongUse, match="of the engine spark"):
        chosen_engine(own, name="local", workers=None, master="yarn")
    asked: list[Any] = []
    monkeypatch.setattr("pgmason.pipelines.engines.spark.engine", lambda *given, **more: asked.append((given, more)))
    spark = EngineSetting(name="spark", master="yarn", settings={"a": "b"})
    chosen_engine(spark, name=None, workers=None, master=None)
    chosen_engine(spark, name=None, workers=None, master="local[2]")
    chosen_engine(spark, name=None, workers=4, master=None)
    chosen_engine(own, name=None, workers=None, master="local[2]")
    assert asked == [
        ((None,), {"master": "yarn", "settings": {"a": "b"}}),
        ((None,), {"master": "local[2]", "settings": {"a": "b"}}),
        ((4,), {"master": None, "settings": {"a": "b"}}),
        ((None,), {"master": "local[2]", "settings": {}}),
    ]
