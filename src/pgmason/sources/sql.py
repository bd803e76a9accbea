"""SQL files, applied in the order of their names: `sql:db/schema/*.sql`, or one file."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from pgmason.errors import UnknownSource
from pgmason.formats.migration import read_text
from pgmason.sources import Context, Reading, SourceKind
from pgmason.sources.units import Frame, Unit

__all__ = ["SOURCE", "shown", "units_of_files"]


def shown(path: Path, context: Context) -> str:
    """A path as messages show it: from the repository's root where it lies there."""
    text = str(path)
    if text.startswith(f"{context.root}/") and "/../" not in text:  # of hundreds of files, nearly every one
        return text[len(str(context.root)) + 1 :]
    within = os.path.relpath(path, context.root)
    return str(path) if within.startswith("..") else Path(within).as_posix()


def _files(rest: str, context: Context) -> list[Path]:
    pattern = str(context.base / rest)
    exact = Path(pattern)
    if exact.is_dir():
        pattern = f"{glob.escape(pattern)}/*.sql"
    found = [exact] if exact.is_file() else sorted(Path(path) for path in glob.glob(pattern, recursive=True))
    return [path for path in found if path.is_file()]


def units_of_files(rest: str, context: Context) -> list[Unit]:
    """The files that a pattern names, in the order of their names. Raises UnknownSource where it names none."""
    files = _files(rest, context)
    if not files:
        raise UnknownSource("matches no file", where=f"sql:{rest}")
    return [
        Unit(name=path.name, file=shown(path, context), text=read_text(path), frame=Frame.STATEMENTS) for path in files
    ]


def _read(rest: str, context: Context) -> Reading:
    from pgmason.sources.replay import replay

    units = units_of_files(rest, context)
    result = replay(units, context)
    count = f"{len(units)} file{'s' if len(units) != 1 else ''}"
    return Reading(
        catalog=result.catalog,
        origin=f"sql {rest} ({count})",
        server=result.server,
        substitute=result.substitute,
        notes=result.notes,
        applied=result.applied,
        reused=result.reused,
        places=result.places,
    )


def _claims(path: Path) -> bool:
    return path.is_file() and path.suffix == ".sql"


SOURCE = SourceKind(prefix="sql", example="sql:db/*.sql", read=_read, claims=_claims, files=_files)
