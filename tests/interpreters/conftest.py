"""The interpreters that test products run with: a Python and a Node with the real libraries, made once for a machine.

They lie in the system's folder for temporary files under a name that changes with the list of libraries. Where they
cannot be made (no network, no Node) the tests that need them skip by name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from pgmason.catalog.model import Catalog
from pgmason.postgres.scratch import stand_in_roles
from pgmason.sources import Context

HERE = Path(__file__).parent
PRODUCTS = HERE / "products"


def kept(name: str, listed: Path, make: Callable[[Path], list[list[str]]]) -> Path:
    """A folder that the commands of `make` fill, once; skips where one of them fails."""
    mark = hashlib.sha256(listed.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"pgmason-test-{name}-{os.getuid()}-{mark}"
    folder.mkdir(mode=0o755, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            for command in make(folder):
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
                if done.returncode != 0:
                    pytest.skip(f"{' '.join(command[:3])}: {done.stderr.strip()[-300:]}")
            (folder / "made").write_text("")
    return folder


@pytest.fixture(scope="session")
def product_python() -> Path:
    """A Python with SQLAlchemy, Alembic, Flask-Migrate, SQLModel and Django."""
    listed = HERE / "requirements.txt"
    folder = kept(
        "python",
        listed,
        lambda folder: [
            [sys.executable, "-m", "venv", str(folder / "venv")],
            [str(folder / "venv" / "bin" / "pip"), "install", "--quiet", "-r", str(listed)],
        ],
    )
    return folder / "venv" / "bin" / "python"


@pytest.fixture(scope="session")
def product_node() -> Path:
    """A folder whose node_modules hold node-pg-migrate, drizzle-kit and what they need."""
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine")
    listed = HERE / "package.json"

    def make(folder: Path) -> list[list[str]]:
        shutil.copy(listed, folder / "package.json")
        return [["npm", "install", "--no-audit", "--no-fund", "--silent"]]

    return kept("node", listed, make)


@pytest.fixture
def product(tmp_path: Path, product_python: Path) -> Callable[..., Context]:
    """A copy of one of the products, and how it is read: with the Python that has the libraries."""

    def copy(name: str, **settings: Any) -> Context:
        folder = tmp_path / name
        shutil.copytree(PRODUCTS / name, folder)
        return Context(base=folder, root=folder, python=str(product_python), **settings)

    return copy


@pytest.fixture
def made_by_hand(fresh_database: Callable[..., Any]) -> Callable[[str], Catalog]:
    """The catalog of a product's `expected.sql`, as PostgreSQL 15 makes it."""

    def make(name: str) -> Catalog:
        database = fresh_database(15)
        stand_in_roles(database.scratch.server, ["reporting"])
        database.execute((PRODUCTS / name / "expected.sql").read_text(encoding="utf-8"))
        return cast(Catalog, database.read_catalog())

    return make
