"""A folder of migrations, applied in order as its own runner would: `migrations:prisma/migrations`.

The format is found by looking, or named by the configuration through `read_migrations`. Where steps are programs, the
product's own tool runs them (`recorded.py`), and what it sent is applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pgmason.errors import PgmasonError
from pgmason.formats import History, Transaction, find_format, read_history
from pgmason.formats.migration import read_text
from pgmason.names import ObjectId
from pgmason.sources import Context, Reading, SourceKind
from pgmason.sources.sql import shown
from pgmason.sources.units import Frame, Unit

if TYPE_CHECKING:
    from pgmason.findings import Place
    from pgmason.sources.recorded import Recording

__all__ = ["SOURCE", "context_of_history", "read_migrations", "units_of_history", "up_line"]

_FRAME = {
    Transaction.WHOLE_FILE_IMPLICIT: Frame.WHOLE,
    Transaction.FILE_IN_TRANSACTION: Frame.TRANSACTION,
    Transaction.STATEMENT_BY_STATEMENT: Frame.STATEMENTS,
}


def read_migrations(
    folder: Path,
    context: Context,
    *,
    format: str | None = None,
    history: History | None = None,
    units: Sequence[Unit] | None = None,
) -> Reading:
    """The schema that a folder's history makes; `history` is that folder's, and `units` are its files, where they were
    read already.

    Raises as `read_source` does.
    """
    from pgmason.catalog.collector import without_collector
    from pgmason.sources.replay import replay

    history = history or read_history(folder, named=format)
    context = context_of_history(history, context)
    recording = _recording_of(history, context) if history.programs else None
    history = recording.history if recording is not None else history
    if recording is not None:
        units = recording.units
    elif units is None:
        units = units_of_history(history, context)
    with without_collector():  # thousands of parsed statements, and all of them stay until the end
        result = replay(units, context, again=True)
    total = len(history.migrations)
    applied = result.applied
    if recording is not None:  # its tool has applied all of them, now or when it was recorded
        applied = total if recording.fresh else 0
    return Reading(
        catalog=result.catalog,
        origin=f"{shown(folder, context)} ({history.format}, {total} migration{'s' if total != 1 else ''})",
        server=result.server,
        substitute=result.substitute,
        notes=tuple(
            dict.fromkeys((*history.notes, *(recording.notes if recording is not None else ()), *result.notes))
        ),
        applied=applied,
        reused=total - applied,
        places=_in_programs(result.places, history, context),
        history=history,
        tool_reach=recording.reach if recording is not None else None,
    )


def context_of_history(history: History, context: Context) -> Context:
    """The context with what the format itself says: Supabase's folder is for Supabase, whatever is configured."""
    if history.format == "supabase" and context.platform == "none":
        return replace(context, platform="supabase")
    return context


def units_of_history(history: History, context: Context) -> list[Unit]:
    """The migrations as they are applied, in their order. Where some are programs, their tool is run, or was."""
    if history.programs:
        return list(_recording_of(history, context).units)
    return [
        Unit(
            name=migration.name,
            file=shown(migration.up, context),
            text=migration.up_text(),
            frame=_FRAME[migration.transaction],
        )
        for migration in history.migrations
    ]


def _recording_of(history: History, context: Context) -> Recording:
    from pgmason.sources.recorded import recording_of  # only where steps are programs

    return recording_of(history, context)


def _in_programs(places: Mapping[ObjectId, Place], history: History, context: Context) -> Mapping[ObjectId, Place]:
    """Places in a program are at the start of its UP: the lines of what it sent are not its own."""
    from pgmason.findings import Place

    starts = {shown(one.up, context): up_line(one.up) for one in history.programs}
    return {
        identity: Place(file=place.file, line=starts[place.file]) if place.file in starts else place
        for identity, place in places.items()
    }


def up_line(file: Path) -> int:
    """The line where the UP of a program begins; 1 where that is not seen."""
    begins = (
        "def upgrade",
        "class Migration",
        "exports.up",
        "export const up",
        "export async function up",
        "export function up",
    )
    lines = read_text(file).split("\n")
    return next((number for number, line in enumerate(lines, start=1) if line.startswith(begins)), 1)


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
