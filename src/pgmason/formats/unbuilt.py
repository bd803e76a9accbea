"""Which formats are known by sight and not read yet?

Each is recognised well enough to be refused by name, so that a folder is never read as something it is not: a
goose or dbmate file read as plain SQL would run its DOWN right after its UP. When a format gets a file of its own
in this folder, that file is asked and the line here no longer is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import WrongUse
from pgmason.formats.migration import Entry, entries, holds
from pgmason.names import printable

__all__ = ["UNBUILT", "Unbuilt", "marker", "recognised"]

# The line that opens the UP part of a file which holds UP and DOWN, in lower case, and whose it is.
_MARKERS = (
    ("-- migrate:up", "dbmate"),
    ("-- +goose up", "goose"),
    ("-- +migrate up", "sql-migrate"),
    ("-- up migration", "node-pg-migrate"),
    ("-- rambler up", "rambler"),
)
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbuilt:
    """A format that is recognised only: `seen` gives what shows it among a folder's entries, or None."""

    name: str
    label: str
    seen: Callable[[Sequence[Entry]], str | None]


def marker(file: Path) -> tuple[str, str] | None:
    """(the line, the format) that shows a file to hold UP and DOWN together; None for an ordinary file.

    Reads the first 4 KB: every such tool wants its marker before the first statement.
    """
    for line in _head(file).splitlines():
        words = " ".join(line.lower().split())
        for mark, name in _MARKERS:
            if words.startswith((mark, mark.replace("-- ", "--"))):
                return line.strip(), name
    return None


def _head(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(_HEAD_BYTES).decode("utf-8", "replace")
    except OSError as exc:
        raise WrongUse(f"cannot be read: {exc.strerror}", where=printable(str(file))) from exc


def recognised(folder: Path) -> tuple[Unbuilt, str] | None:
    """The unbuilt format that a folder shows, and by what; None where it shows none."""
    found = entries(folder)
    for unbuilt in UNBUILT:
        evidence = unbuilt.seen(found)
        if evidence is not None:
            return unbuilt, evidence
    return None


def _alembic(found: Sequence[Entry]) -> str | None:
    has_versions = any(entry.name == "versions" and entry.is_folder for entry in found)
    return "env.py, versions/" if has_versions and _first(found, r"env\.py") else None


def _drizzle(found: Sequence[Entry]) -> str | None:
    if any(entry.name == "meta" and entry.is_folder and holds(entry.path, "_journal.json") for entry in found):
        return "meta/_journal.json"
    first = next((entry for entry in found if entry.is_folder and holds(entry.path, "migration.sql")), None)
    return f"{first.name}/snapshot.json" if first is not None and holds(first.path, "snapshot.json") else None


def _flyway(found: Sequence[Entry]) -> str | None:
    return _first(found, r"[VR][\d._]*__.+\.sql")


def _django(found: Sequence[Entry]) -> str | None:
    seen = _first(found, r"\d{4}_\w+\.py")
    return f"{seen} and __init__.py" if seen and _first(found, r"__init__\.py") else None


def _supabase(found: Sequence[Entry]) -> str | None:
    placed = [entry for entry in found if entry.path.absolute().parts[-3:-1] == ("supabase", "migrations")]
    return "supabase/migrations" if _first(placed, r"\d+_.*\.sql") else None


def _node_pg_migrate(found: Sequence[Entry]) -> str | None:
    for entry in found:
        script = re.fullmatch(r"\d+[_-].*\.[cm]?[jt]s", entry.name) and not entry.name.endswith(".d.ts")
        if entry.is_file and script and "pgm" in _head(entry.path):  # the parameter's name all through its manual
            return f"{entry.name} speaks of `pgm`"
    return None


def _marked(name: str) -> Callable[[Sequence[Entry]], str | None]:
    """Shown by its line in a .sql file that does not say up or down in its name."""

    def seen(found: Sequence[Entry]) -> str | None:
        for entry in found:
            if entry.is_file and entry.name.endswith(".sql") and not entry.name.endswith((".up.sql", ".down.sql")):
                line = marker(entry.path)
                if line is not None and line[1] == name:
                    return f"{entry.name} has the line {line[0]!r}"
        return None

    return seen


def _first(found: Sequence[Entry], pattern: str) -> str | None:
    return next((entry.name for entry in found if entry.is_file and re.fullmatch(pattern, entry.name)), None)


UNBUILT = (
    Unbuilt(name="alembic", label="an Alembic folder", seen=_alembic),
    Unbuilt(name="drizzle", label="a Drizzle folder", seen=_drizzle),
    Unbuilt(name="flyway", label="a Flyway folder", seen=_flyway),
    Unbuilt(name="django", label="a Django app's migrations", seen=_django),
    Unbuilt(name="supabase", label="Supabase's migrations", seen=_supabase),
    Unbuilt(name="node-pg-migrate", label="a node-pg-migrate folder", seen=_node_pg_migrate),
    Unbuilt(name="node-pg-migrate", label="a node-pg-migrate folder", seen=_marked("node-pg-migrate")),
    Unbuilt(name="dbmate", label="a dbmate folder", seen=_marked("dbmate")),
    Unbuilt(name="goose", label="a goose folder", seen=_marked("goose")),
    Unbuilt(name="sql-migrate", label="a sql-migrate folder", seen=_marked("sql-migrate")),
    Unbuilt(name="rambler", label="a rambler folder", seen=_marked("rambler")),
)
