"""On which state is a file traced, and in which frame?

A file that is itself a step of a history (or one of the SQL files of a source) is traced on what stands before it
there, its DOWN on what it makes; any other file on the whole of the source. What a source makes is a template that
`sources/replay.py` keeps; where it is there, nothing but the traced file is parsed and run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pgmason.code import code_mark
from pgmason.effects.witness import FirstSight, put_under_watch
from pgmason.errors import Unsupported
from pgmason.formats import History, read_history
from pgmason.formats.migration import read_text
from pgmason.postgres.home import home
from pgmason.samples import Filled, RowMaker, Wanted
from pgmason.sources import Context, read_source
from pgmason.sources.migrations import SOURCE as MIGRATIONS
from pgmason.sources.migrations import units_of_history
from pgmason.sources.replay import KeptTemplate, kept_template, replay
from pgmason.sources.sql import shown, units_of_files
from pgmason.sources.units import Frame, Unit

if TYPE_CHECKING:
    from pgmason.postgres.scratch import Scratch
    from pgmason.postgres.server import Server

__all__ = ["Before", "Clone", "before", "clone_of"]

KEPT_ROWS = 1_000  # a state with more rows in each table is not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What is applied first, in words and as units; and the file as a unit, in the frame of its runner."""

    units: tuple[Unit, ...]
    origin: str
    unit: Unit
    notes: tuple[str, ...] = ()


def before(file: Path, source: str, context: Context, *, format: str | None = None) -> Before:
    """The state before a file on a SOURCE. Raises WrongUse where the file or the source cannot be read.

    `format` names the format of a folder of migrations where the configuration says it.
    """
    prefix, colon, rest = source.partition(":")
    prefix = prefix if colon else ""  # a bare path may be called "migrations"
    folder = context.base / (rest if prefix == "migrations" else source)
    if prefix == "migrations" or (folder.exists() and MIGRATIONS.claims(folder)):
        return _in_history(file, read_history(folder, named=format), context)
    if prefix == "sql" or (folder.is_file() and folder.suffix == ".sql"):
        return _among_files(file, rest if prefix == "sql" else source, context)
    unit = _own_unit(file, context)
    if source == "empty":
        return Before(units=(), origin="an empty database", unit=unit)
    from pgmason.catalog.script import script_of

    reading = read_source(source, context)
    schema = Unit(
        name="schema",
        file=f"the schema of {reading.origin}",
        text=script_of(reading.catalog),
        frame=Frame.STATEMENTS,
    )
    return Before(units=(schema,), origin=reading.origin, unit=unit, notes=reading.notes)


def _own_unit(file: Path, context: Context, frame: Frame = Frame.STATEMENTS) -> Unit:
    return Unit(name=file.name, file=shown(file.resolve(), context), text=read_text(file), frame=frame)


def _in_history(file: Path, history: History, context: Context) -> Before:
    name = shown(history.folder, context)
    target = file.resolve()
    for position, migration in enumerate(history.migrations):
        is_up = _same(migration.up, target)
        if not is_up and (migration.down is None or not _same(migration.down, target)):
            continue
        count = position if is_up else position + 1
        units = units_of_history(_first(history, position + 1), context)
        unit = units[-1]
        if not is_up:
            text = migration.down_text()
            if text is None:
                raise Unsupported("holds no DOWN", where=shown(file, context))
            unit = Unit(name=f"{migration.name} (down)", file=shown(target, context), text=text, frame=unit.frame)
        return Before(
            units=tuple(units[:count]),
            origin=f"{_counted(count)} before it in {name}" if is_up else f"{name} up to {migration.name}",
            unit=unit,
            notes=history.notes,
        )
    units = units_of_history(history, context)
    frame = units[-1].frame if units else Frame.STATEMENTS
    return Before(
        units=tuple(units),
        origin=f"{name} ({history.format}, {_counted(len(units))})",
        unit=_own_unit(file, context, frame),
        notes=history.notes,
    )


def _same(path: Path, target: Path) -> bool:
    """Whether a step's file is the target, already resolved; resolving hundreds of others takes longer than a trace."""
    return path.name == target.name and path.parent.name == target.parent.name and path.resolve() == target


def _counted(count: int) -> str:
    return f"{count} {'migration' if count == 1 else 'migrations'}"


def _first(history: History, count: int) -> History:
    return History(
        format=history.format,
        folder=history.folder,
        migrations=history.migrations[:count],
        notes=history.notes,
        ledger_tables=history.ledger_tables,
    )


def _among_files(file: Path, pattern: str, context: Context) -> Before:
    units = units_of_files(pattern, context)
    own = _own_unit(file, context)
    position = next((number for number, unit in enumerate(units) if unit.file == own.file), len(units))
    return Before(units=tuple(units[:position]), origin=f"sql {pattern} ({position} files before it)", unit=own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """A scratch database in the state before a file: what stood in on the way, and what rows it holds, in words.

    `sight` is what is known of it where it is under watch already.
    """

    scratch: Scratch
    notes: tuple[str, ...]
    rows: str
    sight: FirstSight | None = None


@contextmanager
def clone_of(
    server: Server,
    units: tuple[Unit, ...],
    context: Context,
    *,
    wanted: Wanted | None = None,
    maker: RowMaker | None = None,
) -> Iterator[Clone]:
    """A scratch database in the state that the units make, with the rows that are wanted in every table.

    `maker` makes them, `samples.making.fill_tables` unless another is given. Its state with the rows, under watch, is
    kept as a template, too, unless they are many.
    """
    from pgmason.postgres.scratch import has_template, scratch_database

    if not units:
        with scratch_database(server) as scratch:
            yield Clone(scratch=scratch, notes=(), rows="")
        return
    kept = kept_template(units, context)
    filled = _filled_digest(kept.digest, wanted) if kept is not None and wanted is not None else None
    memory = _recall(filled) if filled is not None and maker is None else None
    there = [filled] if filled is not None and memory is not None else []
    hit = has_template(server, [*there, kept.digest]) if kept is not None else None
    if kept is None or hit is None:
        made = replay(units, context, anew=True)
        kept = KeptTemplate(digest=made.template, notes=made.notes)
        filled = None if wanted is None else _filled_digest(kept.digest, wanted)
    elif memory is not None and hit == filled:
        with scratch_database(server, template=hit, again=True) as scratch:
            yield Clone(
                scratch=scratch, notes=(*kept.notes, *memory.words[1:]), rows=memory.words[0], sight=memory.sight
            )
        return
    if wanted is None or filled is None:
        with scratch_database(server, template=kept.digest, again=True) as scratch:
            yield Clone(scratch=scratch, notes=kept.notes, rows="")
        return
    from pgmason.samples.making import fill_tables

    with scratch_database(server, template=kept.digest) as scratch:
        with scratch.session() as session:
            words = _told((maker or fill_tables)(session, wanted), wanted)
        sight = None
        if maker is None and wanted.rows <= KEPT_ROWS and not wanted.of:
            sight = put_under_watch(scratch)
            scratch.save(filled)
            _remember(filled, _Memory(words=words, sight=sight))
        yield Clone(scratch=scratch, notes=(*kept.notes, *words[1:]), rows=words[0], sight=sight)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What is told of a template with rows: `words` about them, the first line first, and what was seen of it."""

    words: tuple[str, ...]
    sight: FirstSight


def _filled_digest(template: str, wanted: Wanted) -> str:
    return hashlib.sha256(f"{template}:{wanted.rows} rows:{code_mark()}".encode()).hexdigest()


def _memory_file(digest: str) -> Path:
    return home() / "readings" / f"{digest[:40]}.rows.json"


def _recall(digest: str) -> _Memory | None:
    try:
        found = json.loads(_memory_file(digest).read_text(encoding="utf-8"))
        sight = FirstSight(states=found["states"], last_note=found["last_note"])
        return _Memory(words=tuple(found["words"]), sight=sight)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(digest: str, memory: _Memory) -> None:
    from pgmason.evidence import write_whole

    content = {"words": memory.words, "last_note": memory.sight.last_note, "states": memory.sight.states}
    with suppress(OSError):  # a cache that cannot be written costs time only
        write_whole(_memory_file(digest), json.dumps(content))


def _told(filled: Filled, wanted: Wanted) -> tuple[str, ...]:
    """What the tables hold, in words, and a note for each that is not as wanted."""
    full = [table for table in filled.tables if table.note is None]
    count = f"{wanted.rows:,} {'row' if wanted.rows == 1 else 'rows'} in each of {len(full)} tables"
    others = [*(table for table in filled.tables if table.note is not None), *filled.unfilled]
    return (count, *(f"rows of {table}" for table in others))
