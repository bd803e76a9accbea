"""Supabase: `supabase/migrations/<timestamp>_name.sql`, UP alone.

The CLI sends a file's statements in one batch, which the server runs as one implicit transaction, in the order of the
files' names. It passes over names without a number, and over a first `<timestamp>_init.sql` from before 9 December
2021. It knows no DOWN. Source: supabase/cli, pkg/migration/file.go and list.go.
"""

from __future__ import annotations

import re
from pathlib import Path

from pgmason.formats.migration import (
    Format,
    History,
    Late,
    Migration,
    NewMigration,
    Transaction,
    WrittenFile,
    entries,
    few,
)
from pgmason.formats.writing import file_name, number_after_as_text, refuse_down, terminated

__all__ = ["FORMAT"]

_NAME = re.compile(r"(?P<version>[0-9]+)_(?P<name>.*)\.sql", re.ASCII | re.DOTALL)
_OLD_INIT = re.compile(r"(?P<version>[0-9]{14})_init\.sql", re.ASCII)


def _looks_like(folder: Path) -> str | None:
    if folder.absolute().parts[-2:] != ("supabase", "migrations"):
        return None
    scripts = [entry for entry in entries(folder) if entry.is_file and _NAME.fullmatch(entry.name)]
    return f"supabase/migrations, {len(scripts)} .sql file{'' if len(scripts) == 1 else 's'}" if scripts else None


def _read(folder: Path) -> History:
    found = entries(folder)
    migrations = []
    skipped: list[str] = []
    for number, entry in enumerate(found):
        match = _NAME.fullmatch(entry.name) if entry.is_file else None
        old = _OLD_INIT.fullmatch(entry.name) if number == 0 else None
        if match is None or (old is not None and int(old["version"]) < 20211209000000):
            skipped += [entry.name] if entry.is_file and entry.name.endswith(".sql") else []
            continue
        migrations.append(
            Migration(
                name=entry.name.removesuffix(".sql"),
                version=match["version"],
                up=entry.path,
                down=None,
                transaction=FORMAT.transaction,
            )
        )
    notes = [f"left out, as the Supabase CLI leaves it out: {few(skipped)}"] if skipped else []
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(migrations),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
    )


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    refuse_down(history, new)
    number = number_after_as_text(history, new)
    path = history.folder / f"{number}_{file_name(new.name)}.sql"
    return (WrittenFile(path=path, text=terminated(new.up)),)


FORMAT = Format(
    name="supabase",
    looks_like=_looks_like,
    read=_read,
    transaction=Transaction.WHOLE_FILE_IMPLICIT,
    ledger_tables=("schema_migrations", "seed_files"),  # in the schema supabase_migrations
    refines=("updown",),
    write=_write,
    late=Late.REFUSED,
)
