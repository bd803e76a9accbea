"""python -m bench.spark_child FILE NAME ENGINE: as pipeline_child, for a proof that covers all of pipelines/."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench.pipeline_child import _engine as engine_of  # renaming it would void the rounds that are kept
from pgmason.errors import PgmasonError
from pgmason.pipelines.declared import pipelines_in
from pgmason.pipelines.runner import run_pipeline


def main() -> int:
    file, name, engine = sys.argv[1:]
    try:
        run = run_pipeline(pipelines_in(Path(file))[name], os.environ["DATABASE_URL"], engine=engine_of(engine))
    except PgmasonError as exc:
        print(f"{type(exc).__name__}: {exc}", file=sys.stderr)
        return exc.exit_code
    print(f"{run.state} {run.counts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
