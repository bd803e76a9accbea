"""Plain SQL, UP and DOWN in files of their own, in one of three shapes.

    folders   <version>_name/up.sql and down.sql                    diesel
    pairs     <version>_name.up.sql and <version>_name.down.sql     golang-migrate, sqlx, Concourse and many more
    numbered  <version>_name.sql, no DOWN                           where every .sql file in the folder is so named

The shape is found by looking; no tool is named, because the same shape is the same reading. Facts: diesel's
version is what stands before the first underscore with the dashes removed, and versions compare as text
(migrations_internals, `version_from_string`); golang-migrate, sqlx and Concourse read leading digits as a number
and pair files by it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import Unsupported, WrongUse
from pgmason.formats.migration import (
    Entry,
    Format,
    History,
    Late,
    Migration,
    NewMigration,
    Transaction,
    WrittenFile,
    entries,
    few,
    read_text,
    refuse_escape,
)
from pgmason.formats.unbuilt import marker
from pgmason.formats.writing import file_name, number_after, refuse_down, terminated
from pgmason.names import printable

__all__ = ["FORMAT", "write_pair"]

# A file's name, never its text.
_PAIR = re.compile(r"(?P<version>[0-9]+)(?P<rest>.*)\.(?P<way>up|down)\.(?P<language>\w+)", re.ASCII | re.DOTALL)
_NUMBERED = re.compile(r"(?P<version>[0-9]+)[_-].+\.sql", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One half of a pair: `rest` is what follows the digits."""

    name: str
    version: int
    rest: str
    way: str
    language: str
    path: Path


def _looks_like(folder: Path) -> str | None:
    found = entries(folder)
    folders = _step_folders(found)
    ups = [file for file in _halves(found) if file.way == "up" and file.language == "sql"]
    seen = []
    if folders:
        seen.append(f"{len(folders)} folder{'' if len(folders) == 1 else 's'} with up.sql")
    if ups:
        seen.append(f"{len(ups)} .up.sql file{'' if len(ups) == 1 else 's'}")
    if not seen:
        numbered = _numbered(found)
        if numbered:
            seen.append(
                f"{len(numbered)} numbered .sql file{'' if len(numbered) == 1 else 's'}, and no other .sql file"
            )
    return " and ".join(seen) or None


def _read(folder: Path) -> History:
    found = entries(folder)
    for entry in found:
        # A link out of the checkout, or a dead one where a migration was, must not change the history silently.
        if entry.link and (entry.is_folder or (not entry.is_file and entry.name[:1].isdecimal())):
            refuse_escape(entry.path)
    folders = _step_folders(found)
    halves = _halves(found)
    if folders and any(file.language == "sql" for file in halves):
        raise WrongUse(
            f"holds two shapes at once, folders with up.sql ({folders[0].name}) and pairs ({halves[0].name}):"
            " their common order is anyone's guess",
            where=printable(str(folder)),
        )
    notes: list[str] = []
    if folders:
        migrations = _from_folders(found, folders, notes)
    elif any(file.language == "sql" for file in halves):
        migrations = _from_pairs(found, halves, notes)
    else:
        migrations = _from_numbered(folder, found, notes)
    without_down = [migration.name for migration in migrations if migration.down is None]
    if without_down:
        count = "no migration has a DOWN" if len(without_down) == len(migrations) else f"no DOWN: {few(without_down)}"
        notes.append(count)
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(migrations),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
    )


def _step_folders(found: Iterable[Entry]) -> list[Entry]:
    """Folders that hold an up.sql. Diesel passes over names that begin with a dot."""
    return [e for e in found if e.is_folder and not e.name.startswith(".") and e.has("up.sql")]


def _from_folders(found: tuple[Entry, ...], folders: list[Entry], notes: list[str]) -> list[Migration]:
    migrations = []
    for entry in folders:
        held = {inner.name: inner for inner in entries(entry.path)}
        migrations.append(
            Migration(
                name=entry.name,
                version=entry.name.split("_")[0].replace("-", ""),
                up=held["up.sql"].path,
                down=held["down.sql"].path if "down.sql" in held else None,
                transaction=_folder_transaction(held),
            )
        )
    migrations.sort(key=lambda migration: (migration.version, migration.name))
    # 1, 10, 2: right for diesel, and surely not meant. Timestamps of unequal precision are no such case.
    short = [m.version for m in migrations if m.version.isdecimal() and len(m.version) < 8]
    if short != sorted(short, key=int):
        notes.append(f"versions compare as text, as diesel compares them: {few(short, 12)}; pad them with zeros")
    known = {entry.name for entry in folders}
    others = [e.name for e in found if e.is_folder and not e.name.startswith(".") and e.name not in known]
    if others:
        notes.append(f"left out, no up.sql in it (diesel stops here): {few(others)}")
    _note_other_sql((e.name for e in found if e.is_file), notes)
    _note_shared_versions(migrations, notes)
    return migrations


def _folder_transaction(held: dict[str, Entry]) -> Transaction:
    """What diesel's `metadata.toml` says of this folder; a transaction where it says nothing."""
    if "metadata.toml" in held:
        file = held["metadata.toml"].path
        try:
            if tomllib.loads(read_text(file)).get("run_in_transaction") is False:
                return Transaction.WHOLE_FILE_IMPLICIT
        except tomllib.TOMLDecodeError as exc:
            raise WrongUse(f"is not TOML: {exc}", where=printable(str(file))) from exc
    return Transaction.FILE_IN_TRANSACTION


def _halves(found: Iterable[Entry]) -> list[_File]:
    """Files that say up or down and have a version, in any language, sorted by name."""
    return [
        _File(
            name=entry.name,
            version=int(match["version"]),
            rest=match["rest"],
            way=match["way"],
            language=match["language"],
            path=entry.path,
        )
        for entry in found
        if entry.is_file and (match := _PAIR.fullmatch(entry.name)) and len(match["version"]) <= 40
    ]


def _from_pairs(found: tuple[Entry, ...], halves: list[_File], notes: list[str]) -> list[Migration]:
    migrations = []
    lone_downs: list[str] = []
    for version in sorted({file.version for file in halves}):
        ups = [f for f in halves if f.version == version and f.way == "up" and f.language == "sql"]
        downs = {f.rest: f for f in halves if f.version == version and f.way == "down" and f.language == "sql"}
        partners = {up.name: downs.pop(up.rest) for up in ups if up.rest in downs}
        alone = [up for up in ups if up.name not in partners]
        if len(alone) == 1 and len(downs) == 1:
            # Runners pair by version; the names may differ.
            _, partners[alone[0].name] = downs.popitem()
            notes.append(f"paired by version, not by name: {alone[0].name} and {partners[alone[0].name].name}")
        lone_downs += [down.name for down in downs.values()]
        migrations += [
            Migration(
                name=up.name.removesuffix(".up.sql"),
                version=str(version),
                up=up.path,
                down=partners[up.name].path if up.name in partners else None,
                transaction=FORMAT.transaction,
            )
            for up in ups
        ]
    others = [file.name for file in halves if file.language != "sql"]
    if others:
        notes.append(
            f"NOT READ, {len(others)} step{'' if len(others) == 1 else 's'} not in SQL: {few(others)};"
            " what they do to the schema is missing here"
        )
    if lone_downs:
        notes.append(
            f"DOWN file without an UP: {few(lone_downs)}; where its UP is a step in another language,"
            " what that does to the schema is missing here"
        )
    _note_other_sql((e.name for e in found if e.is_file and not _PAIR.fullmatch(e.name)), notes)
    _note_shared_versions(migrations, notes)
    return migrations


def _numbered(found: Iterable[Entry]) -> list[Entry]:
    """The .sql files, where every one of them is NUMBER_name.sql; else none."""
    scripts = [entry for entry in found if entry.is_file and entry.name.endswith(".sql")]
    return scripts if all(_NUMBERED.fullmatch(entry.name) for entry in scripts) else []


def _from_numbered(folder: Path, found: tuple[Entry, ...], notes: list[str]) -> list[Migration]:
    scripts = _numbered(found)
    if not scripts and any(entry.name.endswith(".sql") for entry in found):
        raise WrongUse(
            "its .sql files are neither in folders with up.sql, nor NAME.up.sql, nor all NUMBER_name.sql:"
            " their order would be a guess",
            where=printable(str(folder)),
        )
    migrations = []
    for entry in scripts:
        seen = marker(entry.path)
        if seen is not None:
            raise Unsupported(
                f"holds UP and DOWN in one file ({seen[0]!r}, as {seen[1]} writes them): not read yet",
                where=printable(str(entry.path)),
            )
        version = str(int(re.split("[_-]", entry.name)[0]))
        name = entry.name.removesuffix(".sql")
        migrations.append(
            Migration(name=name, version=version, up=entry.path, down=None, transaction=FORMAT.transaction)
        )
    migrations.sort(key=lambda migration: (int(migration.version), migration.name))
    if migrations:
        notes.append("taken as plain UP files in the order of their numbers")
    _note_shared_versions(migrations, notes)
    return migrations


def _note_other_sql(names: Iterable[str], notes: list[str]) -> None:
    others = [name for name in names if name.endswith(".sql")]
    if others:
        notes.append(f"left out, no part of a migration by its name: {few(others)}")


def _note_shared_versions(migrations: list[Migration], notes: list[str]) -> None:
    by_version: dict[str, list[str]] = {}
    for migration in migrations:
        by_version.setdefault(migration.version, []).append(migration.name)
    for version, names in by_version.items():
        if len(names) > 1:
            notes.append(f"version {version} is shared, taken in the order of names: {few(names)}")


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    """In the shape of the last migration; pairs in a folder that is empty."""
    last = history.migrations[-1] if history.migrations else None
    if last is not None and last.up.name == "up.sql":
        return _write_folder(history, new)
    if last is None or last.up.name.endswith(".up.sql"):
        return write_pair(history, new)
    refuse_down(history, new)
    number = number_after(history, new, (re.split("[_-]", migration.name)[0] for migration in history.migrations))
    return (WrittenFile(path=history.folder / f"{number}_{file_name(new.name)}.sql", text=terminated(new.up)),)


def write_pair(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    """NUMBER_name.up.sql, and .down.sql where there is a DOWN. They go to the server as they are."""
    digits = (re.match("[0-9]*", migration.name) for migration in history.migrations)
    number = number_after(history, new, (match[0] for match in digits if match is not None))
    base = f"{number}_{file_name(new.name)}"
    files = [WrittenFile(path=history.folder / f"{base}.up.sql", text=terminated(new.up))]
    if new.down is not None:
        files.append(WrittenFile(path=history.folder / f"{base}.down.sql", text=terminated(new.down)))
    return tuple(files)


def _write_folder(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    """A folder named as diesel's `migration generate` names it, or in the manner of numbers that only count."""
    last = history.migrations[-1]
    counted = last.version.isdecimal() and len(last.version) < 8
    behind = str(int(last.version) + 1) if last.version.isdecimal() else f"{last.version}0"
    stamp = max(f"{new.at:%Y%m%d%H%M%S}", behind)
    if counted:
        stamp = behind.zfill(len(last.version))
    elif stamp.isdecimal() and len(stamp) == 14:
        stamp = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}-{stamp[8:]}"
    folder = history.folder / f"{stamp}_{file_name(new.name)}"
    files = [WrittenFile(path=folder / "up.sql", text=terminated(new.up))]
    if new.down is not None:
        files.append(WrittenFile(path=folder / "down.sql", text=terminated(new.down)))
    if new.alone:
        files.append(WrittenFile(path=folder / "metadata.toml", text="run_in_transaction = false\n"))
    return tuple(files)


FORMAT = Format(
    name="updown",
    looks_like=_looks_like,
    read=_read,
    # golang-migrate sends a file as it is. Diesel's folders say for themselves.
    transaction=Transaction.WHOLE_FILE_IMPLICIT,
    ledger_tables=("__diesel_schema_migrations", "schema_migrations", "_sqlx_migrations", "migrations_history"),
    write=_write,
    late=Late.UNKNOWN,
)
