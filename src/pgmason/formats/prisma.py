"""Prisma Migrate: a folder a migration, `migration.sql` in it, `migration_lock.toml` beside them.

Prisma applies folders in the order of their names as bytes sort, follows no symbolic link among them, and has no
DOWN of its own. A `down.sql` beside `migration.sql` is a DOWN by convention: Prisma's own guide has people write
one and run it with `prisma db execute`. Source: prisma-engines, `list_migrations`; Prisma's documentation,
"Generating down migrations".
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pgmason.errors import Unsupported, WrongUse
from pgmason.formats.migration import (
    Entry,
    Format,
    History,
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

LOCK = "migration_lock.toml"
SCRIPT = "migration.sql"
DOWN = "down.sql"


def _looks_like(folder: Path) -> str | None:
    found = entries(folder)
    lock = any(entry.name == LOCK and entry.is_file for entry in found)
    scripts = [entry for entry in found if entry.is_folder and entry.has(SCRIPT)]
    # Drizzle, too, keeps folders with a migration.sql, and a snapshot.json beside each.
    if not lock and (not scripts or any(entry.has("snapshot.json") for entry in scripts)):
        return None
    seen = f"{len(scripts)} folder{'' if len(scripts) == 1 else 's'} with {SCRIPT}"
    return f"{LOCK} and {seen}" if lock else seen


def _read(folder: Path) -> History:
    found = entries(folder)
    notes: list[str] = []
    _check_provider(found, notes)
    migrations: list[Migration] = []
    linked: list[str] = []
    empty: list[str] = []
    beside = [entry.name for entry in found if entry.is_file and entry.name.endswith(".sql")]
    for entry in found:
        if entry.link and not entry.is_file:
            linked.append(entry.name)
        if not entry.is_folder or entry.link:
            continue
        held = {inner.name: inner for inner in entries(entry.path)}
        if SCRIPT not in held:
            empty.append(entry.name)
            continue
        beside += [f"{entry.name}/{name}" for name in held if name.endswith(".sql") and name not in (SCRIPT, DOWN)]
        migrations.append(
            Migration(
                name=entry.name,
                version=entry.name,
                up=held[SCRIPT].path,
                down=held[DOWN].path if DOWN in held else None,
                transaction=FORMAT.transaction,
            )
        )
    if empty:
        notes.append(f"left out, no {SCRIPT} in it (Prisma stops here, error P3015): {few(empty)}")
    if linked:
        notes.append(f"left out, a symbolic link, which Prisma does not follow: {few(linked)}")
    if beside:
        notes.append(f"left out, Prisma does not run it: {few(beside)}")
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(migrations),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
    )


def _check_provider(found: tuple[Entry, ...], notes: list[str]) -> None:
    """Refuse migrations written for another database."""
    lock = next((entry.path for entry in found if entry.name == LOCK), None)
    if lock is None:
        notes.append(f"there is no {LOCK}: taken to be for PostgreSQL")
        return
    where = printable(str(lock))
    try:
        provider = tomllib.loads(read_text(lock)).get("provider")
    except tomllib.TOMLDecodeError as exc:
        raise WrongUse(f"is not TOML: {exc}", where=where) from exc
    if provider not in ("postgresql", "postgres"):
        raise Unsupported(f"the migrations are for {provider!r}; pgmason reads PostgreSQL", where=where)


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    """One folder. Prisma sends the file as it is, so what must be alone must be its only statement."""
    folder = history.folder / _next_name(history, new)
    files = [WrittenFile(path=folder / SCRIPT, text=terminated(new.up))]
    if new.down is not None:
        files.append(WrittenFile(path=folder / DOWN, text=terminated(new.down)))
    return tuple(files)


def _next_name(history: History, new: NewMigration) -> str:
    """In the manner of those before it: Prisma's moment, or the product's own count. Prisma orders folders by name as
    text, where 100_c stands before 99_b; behind such a name, or one without a number, the new one begins so too."""
    last = max((migration.name for migration in history.migrations), default="")
    found = (re.match("[0-9]+", migration.name) for migration in history.migrations)
    numbers = [match[0] for match in found if match is not None and int(match[0])]  # 0_init: Prisma's baseline
    number = number_after(history, new, numbers) if numbers else f"{new.at:%Y%m%d%H%M%S}"
    name = f"{number}_{file_name(new.name)}"
    return name if name > last else f"{last}_{file_name(new.name)}"


FORMAT = Format(
    name="prisma",
    looks_like=_looks_like,
    read=_read,
    # The engine sends a file as one simple query. From 7.4 the native engine is reported to split it so that each
    # statement commits alone (prisma-engines#5767); a file must be right under both.
    transaction=Transaction.WHOLE_FILE_IMPLICIT,
    ledger_tables=("_prisma_migrations",),
    write=_write,
)
