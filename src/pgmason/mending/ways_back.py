"""Which statements of a migration's DOWN go into which of the files that the migration was cut into?

A safe step brings its own undo. What the old DOWN did about a statement that gave way to steps is done by those, unless
a statement that stayed touches the same; each other statement of it goes to the last file whose statements touch what
it touches, the first file where none does. What the old DOWN undid only by the way (a key of a table that it drops) is
undone in its own file where it is simple: an index, a constraint, a column. The order within a file is the DOWN's own.
Pure: whether each DOWN brings back the state before its file is proven, not believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pgmason.catalog.keywords import identifier
from pgmason.effects.model import Effect, ObjectChange, Verb
from pgmason.mending.pieces import Piece
from pgmason.names import ObjectId
from pgmason.remedies.indexes import qualified
from pgmason.statements import sets

__all__ = ["ways_back"]


def ways_back(
    pieces: Sequence[Piece],
    ups: Sequence[Effect],
    downs: Sequence[Effect],
    replaced: Mapping[int, ObjectId],
    *,
    steps_first: bool = True,
) -> tuple[str, ...]:
    """A DOWN for each piece, "" for one that needs none. Where a file has steps and the author's statements, the undo
    of the steps comes first; or last, for a statement that leans on what a step made.

    `ups` are the effects of the migration's statements, `downs` those of its DOWN's, in order; `replaced` the object
    of each statement, by its number from 0, that gave way to safe steps.
    """
    kept = {item.number for piece in pieces for item in piece.items if item.authors}
    covered = set(replaced.values()).union(*(_objects(ups[number].objects) for number in replaced))
    covered -= {one for number in kept for one in _objects(ups[number].objects)}
    undone = {change.object for effect in downs for change in effect.objects if not change.implied}
    of_piece: dict[int, list[str]] = {}
    settings: list[str] = []
    for effect in downs:
        if sets(effect.statement) is not None:
            settings.append(f"{effect.statement.text};\n")
            continue
        told = [change for change in effect.objects if not change.implied]
        if told and all(change.object in covered for change in told):
            continue  # the steps undo it themselves
        mine = _piece_of(effect, pieces, ups, covered)
        of_piece.setdefault(mine, []).append(f"{effect.statement.text};\n")
    by_the_way = {
        item.number: simple
        for piece in pieces[1:]
        for item in piece.items
        if item.authors and (simple := _simple_undo(ups[item.number], undone))
    }
    return tuple(
        _way_back(piece, of_piece.get(number, []), settings, by_the_way, steps_first=steps_first)
        for number, piece in enumerate(pieces)
    )


def _way_back(
    piece: Piece,
    statements: Sequence[str],
    settings: Sequence[str],
    by_the_way: Mapping[int, Sequence[str]],
    *,
    steps_first: bool,
) -> str:
    steps: list[str] = []
    for item in reversed(piece.items):
        if item.undo is not None:
            steps += [f"{statement};\n" for statement in item.undo]
        else:
            steps += by_the_way.get(item.number, ())
    written = [*steps, *statements] if steps_first else [*statements, *steps]
    return "".join([*settings, *written] if statements else written)


def _simple_undo(effect: Effect, undone: set[ObjectId]) -> list[str]:
    """What drops the indexes, constraints and columns that a statement made; [] where it did more, or the DOWN names
    them."""
    written = []
    for change in effect.objects:
        made, table = change.object, qualified(change.object.path[:2])
        if change.implied:
            continue
        if change.verb is not Verb.CREATED or made in undone:
            return []
        if made.kind == "index":
            written.append(f"DROP INDEX {qualified(made.path)};\n")
        elif made.kind in ("check", "foreign key", "unique", "primary key", "exclusion constraint"):
            written.append(f"ALTER TABLE {table} DROP CONSTRAINT {identifier(made.own_name)};\n")
        elif made.kind == "column":
            written.append(f"ALTER TABLE {table} DROP COLUMN {identifier(made.own_name)};\n")
        else:
            return []
    return written


def _piece_of(effect: Effect, pieces: Sequence[Piece], ups: Sequence[Effect], covered: set[ObjectId]) -> int:
    """The last piece with a statement of the author's that touches the same object; else the same relation."""
    for touched in (_objects, _relations):
        mine = touched(effect.objects) - covered
        for number in range(len(pieces) - 1, -1, -1):
            for item in pieces[number].items:
                if item.authors and touched(ups[item.number].objects) & mine:
                    return number
    return next((number for number, piece in enumerate(pieces) if any(item.authors for item in piece.items)), 0)


def _objects(changes: Sequence[ObjectChange]) -> set[ObjectId]:
    return {one for change in changes if not change.implied for one in (change.object, change.now) if one is not None}


def _relations(changes: Sequence[ObjectChange]) -> set[ObjectId]:
    return {change.of for change in changes if change.of is not None} | _objects(changes)
