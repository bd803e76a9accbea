"""A database of its own for each worker of pytest-xdist: fetched at the desk of `pgmason scratch`, before conftest.py.

Loaded by PYTEST_PLUGINS into the product's own interpreter, of whatever version, so it needs nothing but the standard
library. Outside of a worker, and without a desk, it does nothing.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

PATIENCE_SECONDS = 60


def fetch(desk: Path, name: str) -> dict[str, str]:
    """The variables for the worker of that name. Raises RuntimeError where the desk gives none."""
    answer, failed = desk / f"{name}.json", desk / f"{name}.failed"
    try:
        pipe = os.open(desk / "ask", os.O_WRONLY | os.O_NONBLOCK)
    except OSError as exc:
        raise RuntimeError("pgmason scratch, which lent the database, has ended") from exc
    try:
        os.write(pipe, name.encode("ascii") + b"\n")
    finally:
        os.close(pipe)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answer.exists():
            found: dict[str, str] = json.loads(answer.read_text(encoding="utf-8"))
            return found
        if failed.exists():
            raise RuntimeError("pgmason scratch lent no database: " + failed.read_text(encoding="utf-8"))
        time.sleep(0.002)
    raise RuntimeError(f"pgmason scratch did not answer within {PATIENCE_SECONDS} s")


def take() -> None:
    """Set the worker's own variables, once."""
    desk = os.environ.get("PGMASON_SCRATCH_DESK")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if desk and worker and os.environ.get("PGMASON_SCRATCH_WORKER") != worker:
        os.environ.update(fetch(Path(desk), worker))
        os.environ["PGMASON_SCRATCH_WORKER"] = worker


take()
