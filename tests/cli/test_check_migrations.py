"""check judges what pending migrations do, from a repository to the exit code."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgmason.cli import main
from pgmason.statistics import Statistics, TableFigures, statistics_to_json

Command = Callable[..., tuple[int, Any]]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A product with one deployed migration, in git, as init leaves it."""
    write(tmp_path, "1_orders", "CREATE TABLE orders (id integer PRIMARY KEY, note text);", "DROP TABLE orders;")
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    assert run("init") == 0
    git("add", "-A")
    git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "deployed")
    capsys.readouterr()
    return tmp_path


def write(root: Path, name: str, up: str, down: str) -> None:
    folder = root / "migrations"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.up.sql").write_text(f"{up}\n")
    (folder / f"{name}.down.sql").write_text(f"{down}\n")


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, stdout=subprocess.DEVNULL)


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as exc:
        return int(exc.code or 0)
    return 0


def findings(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    capsys.readouterr()
    code = run("check", "--format", "json", *arguments)
    document = json.loads(capsys.readouterr().out)
    return code, document["findings"]


def rules_of(found: list[dict[str, Any]], standing: str = "new") -> set[str]:
    return {one["code"] for one in found if one["standing"] == standing}


def test_a_pending_migration_is_judged_by_what_it_does(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, before = findings(capsys)
    assert (code, rules_of(before)) == (0, set())
    write(repository, "2_index", "CREATE INDEX orders_note_idx ON orders (note);", "DROP INDEX orders_note_idx;")
    code, found = findings(capsys)
    assert code == 1
    assert rules_of(found) == {"create-index-blocks-writes", "locks-without-a-timeout"}
    told = next(one for one in found if one["code"] == "create-index-blocks-writes")
    assert told["severity"] == "outage"
    assert "CREATE INDEX CONCURRENTLY orders_note_idx" in told["fix"]
    assert findings(capsys) == (code, found), "told from the cache the same"


def test_a_comment_in_the_migration_accepts_it_with_a_reason(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    up = (
        "-- pgmason: allow create-index-blocks-writes because the table has forty rows\n"
        "-- pgmason: allow locks-without-a-timeout because the role has one\n"
        "CREATE INDEX orders_note_idx ON orders (note);"
    )
    write(repository, "2_index", up, "DROP INDEX orders_note_idx;")
    code, found = findings(capsys)
    assert code == 0
    assert rules_of(found, "waived") == {"create-index-blocks-writes", "locks-without-a-timeout"}


def test_since_a_branch_only_what_changed_is_judged(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("checkout", "-q", "-b", "work")
    write(repository, "2_index", "CREATE INDEX orders_note_idx ON orders (note);", "DROP INDEX orders_note_idx;")
    code, found = findings(capsys, "--since", "main")
    assert code == 1
    assert {one["place"]["file"] for one in found} == {"migrations/2_index.up.sql"}
    git("add", "-A")
    git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "work")
    assert findings(capsys, "--since", "work") == (0, [])


def test_a_down_that_forgets_something_is_told_with_what(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, "2_more", "CREATE TYPE state AS ENUM ('open');\nCREATE TABLE n (id int);", "DROP TABLE n;")
    _, found = findings(capsys)
    told = next(one for one in found if one["code"] == "down-does-not-restore")
    assert "state" in told["message"]
    assert told["place"]["file"] == "migrations/2_more.down.sql"


def test_production_s_sizes_decide_what_fails(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    up = "SET lock_timeout = '2s';\nCREATE INDEX orders_note_idx ON orders (note);"
    write(repository, "2_index", up, "DROP INDEX orders_note_idx;")
    (repository / "small.json").write_text(statistics_to_json(sizes(200)))
    (repository / "large.json").write_text(statistics_to_json(sizes(50_000_000)))
    code, found = new_findings(capsys)
    assert (code, found[0]["severity"]) == (1, "outage")
    assert found[0]["cost"]["seconds"] is None
    code, found = new_findings(capsys, "--stats", "small.json")
    assert (code, [(one["code"], one["severity"]) for one in found]) == (0, [("create-index-blocks-writes", "note")])
    assert new_findings(capsys, "--stats", "small.json") == (code, found), "told from the cache the same"
    code, found = new_findings(capsys, "--stats", "large.json")
    assert (code, found[0]["severity"]) == (1, "outage")
    low, high = found[0]["cost"]["seconds"]
    assert 10 < low < high < 1000
    assert found[0]["cost"]["bytes_written"] > 10**9
    (repository / "large.json").write_text("{}")
    assert run("check", "--stats", "large.json") == 2
    assert "holds no statistics of pgmason's" in capsys.readouterr().err


def test_what_only_the_sizes_silence_is_no_idle_exception(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    up = (
        "SET lock_timeout = '2s';\n"
        "-- pgmason: allow create-index-blocks-writes because the table is empty\n"
        "CREATE INDEX orders_note_idx ON orders (note);"
    )
    write(repository, "2_index", up, "DROP INDEX orders_note_idx;")
    (repository / "empty.json").write_text(statistics_to_json(sizes(0)))
    assert new_findings(capsys) == (0, [])
    assert new_findings(capsys, "--stats", "empty.json") == (0, [])


def new_findings(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code, found = findings(capsys, *arguments)
    return code, [one for one in found if one["standing"] == "new"]


def sizes(rows: int) -> Statistics:
    orders = TableFigures(rows=rows, bytes=rows * 200)
    return Statistics(
        captured="2026-11-20T00:00:00+00:00", server="15.8", counted_seconds=9, tables={("public", "orders"): orders}
    )
