"""In which session of Spark does a run work?

In the one that lives in this process already (a notebook's), in that of spark-submit, or in one that is started here
and ended with the engine. What is missing for it, pyspark or Java, is told with the command that installs it. Java's
own words on starting go to a file, and are told where it does not start: standard error stays what a person reads.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pgmason.errors import NextCommand, OutOfReach, Unsupported, WrongUse
from pgmason.interpreters.environment import variables_set
from pgmason.pipelines.extract.faults import missing_extra

__all__ = ["OpenSession", "SparkFailed", "open_session"]

OLDEST_JAVA = 17

# For a session of our own; what the user sets comes after. Its plans hold nothing that compiling would speed up.
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


class SparkFailed(OutOfReach):
    """Spark itself did not do the work: it did not start, lost its executors too often, or ended."""

    code = "spark-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session; `ours` where it is to be ended with the engine."""

    session: Any
    ours: bool

    @property
    def context(self) -> Any:
        return self.session.sparkContext

    @property
    def slots(self) -> int:
        """How many tasks it does at once, as far as it knows now."""
        return max(1, int(self.context.defaultParallelism))

    @property
    def attempts(self) -> int:
        """How often it tries a task."""
        master = str(self.context.master)
        if master.startswith("local") and not master.startswith("local-cluster"):
            tries = re.fullmatch(r"local\[[^,\]]+,\s*(\d+)\]", master)
            return int(tries[1]) if tries else 1
        return int(self.context.getConf().get("spark.task.maxFailures", "4"))

    def close(self) -> None:
        if self.ours:
            with suppress(Exception):
                self.session.stop()


def open_session(master: str | None, settings: Mapping[str, str], *, threads: int | None = None) -> OpenSession:
    """The session to work in. `master` as Spark has it (`local[4]`, `spark://host:7077`), else SPARK_MASTER, else as
    many threads here. Raises WrongUse, Unsupported, SparkFailed."""
    for needed in ("pyspark", "pandas"):  # pyspark asks for pandas wherever Arrow is, and does not install it
        if find_spec(needed) is None:
            raise missing_extra("--engine spark", "pgmason[spark]")
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if threads is not None and (submitted or master is not None):
        raise WrongUse(
            "--workers means the threads of Spark on this machine, and its master says already how many there are",
            fix="leave --workers out; the settings of spark-submit or of the master say how much there is",
        )
    if master is None and not submitted:
        master = f"local[{threads}]" if threads else os.environ.get("SPARK_MASTER") or "local[*]"
    if os.environ.get("SPARK_REMOTE") or (master or "").startswith("sc://"):
        raise Unsupported(
            "Spark Connect is not built in: a run has to hear of its tasks as they end, which goes by a SparkContext",
            fix="name a master (--master spark://..., k8s://..., yarn), or run pgmason under spark-submit",
        )
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is not None:
        return OpenSession(session=SparkSession.builder.getOrCreate(), ours=False)
    builder = SparkSession.builder.appName("pgmason pipeline")
    if master is not None:
        builder = builder.master(master)
    if submitted:
        return OpenSession(session=_started(builder, None), ours=True)
    _check_java()
    for name, value in {**_SETTINGS, **settings}.items():
        builder = builder.config(name, value)
    here = master is not None and master.startswith("local")
    with variables_set(_as_here() if here else {}), tempfile.TemporaryFile() as said, _said_to(said):
        session = _started(builder, said)
    session.sparkContext.setLogLevel("OFF")
    return OpenSession(session=session, ours=True)


def _started(builder: Any, said: Any) -> Any:
    try:
        return builder.getOrCreate()
    except Exception as exc:
        raise SparkFailed(
            f"Spark did not start: {_reason(exc, said)}",
            fix="look at the master and at the settings, and at the space and the ports that it needs",
            next=[NextCommand(command="pgmason pipeline run NAME --engine local", why="does the same without Spark")],
        ) from exc


def _reason(exc: Exception, said: Any) -> str:
    """The line in which Java says what it died of; else the first line of the exception."""
    lines: list[str] = []
    if said is not None:
        said.seek(0)
        lines = said.read().decode(errors="replace").splitlines()
    text = str(exc)
    for line in [*text.splitlines(), *lines]:
        found = re.search(
            r"(?:Exception in thread \"[^\"]*\"|Caused by:|: )\s*(?:[a-z]\w*\.)+(\w+(?:Exception|Error): .+)", line
        )
        if found:
            return found[1][:300]
    errors = [line for line in lines if line.startswith("Error")]
    return (errors or text.splitlines() or [type(exc).__name__])[0][:300]


def _check_java() -> None:
    """Raises SparkFailed where there is no Java, or too old a one."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    missing = [
        NextCommand(command="sudo apt-get install openjdk-17-jre-headless", why="Debian and Ubuntu"),
        NextCommand(command="brew install openjdk@17", why="macOS; then set JAVA_HOME as it says"),
    ]
    if java is None:
        raise SparkFailed(f"Spark needs Java {OLDEST_JAVA} or newer, and there is no `java` on the path", next=missing)
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as exc:
        where = f"JAVA_HOME={home}" if home else java
        raise SparkFailed(f"Spark needs Java, and it cannot be started: {exc}", where=where, next=missing) from exc
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    if found and int(found[1]) < OLDEST_JAVA:
        raise SparkFailed(f"Spark needs Java {OLDEST_JAVA} or newer, and this is {found[1]}", where=java, next=missing)


def _as_here() -> dict[str, str]:
    """What makes a worker of this machine the same Python with the same modules."""
    return {
        "PYSPARK_PYTHON": os.environ.get("PYSPARK_PYTHON", sys.executable),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


@contextmanager
def _said_to(file: Any) -> Iterator[None]:
    """With the file as standard output and error, of this process and, for good, of what it starts meanwhile."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    try:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        yield
    finally:
        for target, source in zip((1, 2), kept, strict=True):
            os.dup2(source, target)
            os.close(source)
