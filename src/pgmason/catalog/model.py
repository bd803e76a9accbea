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

from pgmason.catalog.kinds.check import Check
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.kinds.unique import Unique
from pgmason.names import ObjectId

__all__ = ["Catalog", "State", "Unread"]

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
    """

    objects: Mapping[ObjectId, State]
    comments: Mapping[ObjectId, str]
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
            for identity, value in members:
                owner = (
                    value.table if isinstance(value, Index) else identity.path[:2] if len(identity.path) == 3 else None
                )
                if owner is not None:
                    grouped.setdefault((state, owner), []).append((identity, value))
        return grouped

    @property
    def tables(self) -> tuple[tuple[ObjectId, Table], ...]:
        """Ordinary and partitioned tables, partitions too, sorted by path."""
        return tuple(self.of(Table))

    def columns(self, table: ObjectId) -> tuple[tuple[ObjectId, Column], ...]:
        """The columns of a table in their own order."""
        state = self.objects[table]
        columns = [ObjectId("column", (*table.path, name)) for name in state.columns]
        return tuple((column, self.objects[column]) for column in columns)

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
            dependencies=frozenset((a, b) for a, b in self.dependencies if kept(a)),
            unread=tuple(
                item
                for item in self.unread
                if not (item.of is not None and managed(item.of)) and not managed(tuple(item.name.split(".")))
            ),
            server=self.server,
        )
