"""The shape of the house, held: imports go down the list of rooms, and what docs/ARCHITECTURE.md says is absent is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "pgmason"


def rooms() -> list[str]:
    """The rooms in the order of docs/ARCHITECTURE.md's list, ground floor first."""
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    listing = page.split("<!-- rooms -->")[1].split("<!-- /rooms -->")[0]
    return re.findall(r"^\| `([a-z_]+)(?:\.py|/)` \|", listing, flags=re.MULTILINE)


def modules() -> Iterator[tuple[str, Path]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        first = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        yield first, file


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """Every pgmason module that a file imports, wherever in the file, with the line."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute here"
            yield node.module, node.lineno
            yield from (
                (f"{node.module}.{alias.name}", node.lineno) for alias in node.names if node.module == "pgmason"
            )


def test_every_room_is_in_the_list_and_every_entry_is_a_room() -> None:
    found = {room for room, _ in modules()} - {"__init__", "__main__"}
    assert found == set(rooms())


def test_a_room_imports_only_rooms_above_it() -> None:
    order = {room: rank for rank, room in enumerate(rooms())}
    wrong = []
    for room, file in modules():
        if room in ("__init__", "__main__"):
            continue
        for name, line in imports(file):
            parts = name.split(".")
            if parts[0] == "pgmason" and len(parts) > 1 and parts[1] in order and order[parts[1]] > order[room]:
                wrong.append(f"{file.relative_to(ROOT)}:{line} imports {name}")
    assert not wrong


@pytest.mark.parametrize(
    ("absent", "where"),
    [
        (
            "psycopg",
            ["names", "errors", "findings", "evidence", "config", "statements", "renderings", "plan", "rules", "docs"],
        ),
        (
            "postgast",
            [
                "errors",
                "names",
                "postgres",
                "catalog",
                "formats",
                "rules",
                "plan",
                "docs",
                "gate",
                "cli",
            ],
        ),
        ("click", ["postgres", "catalog", "formats", "sources", "rules", "plan", "docs", "gate"]),
    ],
)
def test_what_a_room_does_without(absent: str, where: list[str]) -> None:
    """Deciding rooms open no connection; SQL text is cut in one place; only the command line knows the command line."""
    for room, file in modules():
        if room in where:
            for name, line in imports(file):
                assert name.split(".")[0] != absent, f"{file.relative_to(ROOT)}:{line}"


def test_the_supervisor_uses_the_standard_library_alone() -> None:
    for name, line in imports(PACKAGE / "postgres" / "supervisor.py"):
        assert name.split(".")[0] in sys.stdlib_module_names, f"line {line}: {name}"


def test_the_reading_of_a_catalog_names_no_kind_of_object() -> None:
    """A new kind is a new file in catalog/kinds and nothing in the list of kinds is edited."""
    text = (PACKAGE / "catalog" / "reading.py").read_text(encoding="utf-8")
    for file in (PACKAGE / "catalog" / "kinds").glob("[a-z]*.py"):
        assert f"kinds.{file.stem} " not in text


def test_there_is_no_room_for_odds_and_ends() -> None:
    names = {file.stem for _, file in modules()}
    assert not names & {"utils", "util", "common", "core", "helpers", "base", "misc"}


def test_the_help_imports_no_heavy_library() -> None:
    code = "import sys; from pgmason.cli import run; run(['--help']); print(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {"psycopg", "postgast", "pyarrow", "sqlalchemy", "jinja2", "pgmason.catalog.model"}


def test_identifiers_are_never_pasted_into_sql() -> None:
    """Statements are composed by psycopg.sql: no f-string and no format call reaches execute()."""
    for _, file in modules():
        if file.parts[-2] == "kinds" or file.name == "unread.py":  # constants, spliced from constants
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "execute"
                and node.args
            ):
                argument = node.args[0]
                if isinstance(argument, ast.JoinedStr):
                    pytest.fail(f"{file.relative_to(ROOT)}:{node.lineno}: an f-string is executed")
