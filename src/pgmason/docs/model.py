"""What does the page say? The facts of a catalog, gathered once in the way that readers ask for them.

A partition is told under its partitioned table and is no table of its own here: what refers to a partition, or
from one, is told of the table that it is part of. Tables that are not in the catalog (other people manage them)
are only referred to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.materialized_view import MaterializedView
from pgmason.catalog.kinds.view import View
from pgmason.catalog.model import Catalog, Unread
from pgmason.names import ObjectId
from pgmason.rules.tables import is_ledger

__all__ = ["Counts", "Model", "ModelInput", "Path", "Reference", "type_path"]

Path = tuple[str, ...]  # (schema, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInput:
    """What a page is made of.

    `source` says in words where the catalog came from ("prisma/migrations (19 migrations)") and must change only
    when the schema does. `unread` is what the page is incomplete without, as a rule `catalog.unread`. `file` is the
    page's name as the user would type it; it appears in messages only. `called` is what the product's schema language
    calls an object: "model User", "User.email", "relation Order.user".
    """

    product: str
    catalog: Catalog
    source: str
    unread: tuple[Unread, ...]
    file: str = "docs/DATA-MODEL.md"
    called: Mapping[ObjectId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much there is, and how much of it has a COMMENT. Columns and indexes are those of tables."""

    tables: int
    described_tables: int
    columns: int
    described_columns: int
    partitions: int
    foreign_keys: int
    indexes: int
    views: int
    described_views: int
    enums: int
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A foreign key, from the table (not the partition) that holds it to the one that it refers to.

    `mandatory`: every row refers to one. `single`: at most one row refers to the same. `identifying`: the columns
    are part of the row's own primary key.
    """

    identity: ObjectId
    key: ForeignKey
    child: Path
    parent: Path
    mandatory: bool
    single: bool
    identifying: bool


class Model:
    """The facts of one catalog. All sequences are sorted by path, or by the catalog's own order where it has one."""

    def __init__(
        self, catalog: Catalog, unread: tuple[Unread, ...], called: Mapping[ObjectId, str] | None = None
    ) -> None:
        self.catalog = catalog
        self.unread = tuple(sorted(set(unread)))
        self.called = called or {}

    @cached_property
    def tables(self) -> tuple[ObjectId, ...]:
        """Every table that is no partition of another one here."""
        return tuple(identity for identity, _ in self.catalog.tables if self.table_of(identity.path) == identity.path)

    def table_of(self, path: Path) -> Path:
        """The table that a partition belongs to, whatever the levels between; the path itself for any other."""
        state = self.catalog.objects.get(ObjectId("table", path))
        if (
            state is None
            or state.partition_of is None
            or ObjectId("table", state.partition_of) not in self.catalog.objects
        ):
            return path
        return self.table_of(state.partition_of)

    @cached_property
    def partitions(self) -> Mapping[Path, tuple[ObjectId, ...]]:
        """The partitions right under a partitioned table or partition."""
        below: dict[Path, list[ObjectId]] = {}
        for identity, state in self.catalog.tables:
            if state.partition_of is not None:
                below.setdefault(state.partition_of, []).append(identity)
        return {path: tuple(partitions) for path, partitions in below.items()}

    @cached_property
    def views(self) -> tuple[tuple[ObjectId, View | MaterializedView], ...]:
        """Views and materialized views."""
        found: list[tuple[ObjectId, View | MaterializedView]] = [
            *self.catalog.of(View),
            *self.catalog.of(MaterializedView),
        ]
        return tuple(sorted(found, key=lambda view: view[0].path))

    @cached_property
    def enums(self) -> tuple[tuple[ObjectId, Enum], ...]:
        """Enum types."""
        return tuple(self.catalog.of(Enum))

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every foreign key."""
        return tuple(self._reference(identity, key) for identity, key in self.catalog.of(ForeignKey))

    def _reference(self, identity: ObjectId, key: ForeignKey) -> Reference:
        catalog, columns = self.catalog, set(key.columns)
        child = self.table_of(identity.path[:2])
        nulls = [not catalog.objects[ObjectId("column", (*identity.path[:2], name))].not_null for name in key.columns]
        primary = catalog.primary_key(ObjectId("table", child))
        return Reference(
            identity=identity,
            key=key,
            child=child,
            parent=self.table_of(key.references),
            # MATCH SIMPLE: one NULL among the columns and the row refers to nothing (manual, CREATE TABLE)
            mandatory=not any(nulls),
            single=any(set(unique) <= columns for unique in self.unique_keys(ObjectId("table", child))),
            identifying=primary is not None and columns <= set(primary[1].columns),
        )

    @cached_property
    def references_from(self) -> Mapping[Path, tuple[Reference, ...]]:
        """The foreign keys of each table, those of its partitions too."""
        return _grouped(self.references, "child")

    @cached_property
    def references_to(self) -> Mapping[Path, tuple[Reference, ...]]:
        """The foreign keys that refer to each table, to its partitions too."""
        return _grouped(self.references, "parent")

    def unique_keys(self, table: ObjectId) -> tuple[Path, ...]:
        """The sets of columns that no two rows of a table share: by constraint, or by an index over all its rows."""
        primary = self.catalog.primary_key(table)
        keys = [primary[1].columns] if primary else []
        keys += [unique.columns for _, unique in self.catalog.uniques(table)]
        keys += [columns for _, index in self.catalog.indexes(table) if (columns := _unique_columns(index))]
        return tuple(dict.fromkeys(keys))

    @cached_property
    def enum_uses(self) -> Mapping[Path, tuple[ObjectId, ...]]:
        """The columns of tables, partitions left out, whose type is each enum or an array of it."""
        uses: dict[Path, list[ObjectId]] = {identity.path: [] for identity, _ in self.enums}
        for table in self.tables:
            for identity, column in self.catalog.columns(table):
                path = type_path(column.type)
                if path in uses:
                    uses[path].append(identity)
        return {path: tuple(columns) for path, columns in uses.items()}

    @cached_property
    def read_by_views(self) -> Mapping[ObjectId, tuple[ObjectId, ...]]:
        """The tables and views that each view reads, as its dependencies tell."""
        views = {identity for identity, _ in self.views}
        reads: dict[ObjectId, set[ObjectId]] = {}
        for reader, read in self.catalog.dependencies:
            if reader in views and read.kind in {"column", "table", "view", "materialized view"}:
                reads.setdefault(reader, set()).add(read.relation if read.kind == "column" else read)
        return {view: tuple(sorted(relations, key=lambda one: one.path)) for view, relations in reads.items()}

    @cached_property
    def unread_by_relation(self) -> Mapping[Path, tuple[Unread, ...]]:
        """What was not read, by the relation that it belongs to."""
        found: dict[Path, list[Unread]] = {}
        for item in self.unread:
            if item.of is not None:
                found.setdefault(item.of, []).append(item)
        return {path: tuple(items) for path, items in found.items()}

    @cached_property
    def ledgers(self) -> frozenset[ObjectId]:
        """The tables that a migration runner keeps for itself: nobody else can describe them."""
        return frozenset(table for table in self.tables if is_ledger(table, self.catalog.objects[table]))

    @cached_property
    def undescribed_tables(self) -> tuple[ObjectId, ...]:
        """Tables without a COMMENT, ledgers left out."""
        return tuple(table for table in self.tables if not self.described(table))

    @cached_property
    def undescribed_columns(self) -> tuple[ObjectId, ...]:
        """Columns of tables without a COMMENT, those of ledgers left out."""
        return tuple(
            column
            for table in self.tables
            if table not in self.ledgers
            for column, _ in self.catalog.columns(table)
            if not self.described(column)
        )

    def described(self, identity: ObjectId) -> bool:
        """Whether a COMMENT says anything of it. A ledger needs none."""
        return bool(self.catalog.comments.get(identity, "").strip()) or identity in self.ledgers

    @cached_property
    def counts(self) -> Counts:
        """How much there is of each kind."""
        columns = sum(len(self.catalog.columns(table)) for table in self.tables)
        documented = {table.path for table in self.tables}
        return Counts(
            tables=len(self.tables),
            described_tables=len(self.tables) - len(self.undescribed_tables),
            columns=columns,
            described_columns=columns - len(self.undescribed_columns),
            partitions=len(self.catalog.tables) - len(self.tables),
            foreign_keys=len(self.references),
            indexes=sum(1 for _, index in self.catalog.of(Index) if index.table in documented),
            views=len(self.views),
            described_views=sum(1 for view, _ in self.views if self.described(view)),
            enums=len(self.enums),
            unread=len(self.unread),
        )


def _grouped(references: tuple[Reference, ...], end: str) -> Mapping[Path, tuple[Reference, ...]]:
    grouped: dict[Path, list[Reference]] = {}
    for reference in references:
        grouped.setdefault(getattr(reference, end), []).append(reference)
    return {path: tuple(members) for path, members in grouped.items()}


def _unique_columns(index: Index) -> Path | None:
    """The columns of a unique index, or None where it does not hold for every row or not over columns."""
    if not (index.unique and index.valid and index.predicate is None):
        return None
    columns = tuple(column for column in index.key_columns if column is not None)
    return columns if len(columns) == len(index.key_columns) else None


def type_path(type_name: str) -> Path | None:
    """The path of a type as `format_type` prints it with an empty search_path, arrays by their element.

    None for PostgreSQL's own types, which it prints without a schema: `numeric(10,2)`, `character varying(20)[]`.
    """
    parts: list[str] = []
    rest = type_name
    while True:
        part, rest = _identifier(rest)
        parts.append(part)
        if not rest.startswith("."):
            return tuple(parts) if len(parts) == 2 else None
        rest = rest[1:]


def _identifier(text: str) -> tuple[str, str]:
    """The identifier that `text` begins with, unquoted, and what follows it."""
    if not text.startswith('"'):
        end = next((i for i, c in enumerate(text) if not (c.isalnum() or c in "_$")), len(text))
        return text[:end], text[end:]
    end = 1
    while end < len(text):
        if text[end] != '"':
            end += 1
        elif text[end + 1 : end + 2] == '"':
            end += 2
        else:
            break
    return text[1:end].replace('""', '"'), text[end + 1 :]
