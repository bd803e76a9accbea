"""A folder of migrations, applied in order as its own runner would: `migrations:prisma/migrations`.

The format is found by looking, or named by the configuration through `read_migrations`.
"""

from __future__ import annotations

from pathlib import Path

from pgmason.catalog.collector import without_collector
from pgmason.errors import PgmasonError
from pgmason.formats import History, Transaction, find_format, read_history
from pgmason.sources import Context, Reading, SourceKind
from pgmason.sources.replay import replay
from pgmason.sources.sql import shown
from pgmason.sources.units import Frame, Unit

__all__ = ["SOURCE", "read_migrations", "units_of_history"]

_FRAME = {
    Transaction.WHOLE_FILE_IMPLICIT: Frame.WHOLE,
    Transaction.FILE_IN_TRANSACTION: Frame.TRANSACTION,
    Transaction.STATEMENT_BY_STATEMENT: Frame.STATEMENTS,
}


def read_migrations(folder: Path, context: Context, *, format: str | None = None) -> Reading:
    """The schema that a folder's history makes. Raises as `read_source` does."""
    history = read_history(folder, named=format)
    units = units_of_history(history, context)
    with without_collector():  # thousands of parsed statements, and all of them stay until the end
        result = replay(units, context)
    count = f"{len(units)} migration{'s' if len(units) != 1 else ''}"
    return Reading(
        catalog=result.catalog,
        origin=f"{shown(folder, context)} ({history.format}, {count})",
        server=result.server,
        substitute=result.substitute,
        notes=(*history.notes, *result.notes),
        applied=result.applied,
        reused=result.reused,
        places=result.places,
        history=history,
    )


def units_of_history(history: History, context: Context) -> list[Unit]:
    """The migrations as they are applied, in their order."""
    return [
        Unit(
            name=migration.name,
            file=shown(migration.up, context),
            text=migration.up_text(),
            frame=_FRAME[migration.transaction],
        )
        for migration in history.migrations
    ]


def _read(rest: str, context: Context) -> Reading:
    return read_migrations(context.base / rest, context)


def _claims(path: Path) -> bool:
    if not path.is_dir():
        return False
    try:
        find_format(path)
    except PgmasonError:
        return False
    return True


SOURCE = SourceKind(prefix="migrations", example="migrations:prisma/migrations", read=_read, claims=_claims)
