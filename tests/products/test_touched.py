"""Which products a branch touches, as git tells it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pgmason.config import Product
from pgmason.errors import WrongUse
from pgmason.products.touched import changed_files, touched_products

ROOT = Path("/nowhere")
PATHS = {"api": "apps/api", "worker": "apps/worker", "inner": "apps/api/inner"}
PRODUCTS = {
    name: Product(name=name, root=ROOT, path=path, docs=f"docs/{name}.md", criteria={}) for name, path in PATHS.items()
}


@pytest.mark.parametrize(
    ("changed", "touched"),
    [
        ("apps/api/src/a.ts", {"api"}),
        ("apps/api/inner/b.sql", {"inner"}),  # the innermost folder that holds it
        ("apps/api-2/c.ts", set()),  # a name that only begins alike
        ("apps/tsconfig.json", {"api", "worker", "inner"}),
        ("pnpm-lock.yaml", {"api", "worker", "inner"}),
        ("apps/api/package.json", {"api", "inner"}),  # above the inner one
        ("README.md", set()),
        ("docs/worker.md", {"worker"}),
        ("docs/other.md", set()),
        ("pgmason.toml", {"api", "worker", "inner"}),
        (".pgmason/worker/baseline.json", {"worker"}),
        (".pgmason/.gitignore", set()),
        (".github/workflows/ci.yml", set()),
        ("apps/site/index.ts", set()),
    ],
)
def test_a_file_touches_the_product_that_it_belongs_to(changed: str, touched: set[str]) -> None:
    assert touched_products(PRODUCTS, [changed]) == touched


def test_a_product_at_the_root_has_what_no_other_product_has() -> None:
    whole = {**PRODUCTS, "whole": Product(name="whole", root=ROOT, path=".", criteria={})}
    assert touched_products(whole, ["src/a.py"]) == {"whole"}
    assert touched_products(whole, ["apps/worker/a.py"]) == {"worker"}


def test_git_tells_what_a_branch_changes_committed_or_not(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    for name in ("apps/api/a.ts", "apps/worker/b.ts", "old.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("checkout", "-q", "-b", "branch")
    (tmp_path / "apps/api/a.ts").write_text("2", encoding="utf-8")
    git("commit", "-q", "-a", "-m", "two")
    git("checkout", "-q", "main")
    (tmp_path / "old.txt").write_text("main moves on", encoding="utf-8")
    git("commit", "-q", "-a", "-m", "three")
    git("checkout", "-q", "branch")
    (tmp_path / "apps/worker/new é.ts").write_text("", encoding="utf-8")
    (tmp_path / "apps/worker/b.ts").unlink()
    assert changed_files(tmp_path, "main") == ("apps/api/a.ts", "apps/worker/b.ts", "apps/worker/new é.ts")
    assert changed_files(tmp_path / "apps", "main") == ("api/a.ts", "worker/b.ts", "worker/new é.ts")
    for wrong in ("nowhere", "--output=x"):
        with pytest.raises(WrongUse, match="git knows no commit"):
            changed_files(tmp_path, wrong)
