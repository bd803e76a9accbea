"""python -m bench.pipeline_child FILE NAME ENGINE: one run of one pipeline on DATABASE_URL, in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pgmason
from bench.pipeline_scenarios import COVERED
from pgmason.errors import PgmasonError
from pgmason.pipelines.declared import pipelines_in
from pgmason.pipelines.engines import Engine
from pgmason.pipelines.engines.local import LocalEngine
from pgmason.pipelines.engines.processes import ProcessEngine
from pgmason.pipelines.runner import run_pipeline

__all__ = ["SPARK_MASTER", "SPARK_SETTINGS"]

SPARK_MASTER = "local-cluster[2,1,1024]"
_JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"  # starts sooner, and runs are short
SPARK_SETTINGS = {"spark.driver.extraJavaOptions": _JAVA, "spark.executor.extraJavaOptions": _JAVA}


def _engine(name: str) -> Engine:
    if name == "spark":
        from pgmason.pipelines.engines.spark import engine

        return engine(master=SPARK_MASTER, settings=SPARK_SETTINGS)
    engines: dict[str, Engine] = {
        "local": LocalEngine(),
        "one": LocalEngine(workers=1),
        "threads": LocalEngine(workers=3),
        "processes": ProcessEngine(processes=2),
    }
    return engines[name]


def main() -> int:
    file, name, engine = sys.argv[1:]
    try:
        run = run_pipeline(pipelines_in(Path(file))[name], os.environ["DATABASE_URL"], engine=_engine(engine))
    except PgmasonError as exc:
        print(f"{type(exc).__name__}: {exc}", file=sys.stderr)
        return exc.exit_code
    print(f"{run.state} {run.counts}")
    # what Spark's engine loads besides is covered by the mark of bench.spark_torture: all of pipelines/
    uncovered = _uncovered() if engine != "spark" else []
    if uncovered:
        print(f"not among pipeline_scenarios.COVERED: {', '.join(uncovered)}", file=sys.stderr)
    return 1 if uncovered else 0


def _uncovered() -> list[str]:
    """Files of rows and pipelines that were loaded, and that the proof's mark does not cover."""
    package = Path(pgmason.__file__).parent
    covered = {file for pattern in COVERED for file in package.glob(pattern)}
    loaded = {
        Path(module.__file__)
        for name, module in list(sys.modules.items())
        if name.startswith(("pgmason.rows", "pgmason.pipelines")) and getattr(module, "__file__", None)
    }
    return sorted(file.name for file in loaded - covered)


if __name__ == "__main__":
    sys.exit(main())
