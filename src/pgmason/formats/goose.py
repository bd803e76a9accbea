"""goose: `<version>_name.sql`, UP below `-- +goose Up` and DOWN below `-- +goose Down`.

Versions compare as numbers. A file runs in one transaction, or, where it says `-- +goose NO TRANSACTION`, each
statement commits alone. What goose finds out by a semicolon at the end of a line and by StatementBegin and
StatementEnd, PostgreSQL's own grammar finds out here; the marks themselves are comments. Steps written in Go are told
and not read. Source: goose, internal/sqlparser/parser.go and migrate.go.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from pgmason.errors import Unsupported, WrongUse
from pgmason.formats.migration import (
    Format,
    History,
    Late,
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
from pgmason.formats.writing import file_name, number_after
from pgmason.names import printable

__all__ = ["FORMAT"]

_NAME = re.compile(r"(?P<version>[0-9]+)_.*\.(?P<language>sql|go)", re.ASCII | re.DOTALL)


def _looks_like(folder: Path) -> str | None:
    return marked(entries(folder), "goose")


def _read(folder: Path) -> History:
    migrations: list[Migration] = []
    programs: list[str] = []
    others: list[str] = []
    for entry in entries(folder):
        match = _NAME.fullmatch(entry.name) if entry.is_file else None
        if match is None or entry.name.endswith("_test.go"):
            others += [entry.name] if entry.is_file and entry.name.endswith(".sql") else []
            continue
        if match["language"] == "go":
            programs.append(entry.name)
            continue
        text = read_text(entry.path)
        _check(text, entry.path)
        migrations.append(
            Migration(
                name=entry.name.removesuffix(".sql"),
                version=str(int(match["version"])),
                up=entry.path,
                down=entry.path if _cut(text).down is not None else None,
                transaction=_transaction(text),
                cut=_cut,
            )
        )
    migrations.sort(key=lambda migration: int(migration.version))
    _refuse_shared(migrations, folder)
    notes = []
    if programs:
        notes.append(
            f"NOT READ, {len(programs)} step{'' if len(programs) == 1 else 's'} in Go: {few(programs)};"
            " what they do to the schema is missing here"
        )
    if others:
        notes.append(f"left out, goose wants NUMBER_name.sql: {few(others)}")
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(migrations),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
    )


def _mark(line: str) -> Mark | None:
    return {"+goose Up": Mark.UP, "+goose Down": Mark.DOWN}.get(comment(line) or "")


def _cut(text: str) -> Sections:
    return cut(text, _mark)


def _transaction(text: str) -> Transaction:
    alone = any(comment(line) == "+goose NO TRANSACTION" for line in text.split("\n"))
    return Transaction.STATEMENT_BY_STATEMENT if alone else FORMAT.transaction


def _check(text: str, file: Path) -> None:
    where = printable(str(file))
    marks = [mark for line in text.split("\n") if (mark := _mark(line)) is not None]
    if not marks or marks[0] is not Mark.UP:
        raise WrongUse("does not begin with '-- +goose Up', and goose stops there", where=where)
    if marks.count(Mark.UP) > 1 or marks.count(Mark.DOWN) > 1:
        raise WrongUse("has a mark of goose's twice, and goose stops there", where=where)
    for number, line in enumerate(text.split("\n"), start=1):
        if (comment(line) or "").upper() in ("+GOOSE ENVSUB ON", "+GOOSE ENVSUBST ON"):
            raise Unsupported(
                "puts the environment's variables into its SQL (ENVSUB): their values are not known here",
                where=f"{where}:{number}",
            )


def _refuse_shared(migrations: list[Migration], folder: Path) -> None:
    for one, next_one in pairwise(migrations):
        if one.version == next_one.version:
            raise WrongUse(
                f"version {one.version} is shared by {one.name} and {next_one.name}, and goose stops there",
                where=printable(str(folder)),
            )


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    prefixes = (migration.name.partition("_")[0] for migration in history.migrations)
    number = number_after(history, new, prefixes)
    number = number.zfill(5) if len(number) < 5 and not history.migrations else number
    head = "-- +goose NO TRANSACTION\n" if new.alone else ""
    text = f"{head}-- +goose Up\n{_statements(new.up)}"
    text += f"\n-- +goose Down\n{_statements(new.down)}" if new.down is not None else ""
    return (WrittenFile(path=history.folder / f"{number}_{file_name(new.name)}.sql", text=text),)


def _statements(sql: str) -> str:
    """The statements as goose tells them apart: by a semicolon at the end of a line, or by marks around one. Comments
    stay above the statement that they stood above."""
    from pgmason.statements import read_script

    written: list[str] = []
    start = 0
    for statement in read_script(sql).statements:
        written += _comments(sql[start : statement.offset])
        start = statement.offset + len(statement.text)
        text = statement.text.strip()
        one = f"-- +goose StatementBegin\n{text};\n-- +goose StatementEnd\n" if ";" in text else f"{text};\n"
        written.append(one)
    return "".join((*written, *_comments(sql[start:])))


def _comments(between: str) -> list[str]:
    """What stands between two statements, without the semicolon and blank lines."""
    return [f"{line.strip()}\n" for line in between.strip().removeprefix(";").splitlines() if line.strip()]


FORMAT = Format(
    name="goose",
    looks_like=_looks_like,
    read=_read,
    transaction=Transaction.FILE_IN_TRANSACTION,
    ledger_tables=("goose_db_version",),
    refines=("updown",),
    write=_write,
    instructs=lambda line: (comment(line) or "").lower().startswith("+goose"),
    late=Late.REFUSED,
)
