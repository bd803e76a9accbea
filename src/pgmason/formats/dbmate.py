"""dbmate: `<version>_name.sql`, UP below `-- migrate:up` and DOWN below `-- migrate:down`.

Files run in the order of their names, each in a transaction of its own unless its mark says `transaction:false`. dbmate
wants both marks, UP first and no statement above it. Source: dbmate, pkg/dbmate/migration.go and db.go.
"""

from __future__ import annotations

import re
from pathlib import Path

from pgmason.errors import WrongUse
from pgmason.formats.migration import (
    Format,
    History,
    Migration,
    NewMigration,
    Sections,
    Transaction,
    WrittenFile,
    entries,
    few,
    read_text,
)
from pgmason.formats.sections import Mark, comment, cut
from pgmason.formats.unbuilt import marked
from pgmason.formats.writing import file_name, number_after_as_text, terminated
from pgmason.names import printable

__all__ = ["FORMAT"]

_NAME = re.compile(r"(?P<version>[0-9]+).*\.sql", re.ASCII | re.DOTALL)  # a file's name, never its text


def _looks_like(folder: Path) -> str | None:
    return marked(entries(folder), "dbmate")


def _read(folder: Path) -> History:
    found = [entry for entry in entries(folder) if entry.is_file and entry.name.endswith(".sql")]
    migrations = []
    for entry in found:
        match = _NAME.fullmatch(entry.name)
        if match is None:
            continue
        text = read_text(entry.path)
        _check(text, entry.path)
        sections = _cut(text)
        migrations.append(
            Migration(
                name=entry.name.removesuffix(".sql"),
                version=match["version"],
                up=entry.path,
                down=entry.path if sections.down is not None else None,
                transaction=_transaction(text),
                cut=_cut,
            )
        )
    others = [entry.name for entry in found if not _NAME.fullmatch(entry.name)]
    notes = [f"left out, dbmate wants a number first: {few(others)}"] if others else []
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(migrations),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
    )


def _mark(line: str) -> Mark | None:
    said = comment(line) or ""
    for word, mark in (("migrate:up", Mark.UP), ("migrate:down", Mark.DOWN)):
        if said == word or said.startswith((f"{word} ", f"{word}\t")):
            return mark
    return None


def _cut(text: str) -> Sections:
    return cut(text, _mark)


def _transaction(text: str) -> Transaction:
    opening = next(line for line in text.split("\n") if _mark(line) is Mark.UP)
    return Transaction.WHOLE_FILE_IMPLICIT if "transaction:false" in opening.split() else FORMAT.transaction


def _check(text: str, file: Path) -> None:
    """Refuse what dbmate refuses, so that no statement is passed over in silence."""
    marks = [_mark(line) for line in text.split("\n")]
    where = printable(str(file))
    for mark, line in ((Mark.UP, "-- migrate:up"), (Mark.DOWN, "-- migrate:down")):
        if mark not in marks:
            raise WrongUse(f"has no line {line!r}, and dbmate stops there", where=where, fix=f"add the line {line!r}")
    start = marks.index(Mark.UP)
    if start > marks.index(Mark.DOWN):
        raise WrongUse("has '-- migrate:down' before '-- migrate:up', and dbmate stops there", where=where)
    for number, line in enumerate(text.split("\n")[:start], start=1):
        if line.strip() and not line.lstrip().startswith("--"):
            raise WrongUse("has a statement above '-- migrate:up', and dbmate stops there", where=f"{where}:{number}")


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    number = number_after_as_text(history, new)
    option = " transaction:false" if new.alone else ""
    down = terminated(new.down) if new.down is not None else ""
    text = f"-- migrate:up{option}\n{terminated(new.up)}\n-- migrate:down{option}\n{down}"
    return (WrittenFile(path=history.folder / f"{number}_{file_name(new.name)}.sql", text=text),)


FORMAT = Format(
    name="dbmate",
    looks_like=_looks_like,
    read=_read,
    transaction=Transaction.FILE_IN_TRANSACTION,
    ledger_tables=("schema_migrations",),
    refines=("updown",),
    write=_write,
    instructs=lambda line: (comment(line) or "").startswith("migrate:"),
)
