"""How are a product's tests run, and do they start a database of their own?

Read from package.json, pyproject.toml and their kind in the product's folder or the nearest one above, and from the
code of its tests where containers are started. Nothing is executed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgmason.config import Product
from pgmason.products.projects import small_text

__all__ = ["ContainerStart", "Suite", "container_starts", "suites_of"]

_RUNNERS = ("jest", "vitest", "mocha")
_LOCKS = {"pnpm-lock.yaml": "pnpm exec", "yarn.lock": "yarn", "bun.lock": "bunx", "bun.lockb": "bunx"}
_CODE = (".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".py")
_STARTS = re.compile(r"\bnew\s+(PostgreSqlContainer)\s*\(|\b(PostgresContainer)\s*\(")
_NOT_ENTERED = frozenset({"node_modules", "dist", "build", "venv", "site-packages", "__pycache__"})
_MOST_FILES = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A product's tests: the runner, the command that runs them in `folder` (below the root), and what says so."""

    product: str
    runner: str
    command: str
    folder: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStart:
    """A line that starts PostgreSQL in a container for tests: file from the root, line, and the move away from it."""

    file: str
    line: int
    move: str


def suites_of(product: Product) -> tuple[Suite, ...]:
    """The suites of a product: on Node, on Python, or both."""
    found = (_on_node(product), _on_python(product))
    return tuple(suite for suite in found if suite is not None)


def _folders(product: Product) -> Iterator[Path]:
    """The product's folder and those above, up to the root."""
    home = product.home.resolve()
    for folder in (home, *home.parents):
        yield folder
        if folder == product.root:
            return


def _on_node(product: Product) -> Suite | None:
    for folder in _folders(product):
        text = small_text(folder / "package.json")
        if text is None:
            continue
        package = _json(text)
        asked = {name for key in ("dependencies", "devDependencies") for name in _table(package.get(key))}
        script = str(_table(package.get("scripts")).get("test", ""))
        runner = next((name for name in _RUNNERS if re.search(rf"\b{name}\b", script)), None)
        runner = runner or next((name for name in _RUNNERS if name in asked), None)
        if runner is not None:
            command = f"{_executor(folder, product.root)} {runner}{' run' if runner == 'vitest' else ''}"
            return _suite(product, runner, command, folder, folder / "package.json")
    return None


def _executor(folder: Path, root: Path) -> str:
    for above in (folder, *folder.parents):
        for lock, executor in _LOCKS.items():
            if (above / lock).is_file():
                return executor
        if above == root:
            break
    return "npx"


def _on_python(product: Product) -> Suite | None:
    for folder in _folders(product):
        for name in ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", *_requirements(folder)):
            text = small_text(folder / name)
            if text is not None and re.search(r"\bpytest\b", text):
                return _suite(product, "pytest", f"{_python_runner(folder, product.root)}pytest", folder, folder / name)
    return None


def _python_runner(folder: Path, root: Path) -> str:
    locks = {"uv.lock": "uv run ", "poetry.lock": "poetry run ", "Pipfile.lock": "pipenv run "}
    for above in (folder, *folder.parents):
        for lock, runner in locks.items():
            if (above / lock).is_file():
                return runner
        if above == root:
            break
    return ""


def _requirements(folder: Path) -> list[str]:
    try:
        return sorted(file.name for file in folder.glob("requirements*.txt"))
    except OSError:
        return []


def _suite(product: Product, runner: str, command: str, folder: Path, said: Path) -> Suite:
    return Suite(
        product=product.name,
        runner=runner,
        command=command,
        folder=folder.relative_to(product.root).as_posix(),
        said=said.relative_to(product.root).as_posix(),
    )


def _json(text: str) -> dict[str, Any]:
    try:
        return _table(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def container_starts(product: Product) -> tuple[ContainerStart, ...]:
    """Where the product's code starts PostgreSQL in a container, in the order of files and lines."""
    if not _asks_for_containers(product):
        return ()
    found = []
    for file in _code_files(product.home):
        text = small_text(file) or ""
        for match in _STARTS.finditer(text):
            found.append(
                ContainerStart(
                    file=file.relative_to(product.root).as_posix(),
                    line=text.count("\n", 0, match.start()) + 1,
                    move=_MOVES[file.suffix == ".py"],
                )
            )
    return tuple(found)


# The one line that lets a suite run in both ways: on the database that it is given, and in a container without one.
_MOVES = {
    False: "const url = process.env.DATABASE_URL ?? (await new PostgreSqlContainer().start()).getConnectionUri();",
    True: 'url = os.environ.get("DATABASE_URL") or PostgresContainer().start().get_connection_url()',
}


def _asks_for_containers(product: Product) -> bool:
    for folder in _folders(product):
        for name in ("package.json", "pyproject.toml", *_requirements(folder)):
            if "testcontainers" in (small_text(folder / name) or ""):
                return True
    return False


def _code_files(home: Path) -> Iterator[Path]:
    count = 0
    for folder, folders, files in os.walk(home):
        folders[:] = sorted(name for name in folders if name not in _NOT_ENTERED and not name.startswith("."))
        for name in sorted(files):
            if name.endswith(_CODE):
                count += 1
                if count > _MOST_FILES:
                    return
                yield Path(folder) / name
