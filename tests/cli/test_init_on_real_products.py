"""init in a repository that holds a real product below apps/api, or both examples: right at once, and once only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

# What is to be found of each, read from the product's own folder by hand; tables are those of its own documentation
# or counted in its SQL. None: the product has no such key.
PRISMA = {"schema": "prisma:schema.prisma", "migrations": "migrations", "format": "prisma", "ids": "uuid"}
UPDOWN = {"schema": None, "migrations": ".", "format": "updown"}
PRODUCTS: dict[str, dict[str, Any]] = {
    "prisma/umami": PRISMA,
    "updown/concourse": {**UPDOWN, "ids": "serial"},
    "updown/chirpstack": {**UPDOWN, "ids": "uuid"},
    "alembic-rendered/open-assistant": {**UPDOWN, "ids": "uuid"},
    "samples/pagila": {"schema": "sql:pagila.sql", "ids": "serial", "migrations": None, "postgres": "15"},
}
# larger ones, and more of the same
MORE: dict[str, dict[str, Any]] = {
    "prisma/hoppscotch": PRISMA,
    "prisma/langfuse": PRISMA,
    "prisma/trigger": PRISMA,
    "updown/cratesio": {**UPDOWN, "ids": "serial"},
    "samples/chinook": {"schema": "sql:chinook.sql", "ids": "serial", "migrations": None, "postgres": "15"},
}


def init(root: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "pgmason", "init", "--format", "json"],
        cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts[:1])
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


@pytest.mark.corpus
@pytest.mark.parametrize("product", [*PRODUCTS, *MORE])
def test_a_real_product_below_apps_is_found_at_once_and_a_second_init_changes_nothing(
    product: str, corpus: Path, tmp_path: Path
) -> None:
    if product in MORE and os.environ.get("PGMASON_ALL_PRODUCTS") != "1":
        pytest.skip("PGMASON_ALL_PRODUCTS=1 is not set, so five of ten products are tried")
    expected = (PRODUCTS | MORE)[product]
    root = tmp_path / "repository"
    shutil.copytree(corpus / product, root / "apps" / "api", copy_function=shutil.copyfile)
    subprocess.run(["chmod", "-R", "u+w", str(root)], check=True)
    (root / "package.json").write_text('{"name": "mono", "private": true}', encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    before = contents(root)
    (found,) = init(root)["products"]
    assert found["path"] == "apps/api"
    assert {key: found["settings"].get(key) for key in expected} == expected
    assert len(set(found["notes"])) == len(found["notes"])
    assert found["baseline"]["written"]
    after = contents(root)
    assert {name: after[name] for name in before} == before
    assert not init(root)["products"][0]["baseline"]["written"]
    assert contents(root) == after


def test_a_repository_of_both_examples_has_both_and_the_gate_has_a_verdict_for_each_and_one_for_all(
    tmp_path: Path,
) -> None:
    for name in ("shop", "ledger"):
        shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run([*git, "init", "-q", "-b", "main", "."], cwd=tmp_path, check=True)
    told = init(tmp_path)
    assert {one["name"]: one["path"] for one in told["products"]} == {
        "ledger-example": "ledger",
        "shop-api": "shop/apps/api",
    }
    assert {one["path"] for one in told["files"]} == {
        ".claude/protocols/anti-rationalization.md",
        ".claude/protocols/verification-before-completion.md",
        ".claude/protocols/direct-delivery.md",
        "AGENTS.md",
        ".github/workflows/pgmason.yml",
    }
    after = contents(tmp_path)
    init(tmp_path)
    assert contents(tmp_path) == after
    subprocess.run([*git, "add", "."], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], cwd=tmp_path, check=True)
    subprocess.run([*git, "checkout", "-q", "-b", "branch"], cwd=tmp_path, check=True)

    def gate(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pgmason", "gate", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    everything = json.loads(gate("--format", "json").stdout)
    assert [one["product"] for one in everything["products"]] == ["ledger-example", "shop-api"]
    assert everything["untouched"] == []
    screen = gate().stdout
    assert screen.startswith("GATE ")
    assert "products fail" in screen.splitlines()[0]
    # nothing is touched: that is said, and called neither right nor wrong
    nothing = gate("--since", "main", "--format", "json")
    assert (nothing.returncode, json.loads(nothing.stdout)["gate"]) == (0, "undecided")
    assert gate("--since", "main").stdout == "GATE NOT RUN  no product is touched\n"
    migration = tmp_path / "ledger" / "migrations" / "0007_tags.up.sql"
    migration.write_text("CREATE TABLE tags (label text);\n", encoding="utf-8")
    touched = gate("--since", "main", "--format", "json", "--output", f"comment={tmp_path / 'comment.md'}")
    document = json.loads(touched.stdout)
    assert ([one["product"] for one in document["products"]], document["untouched"]) == (
        ["ledger-example"],
        ["shop-api"],
    )
    assert touched.returncode == 1
    comment = (tmp_path / "comment.md").read_text(encoding="utf-8")
    assert comment.startswith("<!-- pgmason gate -->\n### The database gate fails\n")
    assert "Not judged, because nothing of theirs is touched: shop-api." in comment
    assert len(comment.splitlines()) <= 20
    assert len(comment) < 2500
