"""How do the files of a migration that was cut look in its format?

The first piece keeps the migration's own name and files, so that whoever applied it on a desk sees an edit of it; each
other one is a new migration right behind, as the format names and marks it. A format that keeps more than these files
(a journal, snapshots, programs) is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pgmason.errors import Unsupported
from pgmason.formats import Format, History
from pgmason.formats.migration import Migration, NewMigration, WrittenFile

__all__ = ["follower", "in_place", "refuse_format"]

# Why a format's files are not rewritten here.
_REFUSED: Mapping[str, str] = {
    "alembic": "its migrations are Python; the finding has the statements for op.execute",
    "django": "its migrations are Python; the finding has the statements for RunSQL, with atomic = False where alone",
    "drizzle": "drizzle-kit keeps a journal and snapshots beside the SQL, and rewrites them itself",
    "node-pg-migrate": "what leaves the transaction there is said in a program (pgm.noTransaction())",
}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # so that a format numbers from the migration before it, not by the clock


def refuse_format(format: str) -> None:
    """Raise Unsupported for a format whose files are not rewritten."""
    if format in _REFUSED:
        raise Unsupported(f"--fix does not write {format}: {_REFUSED[format]}")


def in_place(
    format: Format, history: History, migration: Migration, up: str, down: str | None, *, alone: bool
) -> tuple[WrittenFile, ...]:
    """The files of the migration itself with another content. Raises as `Format.write` does."""
    if format.write is None:
        raise Unsupported(f"this version of pgmason only reads {format.name}")
    new = NewMigration(name="own", at=_LONG_AGO, up=up, down=down, alone=alone)
    return tuple(
        WrittenFile(path=_own(migration, history.folder, file.path), text=file.text)
        for file in format.write(history, new)
    )


def follower(
    format: Format, history: History, migration: Migration, number: int, up: str, down: str | None, *, alone: bool
) -> tuple[WrittenFile, ...]:
    """The files of a new migration behind the last one of `history`; `number` tells it apart from its siblings."""
    if format.write is None:
        raise Unsupported(f"this version of pgmason only reads {format.name}")
    words = re.sub(r"^[VvUu]?[0-9][0-9._-]*_*", "", migration.name) or "migration"  # a file's name, never its text
    new = NewMigration(name=f"{words}_{number}", at=_LONG_AGO, up=up, down=down, alone=alone)
    beside = migration.up.parent  # a format that looks into folders below has it there
    return tuple(
        WrittenFile(path=beside / file.path.name, text=file.text) if file.path.parent == history.folder else file
        for file in format.write(history, new)
    )


def _own(migration: Migration, folder: Path, written: Path) -> Path:
    """The migration's own file in place of one that the format named anew."""
    if written.parent != folder:  # a folder for each migration
        return migration.up.parent / written.name
    if written.name.endswith(".conf"):
        return _own(migration, folder, written.with_suffix("")).with_name(
            _own(migration, folder, written.with_suffix("")).name + ".conf"
        )
    if written.name.endswith(".down.sql"):
        return migration.down or migration.up.with_name(migration.up.name.removesuffix(".up.sql") + ".down.sql")
    if migration.up.name.startswith("V") and written.name.startswith("U"):
        return migration.down or migration.up.with_name("U" + migration.up.name[1:])
    return migration.up
