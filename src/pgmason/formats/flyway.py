"""Flyway: `V<version>__name.sql`, `R__name.sql` after them, `U<version>__name.sql` as DOWN, `B<version>__name.sql`.

Folders below are read too. Versions are numbers between dots or underscores, compared part by part; trailing zeros do
not count. An empty database begins with the newest baseline (B) and what is newer. Repeatables run last, in the order
of their descriptions. A file runs in one transaction, unless a statement in it cannot, or its `.sql.conf` says
`executeInTransaction=false`. Placeholders (`${name}`) would be replaced before the SQL is sent: a file with one is
refused by name. Source: Flyway's documentation, "Migrations" and "Script configuration".
"""

from __future__ import annotations

import re
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
)
from pgmason.formats.writing import file_name, number_after, terminated
from pgmason.names import printable

__all__ = ["FORMAT"]

# A file's name, never its text.
_NAME = re.compile(r"(?P<kind>[VUB])(?P<version>[0-9][0-9._]*)__(?P<description>.+)\.(?P<language>\w+)", re.DOTALL)
_REPEATABLE = re.compile(r"R__(?P<description>.+)\.(?P<language>\w+)", re.DOTALL)
_DEEPEST = 8
_MOST_FOLDERS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A script. `kind` is V, U, B or R; `version` its parts without trailing zeros, () for R."""

    kind: str
    version: tuple[int, ...]
    description: str
    language: str
    entry: Entry


def _looks_like(folder: Path) -> str | None:
    direct = entries(folder)
    inner = (one for entry in direct if entry.is_folder and not entry.link for one in entries(entry.path))
    for found in (direct, inner):
        files = [file for entry in found if (file := _file(entry)) is not None and file.language == "sql"]
        if files:
            return f"{len(files)} file{'' if len(files) == 1 else 's'} named as {files[0].entry.name}"
    return None


def _read(folder: Path) -> History:
    notes: list[str] = []
    found = _all_entries(folder)
    files = [file for entry in found if (file := _file(entry)) is not None]
    configured = {entry.name.removesuffix(".conf") for entry in found if _without_transaction(entry)}
    programs = [file.entry.name for file in files if file.language in ("java", "kt", "groovy", "class")]
    scripts = [file for file in files if file.language == "sql"]
    versioned = _by_version(scripts, "V", folder)
    undo = _by_version(scripts, "U", folder)
    baselines = _by_version(scripts, "B", folder)
    if baselines:
        newest = max(baselines)
        before = [file.entry.name for version, file in versioned.items() if version <= newest]
        versioned = {version: file for version, file in versioned.items() if version > newest}
        versioned[newest] = baselines[newest]
        passed = f"; not run, older than it: {few(before)}" if before else ""
        notes.append(f"begins with the newest baseline, {baselines[newest].entry.name}{passed}")
    migrations = [
        _migration(file, _shown(version), undo.get(version) if file.kind == "V" else None, configured)
        for version, file in sorted(versioned.items())
    ]
    repeatable = sorted((file for file in scripts if file.kind == "R"), key=lambda file: file.description)
    migrations += [_migration(file, file.entry.name.removesuffix(".sql"), None, configured) for file in repeatable]
    if programs:
        notes.append(
            f"NOT READ, written in Java or its kin: {few(programs)}; what they do to the schema is missing here"
        )
    lone = [file.entry.name for version, file in undo.items() if version not in versioned]
    if lone:
        notes.append(f"undo without its migration: {few(lone)}")
    taken = {file.entry.path for file in scripts}
    others = [entry.name for entry in found if entry.name.endswith(".sql") and entry.path not in taken]
    if others:
        notes.append(f"left out, no migration by its name (callbacks run beside them): {few(others)}")
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(migrations),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
    )


def _all_entries(folder: Path) -> list[Entry]:
    """The files of the folder and of those below it, links to folders not followed."""
    files: list[Entry] = []
    waiting = [folder]
    for _ in range(_DEEPEST):
        level, waiting = waiting, []
        for one in level[:_MOST_FOLDERS]:
            for entry in entries(one):
                if entry.is_file:
                    files.append(entry)
                elif entry.is_folder and not entry.link:
                    waiting.append(entry.path)
        if not waiting:
            return files
    raise WrongUse(f"has folders more than {_DEEPEST} deep", where=printable(str(folder)))


def _file(entry: Entry) -> _File | None:
    match = _NAME.fullmatch(entry.name) if entry.is_file else None
    if match is not None:
        parts = [int(part) for part in re.split(r"[._]", match["version"]) if part]
        while len(parts) > 1 and parts[-1] == 0:
            parts.pop()
        return _File(
            kind=match["kind"],
            version=tuple(parts),
            description=match["description"],
            language=match["language"],
            entry=entry,
        )
    match = _REPEATABLE.fullmatch(entry.name) if entry.is_file else None
    if match is None:
        return None
    return _File(kind="R", version=(), description=match["description"], language=match["language"], entry=entry)


def _by_version(scripts: list[_File], kind: str, folder: Path) -> dict[tuple[int, ...], _File]:
    found: dict[tuple[int, ...], _File] = {}
    for file in scripts:
        if file.kind != kind:
            continue
        if file.version in found:
            raise WrongUse(
                f"version {_shown(file.version)} is shared by {found[file.version].entry.name} and {file.entry.name},"
                " and Flyway stops there",
                where=printable(str(folder)),
            )
        found[file.version] = file
    return found


def _shown(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def _migration(file: _File, version: str, undo: _File | None, configured: set[str]) -> Migration:
    for one in (file, undo):
        if one is not None:
            _refuse_placeholders(one.entry.path)
    return Migration(
        name=file.entry.name.removesuffix(".sql"),
        version=version,
        up=file.entry.path,
        down=undo.entry.path if undo is not None else None,
        transaction=Transaction.STATEMENT_BY_STATEMENT if file.entry.name in configured else FORMAT.transaction,
        repeated=file.kind == "R",
    )


def _without_transaction(entry: Entry) -> bool:
    """Whether a script's own configuration takes it out of its transaction."""
    if not entry.is_file or not entry.name.endswith(".sql.conf"):
        return False
    settings = (line.partition("=") for line in read_text(entry.path).splitlines())
    return any(name.strip() == "executeInTransaction" and value.strip() == "false" for name, _, value in settings)


def _refuse_placeholders(file: Path) -> None:
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        start = line.find("${")
        if start >= 0 and "}" in line[start:]:
            name = line[start : line.index("}", start) + 1]
            raise Unsupported(
                f"has the placeholder {name}, which Flyway replaces by a value that is not known here",
                where=f"{printable(str(file))}:{number}",
                fix="write the value there, or name another folder of migrations, in which placeholders are replaced",
            )


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    versions = [m.version for m in history.migrations if not m.version.startswith("R__")]
    whole = [version for version in versions if "." not in version]
    number = (
        number_after(history, new, whole) if whole or not versions else str(int(versions[-1].partition(".")[0]) + 1)
    )
    name = f"{number}__{file_name(new.name)}.sql"
    parts = [("V", new.up), *([("U", new.down)] if new.down is not None else [])]
    files = []
    for kind, sql in parts:
        files.append(WrittenFile(path=history.folder / f"{kind}{name}", text=terminated(sql)))
        if new.alone:
            conf = history.folder / f"{kind}{name}.conf"
            files.append(WrittenFile(path=conf, text="executeInTransaction=false\n"))
    return tuple(files)


FORMAT = Format(
    name="flyway",
    looks_like=_looks_like,
    read=_read,
    transaction=Transaction.FILE_IN_TRANSACTION,
    ledger_tables=("flyway_schema_history",),
    write=_write,
    late=Late.REFUSED,
)
