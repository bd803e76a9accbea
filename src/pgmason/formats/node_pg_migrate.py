"""node-pg-migrate: `<prefix>_name.sql` with `-- Up Migration` and `-- Down Migration`, or a JS or TS program.

Files run in the order of their numeric prefixes (one of 17 digits is a UTC date), then of their names. By default all
that is pending runs in one transaction; here each file has its own, and a program that calls `noTransaction()` none.
A program's DOWN is what it exports; without one the tool turns the UP around, and `down = false` forbids it. What a
program sends is known once the product's own node has run it. Source: node-pg-migrate, src/migration.ts,
src/sqlMigration.ts, src/utils/fileNameUtils.ts.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from pgmason.errors import WrongUse
from pgmason.formats.migration import (
    Entry,
    Format,
    History,
    Language,
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
from pgmason.formats.sections import Mark, cut
from pgmason.formats.unbuilt import marker
from pgmason.formats.writing import file_name, terminated
from pgmason.names import printable

__all__ = ["FORMAT"]

_NAME = re.compile(r"(?P<prefix>[0-9]+).*\.(?P<language>sql|[cm]?[jt]s)", re.ASCII | re.DOTALL)  # of a file's name
_UP = re.compile(r"\s*--[\s-]*up\s+migration", re.IGNORECASE)  # of a line that the tool itself looks for
_DOWN = re.compile(r"\s*--[\s-]*down\s+migration", re.IGNORECASE)
# Of a program's text: whether it says that there is no DOWN, or that it wants no transaction.
_NO_DOWN = re.compile(r"\bdown\s*(?::\s*[\w<>| ]+)?=\s*false\b|\bdown\s*:\s*false\b")
_NO_TRANSACTION = re.compile(r"\.noTransaction\(\s*\)")


def _looks_like(folder: Path) -> str | None:
    for entry in _candidates(entries(folder)):
        if entry.name.endswith(".sql"):
            line = marker(entry.path)
            if line is not None and line[1] == "node-pg-migrate":
                return f"{entry.name} has the line {line[0]!r}"
        elif "pgm" in read_text(entry.path):  # the parameter's name all through its manual
            return f"{entry.name} speaks of `pgm`"
    return None


def _candidates(found: tuple[Entry, ...]) -> list[Entry]:
    return [
        entry
        for entry in found
        if entry.is_file
        and _NAME.fullmatch(entry.name)
        and not entry.name.endswith((".d.ts", ".up.sql", ".down.sql", ".test.ts", ".test.js", ".spec.ts", ".spec.js"))
    ]


def _read(folder: Path) -> History:
    found = entries(folder)
    steps = _candidates(found)
    migrations = [_migration(entry) for entry in sorted(steps, key=lambda entry: (_prefix(entry), entry.name))]
    taken = {entry.name for entry in steps}
    notes = []
    others = [e.name for e in found if e.is_file and e.name.endswith((".sql", ".js", ".ts")) and e.name not in taken]
    if others:
        notes.append(f"left out, no NUMBER_name: {few(others)}")
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(migrations),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
    )


def _prefix(entry: Entry) -> int:
    """The number that the tool orders by, in milliseconds since 1970 where it is a date."""
    match = _NAME.fullmatch(entry.name)
    prefix = match["prefix"] if match is not None else "0"
    if len(prefix) != 17:
        return int(prefix)
    try:
        moment = datetime.strptime(prefix[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as exc:
        raise WrongUse("its 17 digits are no date, as node-pg-migrate takes them", where=printable(entry.name)) from exc
    return int(moment.timestamp()) * 1000 + int(prefix[14:])


def _migration(entry: Entry) -> Migration:
    text = read_text(entry.path)
    name, _, suffix = entry.name.rpartition(".")
    if suffix == "sql":
        return Migration(
            name=name,
            version=name,
            up=entry.path,
            down=entry.path if _cut(text).down is not None else None,
            transaction=FORMAT.transaction,
            cut=_cut,
        )
    undoes = not _NO_DOWN.search(text)
    alone = bool(_NO_TRANSACTION.search(text))
    return Migration(
        name=name,
        version=name,
        up=entry.path,
        down=entry.path if undoes else None,
        transaction=Transaction.STATEMENT_BY_STATEMENT if alone else FORMAT.transaction,
        language=Language.JAVASCRIPT,
        undoes=undoes,
    )


def _mark(line: str) -> Mark | None:
    return Mark.UP if _UP.match(line) else Mark.DOWN if _DOWN.match(line) else None


def _cut(text: str) -> Sections:
    """The tool takes the whole file for the UP where no line opens one, a DOWN in it included."""
    if any(_mark(line) is Mark.UP for line in text.split("\n")):
        return cut(text, _mark)
    return Sections(up=text, down=cut(text, _mark).down)


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    """SQL with both marks; a program where no transaction is wanted, because SQL has no word for that."""
    base = f"{_next_prefix(history, new)}_{file_name(new.name)}"
    if not new.alone:
        text = f"-- Up Migration\n{terminated(new.up)}"
        text += f"\n-- Down Migration\n{terminated(new.down)}" if new.down is not None else ""
        return (WrittenFile(path=history.folder / f"{base}.sql", text=text),)
    down = "false" if new.down is None else _program(new.down)
    text = f"exports.up = {_program(new.up)};\n\nexports.down = {down};\n"
    return (WrittenFile(path=history.folder / f"{base}.cjs", text=text),)


def _program(sql: str) -> str:
    from pgmason.statements import read_script

    lines = "".join(
        f"  pgm.sql({json.dumps(statement.text.strip(), ensure_ascii=False)});\n"
        for statement in read_script(sql).statements
    )
    return f"(pgm) => {{\n  pgm.noTransaction();\n{lines}}}"


def _next_prefix(history: History, new: NewMigration) -> str:
    """In the manner of the last one: a date of 17 digits, a count, or milliseconds since 1970."""
    prefixes = [re.match("[0-9]+", migration.name) for migration in history.migrations]
    last = next((match[0] for match in reversed(prefixes) if match is not None), "")
    now = int(new.at.timestamp() * 1000)
    if len(last) == 17:
        return max(f"{new.at:%Y%m%d%H%M%S}000", str(int(last) + 1))
    if last and len(last) <= 4:
        return str(int(last) + 1).zfill(len(last))
    return str(max(now, int(last or 0) + 1))


FORMAT = Format(
    name="node-pg-migrate",
    looks_like=_looks_like,
    read=_read,
    transaction=Transaction.FILE_IN_TRANSACTION,
    ledger_tables=("pgmigrations",),
    refines=("updown",),
    write=_write,
    late=Late.REFUSED,
)
