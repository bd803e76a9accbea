"""Which tables belong into one picture?

The division is a function of the schema alone, and it is local: what is decided about a table rests on its own
foreign keys and on its surroundings, so that one more table changes the picture it goes to and few others.

1. All tables in one picture, where they fit.
2. Else each schema by itself, and in it each set of tables that foreign keys connect.
3. A set that does not fit becomes a forest: each table hangs on the one table that it belongs to most. From the
   leaves upwards, a branch that has grown too large for its picture is cut off and named after its root.
4. Small sets, and tables on their own, are put together in the order of their names. Where one picture ends is told
   by a hash of the name at its end, so that the ends stay where they are when a name comes or goes.

A picture holds its own tables and, as its border, those that its own refer to; both count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pgmason.docs.model import Path, Reference

__all__ = ["MAX_TABLES", "Group", "groups_of"]

MAX_TABLES = 40
# Fewer are easier to read; a set that foreign keys connect may fill the picture up to MAX_TABLES.
_COMFORTABLE = 26
# A branch with fewer tables is not cut off while others are; what is left with fewer than _ALONE is put together.
_SMALL = 6
_ALONE = 4
# About one name in so many ends a picture of small sets that has _SMALL tables already.
_ENDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Tables of one picture, sorted. `around` is the table that it is named after, and None where it has none:
    for all tables of the database, or (with `apart`) for small sets put together."""

    tables: tuple[Path, ...]
    around: Path | None
    apart: bool = False


def groups_of(tables: Sequence[Path], references: Iterable[Reference]) -> tuple[Group, ...]:
    """The tables divided: each is in exactly one group, and no group with its border is over MAX_TABLES, unless
    a single table refers to more than that. Sorted by name, the small sets behind the others."""
    links = _Links(references)
    if links.size(tables) <= MAX_TABLES:
        return (Group(tables=tuple(sorted(tables)), around=None),) if tables else ()
    large: list[Group] = []
    small: dict[Path, list[Path]] = {}
    for schema in sorted({path[0] for path in tables}):
        for piece in _pieces([path for path in sorted(tables) if path[0] == schema], links):
            if len(piece.tables) < _ALONE:
                small[min(piece.tables)] = piece.tables
            else:
                around = piece.hub or _hub(piece.tables, links)
                large.append(Group(tables=tuple(sorted(piece.tables)), around=around))
    return (
        *sorted(large, key=lambda group: (group.around or (), group.tables)),
        *(Group(tables=tuple(sorted(pack)), around=None, apart=True) for pack in _packs(small, links)),
    )


class _Links:
    """Foreign keys by the table that holds them; those from a table to itself left out."""

    def __init__(self, references: Iterable[Reference]) -> None:
        self.out: dict[Path, list[Reference]] = {}
        self.referred: dict[Path, set[Path]] = {}
        for reference in references:
            if reference.child != reference.parent:
                self.out.setdefault(reference.child, []).append(reference)
                self.referred.setdefault(reference.parent, set()).add(reference.child)

    def size(self, tables: Iterable[Path]) -> int:
        """How many tables the picture of `tables` shows: they and their border."""
        shown = set(tables)
        for path in tuple(shown):
            shown.update(reference.parent for reference in self.out.get(path, ()))
        return len(shown)


@dataclass(slots=True)
class _Piece:
    """Tables cut off together. `hub` is the table outside that they surround, where they surround one."""

    tables: list[Path]
    hub: Path | None = None


def _pieces(tables: Sequence[Path], links: _Links) -> Iterator[_Piece]:
    """The tables of one schema, connected sets apart, those that do not fit cut."""
    for component in _components(tables, links):
        if links.size(component) <= MAX_TABLES:
            yield _Piece(tables=component)
        else:
            yield from _cut(component, links)


def _components(tables: Sequence[Path], links: _Links) -> list[list[Path]]:
    """The sets of tables that foreign keys among them connect."""
    leader = {path: path for path in tables}

    def find(path: Path) -> Path:
        while leader[path] != path:
            leader[path] = leader[leader[path]]
            path = leader[path]
        return path

    for path in tables:
        for reference in links.out.get(path, ()):
            if reference.parent in leader:
                first, second = sorted((find(path), find(reference.parent)))
                leader[second] = first
    members: dict[Path, list[Path]] = {}
    for path in tables:
        members.setdefault(find(path), []).append(path)
    return [members[path] for path in sorted(members)]


def _hub(tables: Iterable[Path], links: _Links) -> Path:
    """The table that most others of these refer to."""
    among = set(tables)
    return min(among, key=lambda path: (-len(links.referred.get(path, set()) & among), path))


def _cut(component: Sequence[Path], links: _Links) -> list[_Piece]:
    """The pieces of a component; together they are the whole."""
    holders = _holders(component, links)
    below: dict[Path | None, list[Path]] = {}
    for path in component:
        below.setdefault(holders[path], []).append(path)
    pieces: list[_Piece] = []
    rest: dict[Path, list[Path]] = {}  # what hangs on a table and was not cut off, it included
    for path in _leaves_first(below):
        branches = {child: rest.pop(child) for child in below.get(path, ())}
        rest[path] = [path, *_fitting(path, branches, links, pieces)]
    for root in below[None]:
        around = next((piece for piece in pieces if piece.hub == root), None)
        if around is not None and len(rest[root]) < _ALONE:
            around.tables += rest[root]  # it is at their border anyhow
        else:
            pieces.append(_Piece(tables=rest[root]))
    return pieces


def _fitting(path: Path, branches: dict[Path, list[Path]], links: _Links, cut: list[_Piece]) -> list[Path]:
    """The tables of the branches that stay with `path`; the others are added to `cut`."""
    while links.size([path, *_together(branches)]) > _COMFORTABLE and branches:
        largest = max(branches, key=lambda child: (len(branches[child]), child))
        if len(branches[largest]) >= _SMALL:
            cut.append(_Piece(tables=branches.pop(largest)))
            continue
        # nothing but small branches: a hub and what surrounds it
        *packs, last = _packs(branches, links)
        cut += [_Piece(tables=pack, hub=path) for pack in packs]
        if len(last) < _SMALL:
            return last
        cut.append(_Piece(tables=last, hub=path))
        return []
    return _together(branches)


def _together(branches: Mapping[Path, Sequence[Path]]) -> list[Path]:
    return [member for branch in branches.values() for member in branch]


def _holders(component: Sequence[Path], links: _Links) -> Mapping[Path, Path | None]:
    """For each table the one that it belongs to most, None for roots; following them never comes round."""
    among = set(component)
    holders: dict[Path, Path | None] = {}
    for path in component:
        candidates = [one for one in links.out.get(path, ()) if one.parent in among and _may_hold(one, links)]
        best = min(candidates, key=lambda reference: _distance(reference, links), default=None)
        holders[path] = best.parent if best else None
    for path in component:
        seen: list[Path] = []
        at: Path | None = path
        while at is not None and at not in seen:
            seen.append(at)
            at = holders[at]
        if at is not None:  # came round: the most referred-to table of the circle becomes a root
            circle = seen[seen.index(at) :]
            holders[min(circle, key=lambda one: (-len(links.referred.get(one, ())), one))] = None
    return holders


def _may_hold(reference: Reference, links: _Links) -> bool:
    """Whether a table may hang on another: not where it can do without, and more others refer to it than to that."""
    return reference.mandatory or _weight(reference.parent, links) >= _weight(reference.child, links)


def _weight(path: Path, links: _Links) -> int:
    """How many tables refer to it, in powers of two, so that one more rarely matters."""
    return len(links.referred.get(path, ())).bit_length()


def _distance(reference: Reference, links: _Links) -> tuple[bool, bool, bool, int, Path]:
    """How loosely a table belongs to another: the smallest is the one it hangs on.

    A row that has no name without the other, then a table named after the other, then a row that dies with the
    other; then the table that fewer others refer to.
    """
    child, parent = reference.child[-1].lower(), reference.parent[-1].lower()
    return (
        not reference.identifying,
        not (child.startswith(parent) or (parent.endswith("s") and child.startswith(parent[:-1]))),
        not (reference.mandatory and reference.key.on_delete == "CASCADE"),
        _weight(reference.parent, links),
        reference.parent,
    )


def _leaves_first(below: Mapping[Path | None, Sequence[Path]]) -> list[Path]:
    """Every table of a forest, each behind those that hang on it."""
    order: list[Path] = []
    stack = list(below.get(None, ()))
    while stack:
        path = stack.pop()
        order.append(path)
        stack.extend(below.get(path, ()))
    return order[::-1]


def _packs(sets: Mapping[Path, Sequence[Path]], links: _Links) -> Iterator[list[Path]]:
    """Small sets put together in the order of their names; each pack's tables."""
    pack: list[Path] = []
    for name in sorted(sets):
        if pack and links.size([*pack, *sets[name]]) > _COMFORTABLE:
            yield pack
            pack = []
        pack.extend(sets[name])
        if len(pack) >= _SMALL and _is_end(name):
            yield pack
            pack = []
    if pack:
        yield pack


def _is_end(name: Path) -> bool:
    return hashlib.sha256("\0".join(name).encode()).digest()[0] % _ENDS == 0
