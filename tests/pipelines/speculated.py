"""python speculated.py FOLDER MASTER: a run on Spark in which a slow task is tried a second time while it still runs.

A program of its own, since a process has one session of Spark, and a task is tried at once on another host alone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
from bench.pipeline_child import SPARK_SETTINGS
from listed import batch, pipeline_of

from pgmason.pipelines.model import Cursor, Division, Extracted
from pgmason.pipelines.runner import run_pipeline

SPECULATION = {
    "spark.speculation": "true",
    "spark.speculation.interval": "200ms",
    "spark.speculation.multiplier": "1.1",
    "spark.speculation.quantile": "0.5",
    "spark.speculation.minTaskRuntime": "500ms",
}


@dataclass(frozen=True)
class SlowOnce:
    """Eight parts of two rows; the first attempt at the last one waits for the second between its rows."""

    folder: Path
    part: int = -1
    name: str = "slow once"

    def schema(self) -> pa.Schema:
        return batch(id=[1]).schema

    def divide(self, since: Cursor | None, until: Cursor | None, parts: int) -> Division:
        return Division([replace(self, part=part) for part in range(8)], {"read": 8})

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        yield Extracted(batch(id=[self.part * 2]), None)
        if self.part == 7:
            first = not (self.folder / "first").exists()
            (self.folder / ("first" if first else "second")).touch()
            until = time.monotonic() + 120
            while first and time.monotonic() < until and not (self.folder / "second").exists():
                time.sleep(0.05)
        yield Extracted(batch(id=[self.part * 2 + 1]), None)


if __name__ == "__main__":
    from pgmason.pipelines.engines.spark import engine

    on = engine(master=sys.argv[2], settings={**SPARK_SETTINGS, **SPECULATION})
    source = SlowOnce(Path(sys.argv[1]))
    print(run_pipeline(pipeline_of(source, on_conflict="append"), os.environ["DATABASE_URL"], engine=on).counts)
