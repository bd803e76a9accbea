"""A disk of the database's server that fills while rows are loaded: told, nothing half-loaded, and mended by space.

The table, or what is staged for it, lies in a tablespace on a small tmpfs, which takes root to mount.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from listed import Listed, batch, pipeline_of

from pgmason.pipelines.model import RunState
from pgmason.pipelines.runner import RefusedByDatabase, run_pipeline
from pgmason.postgres.home import server_account

SMALL_MB, LARGE_MB = 8, 64
ROWS = [
    batch(id=list(range(first, first + 10_000)), s=["x" * 200] * 10_000) for first in range(0, 60_000, 10_000)
]  # 60,000 rows, about 15 MB


@pytest.fixture
def small_disk(fresh_database: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A database, and the mount point of a disk on which it has the tablespace `small`."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    folder = Path(os.environ["PGMASON_HOME"], "small")
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m,mode=755", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        place, account = folder / "space", server_account()
        place.mkdir(mode=0o700)
        if account:
            os.chown(place, account.uid, account.gid)
        database = fresh_database()
        admin = database.scratch.server.admin
        admin.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        admin.execute("GRANT CREATE ON TABLESPACE small TO PUBLIC")
        try:
            yield database, folder
        finally:
            database.execute("DROP TABLE IF EXISTS t; DROP SCHEMA IF EXISTS pgmason CASCADE")
            admin.execute("CHECKPOINT")  # dropped files are kept until then
            admin.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


@pytest.mark.parametrize(
    ("policy", "fills"),
    [("update", "target"), ("append", "target"), ("update", "staging"), ("replace", "staging")],
)
def test_a_disk_that_fills_is_told_and_nothing_is_half_loaded(small_disk: Any, policy: str, fills: str) -> None:
    database, folder = small_disk
    space, url = "TABLESPACE small", database.url
    if fills == "staging":  # what the sessions of the load make goes there
        space, url = "", f"{url}?options=-c%20default_tablespace%3Dsmall"
    database.execute(f"CREATE TABLE t (id bigint PRIMARY KEY, s text) {space}; INSERT INTO t VALUES (-1, 'old')")
    pipeline = pipeline_of(Listed(ROWS), on_conflict=policy)

    with pytest.raises(RefusedByDatabase) as failure:
        run_pipeline(pipeline, url)

    assert failure.value.sqlstate == psycopg.errors.DiskFull.sqlstate
    assert "No space left on device" in str(failure.value)
    assert "nothing of this transaction was loaded" in str(failure.value)
    assert database.execute("SELECT * FROM t") == [(-1, "old")]
    assert database.execute("SELECT state, cursor_after FROM pgmason.runs") == [("failed", None)]
    assert database.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'stage\\_%'") == [(0,)]

    subprocess.run(["mount", "-o", f"remount,size={LARGE_MB}m", folder], check=True)
    assert run_pipeline(pipeline, url).state is RunState.DONE
    kept = 0 if policy == "replace" else 1
    assert database.execute("SELECT count(*), count(DISTINCT id) FROM t") == [(60_000 + kept, 60_000 + kept)]
