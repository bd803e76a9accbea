"""Which formats are known by sight and not read yet?

Each is recognised well enough to be refused by name, so that a folder is never read as something it is not: a
goose or dbmate file read as plain SQL would run its DOWN right after its UP. When a format gets a file of its own
in this folder, that file is asked and the line here no longer is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import WrongUse
from pgmason.formats.migration import Entry, entries
from pgmason.names import printable

__all__ = ["UNBUILT", "Unbuilt", "marked", "marker", "recognised"]

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
    """A format that is recognised only: `seen` gives what shows it among a folder's entries, or None; `why` it is not
    read."""

    name: str
    label: str
    seen: Callable[[Sequence[Entry]], str | None]
    why: str = "not read yet"


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


def marked(found: Iterable[Entry], name: str) -> str | None:
    """Which of these .sql files bears the marker of that format, in words; None where none does."""
    for entry in found:
        if entry.is_file and entry.name.endswith(".sql"):
            line = marker(entry.path)
            if line is not None and line[1] == name:
                return f"{entry.name} has the line {line[0]!r}"
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


def _django(found: Sequence[Entry]) -> str | None:
    seen = _first(found, r"\d{4}_\w+\.py")
    return f"{seen} and __init__.py" if seen and _first(found, r"__init__\.py") else None


def _marked(name: str) -> Callable[[Sequence[Entry]], str | None]:
    """Shown by its line in a .sql file that does not say up or down in its name."""

    def seen(found: Sequence[Entry]) -> str | None:
        plain = (entry for entry in found if not entry.name.endswith((".up.sql", ".down.sql")))
        return marked(plain, name)

    return seen


def _first(found: Sequence[Entry], pattern: str) -> str | None:
    return next((entry.name for entry in found if entry.is_file and re.fullmatch(pattern, entry.name)), None)


UNBUILT = (
    Unbuilt(
        name="a Django app",
        label="one app of a Django project",
        seen=_django,
        why="a project is read whole, from the folder of its manage.py",
    ),
    Unbuilt(name="sql-migrate", label="a sql-migrate folder", seen=_marked("sql-migrate")),
    Unbuilt(name="rambler", label="a rambler folder", seen=_marked("rambler")),
)
