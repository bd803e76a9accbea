"""What differs between two catalogs?

`diff` is pure and lossless: whatever PostgreSQL sees as different is in some change, but for the index behind a
constraint that is itself altered, and for the owner of what has one on one side only: a history that says nothing
of owners differs in none. An object that appears, or goes, together with what it belongs to is a part of
that change: a new table is one change, its columns, constraints and indexes are its parts.

Renames are not guessed: a renamed column is one dropped and one created, until `renames` says otherwise. Steps,
their order and their locks are others' work, telling a change in words is `telling.py`. What neither catalog could
read stands in `Comparison.uncompared`, so that no output takes silence for sameness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from pgmason.catalog.facets import Grant
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.sequence import Sequence as SequenceState
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import RELATIONS, Catalog, State, Unread
from pgmason.catalog.reach import Reach
from pgmason.names import ObjectId
from pgmason.plan.judged import judged

__all__ = [
    "Altered",
    "Change",
    "Commented",
    "Comparison",
    "Created",
    "Dropped",
    "Granted",
    "Owned",
    "Side",
    "Uncompared",
    "compare",
    "diff",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """An object that only the desired catalog has.

    `of` is the table (or materialized view) that it belongs to, in this and every change; None for what stands by
    itself. `parts` came with it, in reading order, and may have parts of their own: a column its sequence, a
    constraint its index.
    """

    object: ObjectId
    of: ObjectId | None
    state: State
    comment: str | None
    parts: tuple[Created, ...]
    owner: str | None = None
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An object that only the current catalog has; `parts` go with it."""

    object: ObjectId
    of: ObjectId | None
    state: State
    comment: str | None
    parts: tuple[Dropped, ...]
    owner: str | None = None
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """One field of an object's state that differs.

    `field` is the state's own name for it; of a table's columns it is "order", and `before` and `after` name the
    columns that both sides have. A constraint or index whose server's words for it changed has a change for each
    field, "definition" last.
    """

    object: ObjectId
    of: ObjectId | None
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Commented:
    """A comment that differs on an object that both sides have; None is no comment."""

    object: ObjectId
    of: ObjectId | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """An owner that differs, of an object whose owner both sides name."""

    object: ObjectId
    of: ObjectId | None
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """Privileges that differ on an object that both sides have; those of one side only, sorted."""

    object: ObjectId
    of: ObjectId | None
    before: tuple[Grant, ...]
    after: tuple[Grant, ...]


Change = Created | Dropped | Altered | Commented | Owned | Granted


class Side(StrEnum):
    """Which of two catalogs."""

    CURRENT = "current"
    DESIRED = "desired"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncompared:
    """Something that exists on a side and was not read there, so that nothing is known of its difference."""

    kind: str
    name: str
    of: tuple[str, str] | None
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The whole answer: what differs, and what was not compared, sorted by kind and name.

    `kept` differs too, and is beyond the languages `beyond` of the sides: it is not judged, and not to be changed.
    """

    changes: tuple[Change, ...]
    uncompared: tuple[Uncompared, ...]
    kept: tuple[Change, ...] = ()
    beyond: tuple[str, ...] = ()


def compare(current: Catalog, desired: Catalog, *, reaches: Iterable[Reach | None] = ()) -> Comparison:
    """The changes that lead from one catalog to the other, with what neither speaks for.

    `reaches` are those of the sides; None is a side that says everything.
    """
    here, there = set(current.unread), set(desired.unread)

    def side(item: Unread) -> Side:
        return Side.BOTH if item in here and item in there else Side.CURRENT if item in here else Side.DESIRED

    bounds = [reach for reach in reaches if reach is not None]
    changes, kept = judged(diff(current, desired), current, desired, bounds)
    return Comparison(
        changes=changes,
        kept=kept,
        beyond=tuple(dict.fromkeys(reach.language for reach in bounds)),
        uncompared=tuple(
            Uncompared(kind=item.kind, name=item.name, of=item.of, side=side(item))
            for item in sorted(here | there, key=lambda item: (item.kind, item.name, item.of or ("", "")))
        ),
    )


def diff(current: Catalog, desired: Catalog) -> tuple[Change, ...]:
    """The changes that lead from one catalog to the other, in the order in which a person would read them.

    Schemas, extensions, types, sequences; tables by name, each with its columns in their order, its constraints
    and its indexes; views. Dependencies and what was not read take no part. `diff(a, a) == ()`.
    """
    if current is desired:
        return ()
    dropped: dict[ObjectId, State] = {}
    different: list[ObjectId] = []
    for identity, before in current.objects.items():  # one look-up for each object: most are equal
        after = desired.objects.get(identity)
        if after is None:
            dropped[identity] = before
        elif before != after:
            different.append(identity)
    created: dict[ObjectId, State] = {}
    if len(desired.objects) + len(dropped) > len(current.objects):
        created = {identity: state for identity, state in desired.objects.items() if identity not in current.objects}
    told_apart = _told_apart(current, desired) - created.keys() - dropped.keys()
    if not (created or dropped or different or told_apart):
        return ()
    changes: list[Change] = []
    for whole in _wholes(created, desired):
        changes.append(_created(whole, desired))
    for whole in _wholes(dropped, current):
        changes.append(_dropped(whole, current))
    altered = set(different)
    moved = created.keys() | dropped.keys()
    indexes: list[Altered] = []
    for identity in different:
        after = desired.objects[identity]
        of = _relation(identity, after, desired)
        found = _altered(identity, of, current.objects[identity], after, moved)
        if isinstance(after, Index):
            indexes += found
        else:
            changes += found
    for identity in told_apart:
        if identity in desired.objects:
            of = _relation(identity, desired.objects[identity], desired)
        else:  # a column of a view, the sequence behind an identity column
            of = desired.holder(identity) if identity.is_member else None
        changes += _facets(identity, of, current, desired)
    for change in indexes:
        # The index of an altered constraint changes because that does: it is not told twice.
        if not any(owner in altered for owner in _constraints(desired.objects[change.object])):
            changes.append(change)
    place = _Reading(current, desired)
    return tuple(sorted(changes, key=place.order))


def _facets(identity: ObjectId, of: ObjectId | None, current: Catalog, desired: Catalog) -> Iterator[Change]:
    """What cuts across kinds and differs: comment, owner, grants."""
    old, new = current.comments.get(identity), desired.comments.get(identity)
    if old != new:
        yield Commented(object=identity, of=of, before=old, after=new)
    was, now = current.owners.get(identity), desired.owners.get(identity)
    follows = getattr(desired.objects.get(identity), "owned_by", None)  # a sequence has the owner of its table
    if was is not None and now is not None and was != now and not follows:
        yield Owned(object=identity, of=of, before=was, after=now)
    had, has = set(current.grants.get(identity, ())), set(desired.grants.get(identity, ()))
    if had != has:
        yield Granted(object=identity, of=of, before=_in_order(had - has), after=_in_order(has - had))


def _told_apart(current: Catalog, desired: Catalog) -> set[ObjectId]:
    """Whose comment, owner or grants are not the same on both sides; objects, and what is none of its own."""
    facets = (
        (current.comments, desired.comments),
        (current.owners, desired.owners),
        (current.grants, desired.grants),
    )
    return {identity for old, new in facets if old != new for identity, _ in old.items() ^ new.items()}


def _in_order(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    return tuple(sorted(grants, key=lambda grant: grant.order))


def _altered(
    identity: ObjectId, of: ObjectId | None, before: State, after: State, moved: set[ObjectId]
) -> Iterator[Altered]:
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new:
            continue
        name = field.name
        if isinstance(before, Table) and name == "columns":
            # Columns that came or went are changes of their own; here it is the order of those that stayed.
            strays = set(old) ^ set(new)
            if all(ObjectId("column", (*identity.path, column)) in moved for column in strays):
                old = tuple(column for column in old if column not in strays)
                new = tuple(column for column in new if column not in strays)
                name = "order"
            if old == new:
                continue
        yield Altered(object=identity, of=of, field=name, before=old, after=new)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """An object with what comes or goes with it."""

    object: ObjectId
    parts: tuple[_Whole, ...]


def _wholes(moved: Mapping[ObjectId, State], catalog: Catalog) -> list[_Whole]:
    """The objects that came (or went), each under the first of its owners that did so too."""
    under: dict[ObjectId, list[ObjectId]] = {}
    tops = []
    for identity, state in moved.items():
        owner = next((owner for owner in _owners(identity, state) if owner in moved and owner != identity), None)
        if owner is None:
            tops.append(identity)
        else:
            under.setdefault(owner, []).append(identity)
    place = _Reading(catalog, catalog)
    seen: set[ObjectId] = set()

    def whole(identity: ObjectId) -> _Whole:
        seen.add(identity)
        parts = [part for part in under.get(identity, ()) if part not in seen]
        return _Whole(object=identity, parts=tuple(whole(part) for part in sorted(parts, key=place.of_object)))

    found = [whole(identity) for identity in tops]
    # Only a catalog written by hand could have owners in a circle. It is told all the same.
    found += [whole(identity) for identity in sorted(moved.keys() - seen) if identity not in seen]
    return found


def _owners(identity: ObjectId, state: State) -> Iterator[ObjectId]:
    """What an object may come and go with, nearest first."""
    yield from _constraints(state)
    if isinstance(state, Index):
        yield ObjectId("table", state.table)
        yield ObjectId("materialized view", state.table)
        if state.partition_of is not None:
            yield ObjectId("index", state.partition_of)
    elif isinstance(state, SequenceState) and state.owned_by is not None:
        yield ObjectId("column", state.owned_by)
    elif identity.is_member:
        yield identity.relation
        yield from (ObjectId(kind, identity.path[:2]) for kind in RELATIONS)
        if len(getattr(state, "partition_of", None) or ()) == 3:
            # a key or trigger of a partition goes with its parent's
            yield ObjectId(identity.kind, state.partition_of)


def _constraints(state: State) -> Iterator[ObjectId]:
    """The constraint that an index serves, under each kind it could be of."""
    if isinstance(state, Index) and state.constraint is not None:
        for kind in ("primary key", "unique", "exclusion constraint"):
            yield ObjectId(kind, (*state.table, state.constraint))


def _relation(identity: ObjectId, state: State, catalog: Catalog) -> ObjectId | None:
    """The table or materialized view that an object belongs to."""
    if identity.is_member:
        return catalog.holder(identity)
    if isinstance(state, Index):
        view = ObjectId("materialized view", state.table)
        return view if view in catalog.objects else ObjectId("table", state.table)
    if isinstance(state, SequenceState) and state.owned_by is not None:
        return ObjectId("table", state.owned_by[:2])
    return None


def _created(whole: _Whole, desired: Catalog) -> Created:
    state = desired.objects[whole.object]
    return Created(
        object=whole.object,
        of=_relation(whole.object, state, desired),
        state=state,
        comment=desired.comments.get(whole.object),
        owner=desired.owners.get(whole.object),
        grants=desired.grants.get(whole.object, ()),
        parts=tuple(_created(part, desired) for part in whole.parts),
    )


def _dropped(whole: _Whole, current: Catalog) -> Dropped:
    state = current.objects[whole.object]
    return Dropped(
        object=whole.object,
        of=_relation(whole.object, state, current),
        state=state,
        comment=current.comments.get(whole.object),
        owner=current.owners.get(whole.object),
        grants=current.grants.get(whole.object, ()),
        parts=tuple(_dropped(part, current) for part in whole.parts),
    )


# The order in which a person reads a schema; a kind that is not named here comes after those that are.
_SECTIONS = (
    *("schema", "extension", "collation", "enum", "domain", "composite type", "range type", "base type"),
    *("sequence", "table", "view", "materialized view"),
)
_MEMBERS = (
    *("column", "sequence", "primary key", "unique", "check", "foreign key", "exclusion constraint", "index"),
    *("trigger", "rule", "policy"),
)

# Told of an object in this order, after its fields, of which it has fewer.
_FACETS: dict[type, int] = {Commented: 100, Owned: 101, Granted: 102}


class _Reading:
    """Where in the reading order an object and its changes stand."""

    def __init__(self, current: Catalog, desired: Catalog) -> None:
        self._catalogs = (desired, current)
        self._positions: dict[ObjectId, dict[str, int]] = {}

    def order(self, change: Change) -> tuple[Any, ...]:
        """Sorts by section, then by table and member, then drops before creations, fields in their own order."""
        head = change.of or change.object
        within = self._field(change) if isinstance(change, Altered) else _FACETS.get(type(change), 0)
        return (
            _rank(head.kind, _SECTIONS),
            head,
            change.of is not None,
            *self.of_object(change.object),
            isinstance(change, Created),
            within,
        )

    def of_object(self, identity: ObjectId) -> tuple[int, int, ObjectId]:
        """Sorts the members of one table: columns in their order, then by kind and name."""
        position = self._position(identity) if identity.kind == "column" else 0
        return (_rank(identity.kind, _MEMBERS), position, identity)

    def _position(self, column: ObjectId) -> int:
        table = column.relation
        if table not in self._positions:
            names: list[str] = []
            for catalog in self._catalogs:
                state = catalog.objects.get(table)
                if isinstance(state, Table):
                    names += [name for name in state.columns if name not in names]
            self._positions[table] = {name: position for position, name in enumerate(names)}
        return self._positions[table].get(column.own_name, 0)

    def _field(self, change: Altered) -> int:
        state = next(catalog.objects[change.object] for catalog in self._catalogs if change.object in catalog.objects)
        names: Iterable[str] = (field.name for field in fields(state))
        return _rank(change.field, tuple(names))


def _rank(word: str, words: Sequence[str]) -> int:
    return words.index(word) if word in words else len(words)
