"""docs/pipelines.md takes a new user from nothing to a scheduled, proven pipeline: its files and commands, executed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "pipelines.md"
BLOCK = re.compile(r"<!-- (?:file: (?P<file>\S+)|run) -->\n```\w+\n(?P<text>.*?)```", re.DOTALL)


def test_the_page_leads_where_it_says(
    tmp_path: Path, fresh_database: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("psql") is None:
        pytest.skip("psql is not on this machine")
    database = fresh_database()
    command = tmp_path / "bin" / "pgmason"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pgmason "$@"\n')
    command.chmod(0o755)
    home = tmp_path / "shop"
    home.mkdir()
    environment = {
        **os.environ,
        "DATABASE_URL": database.url,
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
    }
    said: dict[str, list[str]] = {}
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["file"]:
            file = home / block["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block["text"], encoding="utf-8")
            continue
        for line in block["text"].strip().split("\n"):
            typed, _, expected = line.partition("    # exit ")
            done = subprocess.run(
                typed, shell=True, cwd=home, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == int(expected or 0), f"{typed}\n{done.stdout}{done.stderr}"
            said.setdefault(typed, []).append(done.stdout + done.stderr)
    dry, first, second, drifted = (
        *said["pgmason pipeline run daily_orders --dry-run"], *said["pgmason pipeline run daily_orders"],
    )  # fmt: skip
    assert "inserted 2  quarantined 4" in dry
    assert "inserted 2  quarantined 4" in first
    assert "read 0" in second
    assert "ALTER TABLE public.orders ADD COLUMN channel text;" in drifted
    (waiting,) = said["pgmason pipeline quarantine daily_orders"]
    for reason in ("customer_id is not in", "status is no label", "breaks the check", "a quote is not closed"):
        assert reason in waiting
    assert "inserted 1" in said["pgmason pipeline replay daily_orders"][0]
    proven = next(text[0] for line, text in said.items() if " prove " in line)
    assert "PROVEN" in proven
    # it may be through before its second kill comes
    assert re.search(r"killed [12] of 2 times and run again: 2 ended the same", proven), proven
    assert database.execute("SELECT order_id FROM orders ORDER BY 1") == [(1,), (2,), (3,)]
    assert (home / "deploy" / "pgmason-daily_orders.timer").is_file()
    assert (home / ".github" / "workflows" / "pipeline-daily_orders.yml").is_file()
