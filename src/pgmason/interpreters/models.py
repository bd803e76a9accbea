"""Which DDL do a product's SQLAlchemy models make?

The product's own Python imports them and compiles them for PostgreSQL; nothing connects. Which schema that is, is for
PostgreSQL to say (sources/). Works with what has a MetaData: a declarative base, a registry, SQLModel, Flask-SQLAlchemy
and its application, a function that returns one of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgmason.interpreters.children import ProgramFailed
from pgmason.interpreters.python import Python

__all__ = ["Models", "definers", "read_models"]

_SECONDS = 120.0
_MOST_FILES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What the models say: the statements that make them, (schema or None, name) of each table, the files imported.

    `skipped` names the binds of Flask-SQLAlchemy that belong to other databases; `version` is SQLAlchemy's.
    """

    statements: tuple[str, ...]
    tables: tuple[tuple[str | None, str], ...]
    imported: tuple[Path, ...]
    skipped: tuple[str, ...]
    version: str


def read_models(python: Python, module: str, attribute: str, *, major: int) -> Models:
    """Import MODULE and compile what ATTRIBUTE means for a server of that major. Raises ProgramFailed."""
    job = {"module": module, "attribute": attribute, "major": major}
    answer = python.ask("models_ddl.py", job, what="models import", seconds=_SECONDS)
    value = answer.value
    failure = value.get("error")
    if failure is not None:
        raise _failed(failure, python, f"{module}:{attribute}")
    return Models(
        statements=tuple(value["statements"]),
        tables=tuple((schema, name) for schema, name in value["tables"]),
        imported=tuple(Path(file) for file in value["imported"]),
        skipped=tuple(str(key) for key in value["skipped"]),
        version=value["version"],
    )


def _failed(failure: dict[str, Any], python: Python, name: str) -> ProgramFailed:
    file = failure["file"]
    place = f"{file}:{failure['line']}" if file else name
    if file and Path(file).is_relative_to(python.folder.absolute()):
        place = f"{Path(file).relative_to(python.folder.absolute()).as_posix()}:{failure['line']}"
    step = "import" if failure["phase"] == "import" else "DDL"
    fix = python.mending(failure)
    if failure["type"] in ("NoMetadata", "AttributeError"):
        fix = 'name what holds the MetaData, as in schema = "sqlalchemy:shop.models:Base"'
    elif step == "DDL":
        fix = "SQLAlchemy cannot write that model for PostgreSQL: mend it there"
    return ProgramFailed(f"models {step} failed: {failure['type']}: {failure['message']}", where=place, fix=fix)


def definers(folder: Path, *, apart_from: Iterable[Path]) -> list[Path]:
    """Python files below a folder that define tables and are not among those, sorted; tests and migrations left out.

    A file defines a table where a class in it sets `__tablename__` or is declared with `table=True`, or where it calls
    `Table(...)`. At most 5,000 files are looked at.
    """
    known = {file.resolve() for file in apart_from}
    found = []
    for file in sorted(folder.rglob("*.py"))[:_MOST_FILES]:
        parts = {part.lower() for part in file.relative_to(folder).parts}
        if file.resolve() in known or parts & {"tests", "test", "migrations", "alembic", "versions", "node_modules"}:
            continue
        if file.name.startswith("test_") or any(part.startswith(".") or part == "venv" for part in parts):
            continue
        if _defines(file):
            found.append(file)
    return found


def _defines(file: Path) -> bool:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
        if "__tablename__" not in text and "table=True" not in text.replace(" ", "") and "Table(" not in text:
            return False
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            if any(one.arg == "table" and getattr(one.value, "value", None) is True for one in node.keywords):
                return True
            names = [t.id for n in node.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)]
            if "__tablename__" in names:
                return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Table":
            return True
    return False
