"""Drizzle: SQL files in the order of `meta/_journal.json`, or, since version 1, folders with a `migration.sql` each.

Drizzle's migrator runs all that is pending in one transaction, a statement at a time; here each file has its own. The
journal is the order, whatever the names say, and a file that it does not list is not run. The migrator takes what is
younger (`when`) than the last one in its ledger: a step that was merged late and is older is passed over on a database
that has the later one, which is told. Source: drizzle-orm, src/migrator.ts and src/pg-core/dialect.ts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

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
from pgmason.formats.writing import file_name, refuse_down, terminated
from pgmason.names import printable

__all__ = ["FORMAT"]

SCRIPT = "migration.sql"
SNAPSHOT = "snapshot.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """One entry of the journal; `when` in milliseconds since 1970."""

    tag: str
    when: int


def _journal(folder: Path) -> Path:
    return folder / "meta" / "_journal.json"


def _has_journal(found: tuple[Entry, ...]) -> bool:
    return any(entry.name == "meta" and entry.is_folder and entry.has("_journal.json") for entry in found)


def _step_folders(found: tuple[Entry, ...]) -> list[Entry]:
    return [entry for entry in found if entry.is_folder and entry.has(SCRIPT)]


def _looks_like(folder: Path) -> str | None:
    found = entries(folder)
    if _has_journal(found):
        return "meta/_journal.json"
    first = next((entry for entry in _step_folders(found) if entry.has(SNAPSHOT)), None)
    return f"{first.name}/{SNAPSHOT}" if first is not None else None


def _read(folder: Path) -> History:
    found = entries(folder)
    notes: list[str] = []
    migrations = _from_journal(folder, found, notes) if _has_journal(found) else _from_folders(found, notes)
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(migrations),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
    )


def _from_journal(folder: Path, found: tuple[Entry, ...], notes: list[str]) -> list[Migration]:
    listed = _listed(_journal(folder))
    scripts = {entry.name: entry for entry in found if entry.is_file and entry.name.endswith(".sql")}
    migrations = []
    for one in listed:
        name = f"{one.tag}.sql"
        if name not in scripts:
            raise WrongUse(
                f"lists {one.tag!r}, and there is no {name}", where=printable(str(_journal(folder))),
                fix="Drizzle stops here: put the file back, or take the entry out",
            )  # fmt: skip
        migrations.append(
            Migration(
                name=one.tag,
                version=str(one.when),
                up=scripts.pop(name).path,
                down=None,
                transaction=FORMAT.transaction,
            )
        )
    latest = 0
    late: list[str] = []
    for one in listed:
        late += [one.tag] if one.when < latest else []
        latest = max(latest, one.when)
    if late:
        notes.append(f"older than a step before it: Drizzle passes it over where that one is deployed: {few(late)}")
    if scripts:
        notes.append(f"left out, not in meta/_journal.json: {few(sorted(scripts))}")
    return migrations


def _listed(journal: Path) -> list[_Listed]:
    where = printable(str(journal))
    try:
        document: Any = json.loads(read_text(journal))
        dialect = document.get("dialect")
        listed = [_Listed(tag=str(entry["tag"]), when=int(entry["when"])) for entry in document["entries"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise WrongUse("is not a journal of Drizzle's", where=where) from exc
    if dialect not in ("postgresql", "pg"):
        raise Unsupported(f"the migrations are for {dialect!r}; pgmason reads PostgreSQL", where=where)
    if any("/" in one.tag or one.tag.startswith(".") for one in listed):
        raise WrongUse("names a file outside its folder", where=where)
    return listed


def _from_folders(found: tuple[Entry, ...], notes: list[str]) -> list[Migration]:
    folders = _step_folders(found)
    for entry in folders:
        if entry.has(SNAPSHOT):
            _check_dialect(entry.path / SNAPSHOT)
    empty = [entry.name for entry in found if entry.is_folder and entry not in folders]
    if empty:
        notes.append(f"left out, no {SCRIPT} in it: {few(empty)}")
    return [
        Migration(
            name=entry.name,
            version=entry.name.partition("_")[0],
            up=entry.path / SCRIPT,
            down=None,
            transaction=FORMAT.transaction,
        )
        for entry in folders
    ]


def _check_dialect(snapshot: Path) -> None:
    try:
        document: Any = json.loads(read_text(snapshot))
        dialect = document.get("dialect") if isinstance(document, dict) else None
    except (ValueError, RecursionError) as exc:
        raise WrongUse("is not JSON", where=printable(str(snapshot))) from exc
    if dialect not in ("postgresql", "postgres", "pg", None):
        raise Unsupported(f"is for {dialect!r}; pgmason reads PostgreSQL", where=printable(str(snapshot)))


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    """The file, its entry in the journal, and the snapshot that goes with it, as `drizzle-kit generate --custom` does.

    The snapshot says the same as the one before it: what the SQL changes must be in the product's own schema.ts too.
    """
    refuse_down(history, new)
    journal = _journal(history.folder)
    if new.alone:
        raise WrongUse("Drizzle runs all in one transaction", where=printable(str(history.folder)))
    if not journal.is_file():
        raise Unsupported("a folder of Drizzle's without a journal is read, not written", where=str(history.folder))
    document: Any = json.loads(read_text(journal))
    listed = _listed(journal)
    index = max((int(entry.get("idx", 0)) for entry in document["entries"]), default=-1) + 1
    when = max(int(new.at.timestamp() * 1000), max((one.when for one in listed), default=0) + 1)
    tag = f"{index:04}_{file_name(new.name)}"
    entry = {"idx": index, "version": document.get("version", "7"), "when": when, "tag": tag, "breakpoints": True}
    document["entries"].append(entry)
    files = [
        WrittenFile(path=history.folder / f"{tag}.sql", text=_broken(new.up)),
        WrittenFile(path=journal, text=json.dumps(document, indent=2) + "\n"),
    ]
    before = history.folder / "meta" / f"{index - 1:04}_snapshot.json"
    if before.is_file():
        snapshot: Any = json.loads(read_text(before))
        snapshot["prevId"], snapshot["id"] = snapshot["id"], str(uuid5(NAMESPACE_URL, f"{snapshot['id']} {tag}"))
        path = history.folder / "meta" / f"{index:04}_snapshot.json"
        files.append(WrittenFile(path=path, text=json.dumps(snapshot, indent=2) + "\n"))
    return tuple(files)


def _broken(sql: str) -> str:
    """The statements with Drizzle's mark between them."""
    from pgmason.statements import read_script

    texts = [f"{statement.text.strip()};" for statement in read_script(sql).statements]
    return terminated("--> statement-breakpoint\n".join(texts))


FORMAT = Format(
    name="drizzle",
    looks_like=_looks_like,
    read=_read,
    transaction=Transaction.FILE_IN_TRANSACTION,
    ledger_tables=("__drizzle_migrations",),  # in the schema drizzle
    refines=("updown",),
    write=_write,
    late=Late.PASSED_OVER,
)
