"""What is a schema, as data that two sources can be compared by?

A `Catalog` maps each `ObjectId` to the state of that object (one frozen dataclass a kind, in `kinds/`), with
comments and dependencies beside it, and with the list of what was seen and not read. It knows no kind by name
beyond the shortcuts that rules and documents need. Reading it from a server is `reading.py`; writing it down
is `canonical.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cached_property
from typing import Any, TypeVar

from pgmason.catalog.facets import Grant
from pgmason.catalog.kinds.check import Check
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.kinds.unique import Unique
from pgmason.names import ObjectId

__all__ = ["RELATIONS", "Catalog", "State", "Unread"]

# Kinds that have columns, and members by name.
RELATIONS = ("table", "view", "materialized view", "foreign table", "composite type")

State = Any  # a frozen dataclass from `kinds/`; each kind's file is the only place that knows its fields
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that exists and that this version does not read: its kind and its name for people.

    `of` is the relation it belongs to, if any, so that an output about that relation can say so.
    """

    kind: str
    name: str
    of: tuple[str, str] | None = None

    def __lt__(self, other: Unread) -> bool:
        return (self.kind, self.name) < (other.kind, other.name)


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """The objects of one database. Immutable; equal where PostgreSQL sees no difference.

    `server` is the version that said so ("15.18") and takes no part in comparison. `unread` is sorted.
    Comments and grants may stand on what is no object here: a view's column, the sequence behind an identity column.
    `owners` lacks what says nothing of its owner. The grants of an object stand in the order in which they were given.
    """

    objects: Mapping[ObjectId, State]
    comments: Mapping[ObjectId, str]
    owners: Mapping[ObjectId, str] = field(default_factory=dict)
    grants: Mapping[ObjectId, tuple[Grant, ...]] = field(default_factory=dict)
    dependencies: frozenset[tuple[ObjectId, ObjectId]] = frozenset()
    unread: tuple[Unread, ...] = ()
    server: str = field(default="", compare=False)

    def of(self, state: type[S]) -> Iterator[tuple[ObjectId, S]]:
        """Every object whose state is of that class, sorted by path."""
        yield from self._by_state.get(state, ())

    @cached_property
    def _by_state(self) -> dict[type, list[tuple[ObjectId, Any]]]:
        grouped: dict[type, list[tuple[ObjectId, Any]]] = {}
        for identity in sorted(self.objects):
            state = self.objects[identity]
            grouped.setdefault(type(state), []).append((identity, state))
        return grouped

    @cached_property
    def _by_relation(self) -> dict[tuple[type, tuple[str, ...]], list[tuple[ObjectId, Any]]]:
        grouped: dict[tuple[type, tuple[str, ...]], list[tuple[ObjectId, Any]]] = {}
        for state, members in self._by_state.items():
            if state is Index:
                for member in members:
                    grouped.setdefault((state, member[1].table), []).append(member)
            elif members[0][0].is_member:  # as all of its kind
                for member in members:
                    grouped.setdefault((state, member[0].path[:2]), []).append(member)
        return grouped

    @property
    def tables(self) -> tuple[tuple[ObjectId, Table], ...]:
        """Ordinary and partitioned tables, partitions too, sorted by path."""
        return tuple(self.of(Table))

    @cached_property
    def partitions(self) -> Mapping[tuple[str, str], tuple[ObjectId, ...]]:
        """The partitions of each partitioned table by its path, sorted; not their own partitions."""
        found: dict[tuple[str, str], list[ObjectId]] = {}
        for identity, state in self.of(Table):
            if state.partition_of is not None:
                found.setdefault(state.partition_of, []).append(identity)
        return {path: tuple(partitions) for path, partitions in found.items()}

    @cached_property
    def overtaken(self) -> Mapping[ObjectId, tuple[ObjectId, ...]]:
        """Unique indexes that no foreign key relies on, each with those over the same columns that some rely on.

        Of several that would do PostgreSQL takes the one that was there first (transformFkeyCheckAttrs,
        commands/tablecmds.c), so these were made later.
        """
        by_columns = self._relied_on
        found = {}
        for index, state in self.of(Index):
            first = by_columns.get((state.table, frozenset(state.key_columns)), ())
            if state.unique and first and index not in first:
                found[index] = tuple(sorted(first))
        return found

    @cached_property
    def rivals(self) -> Mapping[ObjectId, ObjectId]:
        """The foreign keys that rely on one of several indexes over the same columns, all relied on; each with its own.

        Made anew they rely on the one that is there first. REINDEX CONCURRENTLY brings this about: what it makes is a
        new index, and the keys made later rely on another.
        """
        several = {index for indexes in self._relied_on.values() if len(indexes) > 1 for index in indexes}
        if not several:
            return {}
        return {key: index for key, index in self.dependencies if key.kind == "foreign key" and index in several}

    @cached_property
    def _relied_on(self) -> dict[tuple[tuple[str, str], frozenset[str | None]], list[ObjectId]]:
        """The indexes that foreign keys rely on, by their table and columns."""
        by_columns: dict[tuple[tuple[str, str], frozenset[str | None]], list[ObjectId]] = {}
        for index in {index for key, index in self.dependencies if key.kind == "foreign key" and index.kind == "index"}:
            state = self.objects.get(index)
            if isinstance(state, Index):
                by_columns.setdefault((state.table, frozenset(state.key_columns)), []).append(index)
        return by_columns

    @cached_property
    def children(self) -> Mapping[tuple[str, str], tuple[ObjectId, ...]]:
        """The tables right below each table by its path, sorted: its partitions, and those that inherit from it."""
        found: dict[tuple[str, str], list[ObjectId]] = {}
        for identity, state in self.of(Table):
            for parent in (*state.inherits, *([state.partition_of] if state.partition_of else [])):
                found.setdefault(parent, []).append(identity)
        return {path: tuple(children) for path, children in found.items()}

    def parents(self, table: tuple[str, str]) -> list[tuple[str, str]]:
        """The paths of the tables right above a table: those it inherits from, or the one it is a partition of."""
        state = self.objects.get(ObjectId("table", table))
        return [*state.inherits, *([state.partition_of] if state.partition_of else [])] if state is not None else []

    @cached_property
    def constraint_names(self) -> frozenset[tuple[str, str]]:
        """Schema and name of every constraint that has a name of its own; PostgreSQL chooses no such name again."""
        found = {(one.path[0], one.path[2]) for one in self.objects if one.is_member and one.kind != "column"}
        found |= {(one.path[0], state.not_null_name) for one, state in self.of(Column) if state.not_null_name}
        return frozenset(found)

    def holder(self, member: ObjectId) -> ObjectId:
        """The relation (or domain) that a column, constraint or trigger belongs to, of whichever kind it is here."""
        relations = (ObjectId(kind, member.path[:2]) for kind in RELATIONS)
        return next((one for one in relations if one in self.objects), member.relation)

    def columns(self, table: ObjectId) -> tuple[tuple[ObjectId, Column], ...]:
        """The columns of a table in their own order."""
        found = self._columns.get(table)
        if found is None:
            named = {member[0].path[2]: member for member in self._by_relation.get((Column, table.path), ())}
            found = self._columns[table] = tuple(named[name] for name in self.objects[table].columns)
        return found

    @cached_property
    def _columns(self) -> dict[ObjectId, tuple[tuple[ObjectId, Column], ...]]:
        """What `columns` has been asked of."""
        return {}

    def members(self, state: type[S], table: ObjectId) -> tuple[tuple[ObjectId, S], ...]:
        """The indexes or constraints of that class on a table (or materialized view), sorted by name."""
        return tuple(self._by_relation.get((state, table.path), ()))

    def indexes(self, table: ObjectId) -> tuple[tuple[ObjectId, Index], ...]:
        """Every index of a table, those that serve a constraint too."""
        return self.members(Index, table)

    def primary_key(self, table: ObjectId) -> tuple[ObjectId, PrimaryKey] | None:
        """The primary key of a table, or None."""
        return next(iter(self.members(PrimaryKey, table)), None)

    def uniques(self, table: ObjectId) -> tuple[tuple[ObjectId, Unique], ...]:
        """The unique constraints of a table."""
        return self.members(Unique, table)

    def checks(self, table: ObjectId) -> tuple[tuple[ObjectId, Check], ...]:
        """The CHECK constraints of a table, not those it inherits."""
        return self.members(Check, table)

    def foreign_keys(self, table: ObjectId) -> tuple[tuple[ObjectId, ForeignKey], ...]:
        """The foreign keys that a table declares."""
        return self.members(ForeignKey, table)

    def needs(self, identity: ObjectId) -> frozenset[ObjectId]:
        """What an object depends on by itself, its columns and parts not asked."""
        return self._needs.get(identity, frozenset())

    @cached_property
    def _needs(self) -> dict[ObjectId, frozenset[ObjectId]]:
        found: dict[ObjectId, set[ObjectId]] = {}
        for dependent, needed in self.dependencies:
            found.setdefault(dependent, set()).add(needed)
        return {dependent: frozenset(needed) for dependent, needed in found.items()}

    def unread_of(self, table: ObjectId) -> tuple[Unread, ...]:
        """What belongs to that relation and was not read."""
        return tuple(item for item in self.unread if item.of == table.path)

    def without(self, external: Iterable[str]) -> Catalog:
        """The catalog less what other people manage.

        `external` holds shell patterns over qualified names: `auth.*` is a schema and all it holds,
        `public.spatial_ref_sys` one relation with its columns, constraints and indexes. Unquoted, case kept.
        """
        patterns = [re.compile(translate(pattern)) for pattern in external]
        if not patterns:
            return self

        def managed(path: tuple[str, ...]) -> bool:
            names = {".".join(path), ".".join(path[:2]), f"{path[0]}.*" if len(path) == 1 else ""}
            return any(pattern.match(name) for pattern in patterns for name in names if name)

        def kept(identity: ObjectId) -> bool:
            state = self.objects.get(identity)
            owner = state.table if isinstance(state, Index) else None
            return not (managed(identity.path) or (owner is not None and managed(owner)))

        return Catalog(
            objects={identity: state for identity, state in self.objects.items() if kept(identity)},
            comments={identity: text for identity, text in self.comments.items() if kept(identity)},
            owners={identity: role for identity, role in self.owners.items() if kept(identity)},
            grants={identity: grants for identity, grants in self.grants.items() if kept(identity)},
            dependencies=frozenset((a, b) for a, b in self.dependencies if kept(a)),
            unread=tuple(
                item
                for item in self.unread
                if not (item.of is not None and managed(item.of)) and not managed(tuple(item.name.split(".")))
            ),
            server=self.server,
        )
