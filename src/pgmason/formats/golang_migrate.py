"""golang-migrate: `<version>_name.up.sql` and `.down.sql`, where the repository names the tool.

The shape is that of many tools, so the reading is `updown.py`'s; what the name adds is the ledger, and that a file goes
to the server as it is. The tool is named by go.mod, or by a Makefile, a Taskfile or a Compose file that calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pgmason.formats import updown
from pgmason.formats.migration import Format, History, Late, NewMigration, Transaction, WrittenFile, entries

__all__ = ["FORMAT"]

_NAMED_BY = {
    "go.mod": ("github.com/golang-migrate/migrate",),
    "Makefile": ("golang-migrate", "migrate/migrate", "migrate -path", "migrate -database", "migrate create"),
    "Taskfile.yml": ("golang-migrate", "migrate/migrate", "migrate -path", "migrate -database", "migrate create"),
    "docker-compose.yml": ("image: migrate/migrate",),
    "docker-compose.yaml": ("image: migrate/migrate",),
    "compose.yml": ("image: migrate/migrate",),
    "compose.yaml": ("image: migrate/migrate",),
}
_LARGEST_BYTES = 2 * 1024 * 1024
_WITHOUT_CHECKOUT = 3  # how many folders up a repository without .git may reach


def _looks_like(folder: Path) -> str | None:
    seen = updown.FORMAT.looks_like(folder)
    if seen is None or not any(entry.is_file and entry.name.endswith(".up.sql") for entry in entries(folder)):
        return None
    named = next(_names(folder), None)
    return f"{named} names golang-migrate, and {seen}" if named is not None else None


def _names(folder: Path) -> Iterator[str]:
    """The files of the repository that name the tool, nearest first."""
    for depth, above in enumerate((folder.absolute(), *folder.absolute().parents)):
        for name, words in _NAMED_BY.items():
            file = above / name
            try:
                if file.is_file() and not file.is_symlink() and file.stat().st_size <= _LARGEST_BYTES:
                    text = file.read_text(encoding="utf-8", errors="replace")
                    if any(word in text for word in words):
                        yield name
            except OSError:
                continue
        checkout = (above / ".git").exists()
        if checkout or (depth >= _WITHOUT_CHECKOUT and not any((up / ".git").exists() for up in above.parents)):
            return


def _read(folder: Path) -> History:
    return replace(updown.FORMAT.read(folder), format=FORMAT.name, ledger_tables=FORMAT.ledger_tables)


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    return updown.write_pair(history, new)


FORMAT = Format(
    name="golang-migrate",
    looks_like=_looks_like,
    read=_read,
    transaction=Transaction.WHOLE_FILE_IMPLICIT,
    ledger_tables=("schema_migrations",),
    refines=("updown",),
    write=_write,
    late=Late.PASSED_OVER,
)
