"""What of a catalog can schema.prisma not say?

Objects of kinds that it has no words for, and attributes of columns and tables that a field cannot carry. Indexes and
foreign keys tell of themselves (`index_attributes.py`, `relation_fields.py`). Comments are written as documentation,
which makes none in a database. Owners and grants are told once. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pgmason.catalog.kinds.check import Check
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.exclusion_constraint import ExclusionConstraint
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import RELATIONS, Catalog
from pgmason.names import ObjectId
from pgmason.sources.prisma.reach import PASSED_OVER
from pgmason.sources.prisma.writer.column_types import base_type, domains_of
from pgmason.sources.prisma.writer.counters import Counter
from pgmason.sources.prisma.writer.draft import Beyond

__all__ = ["beyond_of"]

# Kinds that are said, or that tell of themselves elsewhere.
_SAID = frozenset(
    {"schema", "extension", "table", "column", "primary key", "unique", "index", "foreign key", "not null"}
)


def beyond_of(
    catalog: Catalog,
    *,
    tables: Sequence[ObjectId],
    joins: Sequence[ObjectId],
    views: Sequence[ObjectId],
    enums: Sequence[ObjectId],
    counters: Mapping[tuple[str, ...], Counter],
) -> Iterator[Beyond]:
    """All that is not said; `tables`, `joins`, `views` and `enums` are said, `counters` the columns that count."""
    domains = domains_of(catalog)
    written = {*tables, *joins, *views, *enums}
    counted = {counter.sequence for counter in counters.values()}
    for identity, state in sorted(catalog.objects.items(), key=lambda one: one[0]):
        if identity.kind in _SAID or identity in written or identity in counted:
            continue
        holder = catalog.holder(identity) if identity.is_member else None
        if holder is not None and holder in written:
            yield Beyond(holder.name, f"{identity.kind} {identity.own_name}{_words(state)}")
        elif holder is None or holder not in catalog.objects:
            yield Beyond("", f"{identity.kind} {identity.name}")
    for table in [one for one, _ in catalog.tables if one not in written]:
        state = catalog.objects[table]
        if state.partition_of is not None:
            parent = ObjectId("table", state.partition_of)
            yield Beyond(parent.name, f"partition {table.name}")
        else:
            why = "" if state.columns else ", which has no columns"
            if table.own_name not in PASSED_OVER:
                yield Beyond("", f"table {table.name}{why}")
    for table in tables:
        state = catalog.objects[table]
        yield from (Beyond(table.name, what) for what in _of_table(state))
        for identity, column in catalog.columns(table):
            yield from (Beyond(table.name, f"{identity.own_name}: {what}") for what in _of_column(domains, column))
            counter = counters.get(identity.path)
            if counter is not None and counter.beyond:
                yield Beyond(table.name, f"{identity.own_name}: {counter.beyond}", "autoincrement() stands for it")
    for view in views:
        yield Beyond(view.name, "its query", "Prisma reads the view and never makes it")
    for identity in sorted(catalog.comments):
        if identity in written or (identity.kind == "column" and catalog.holder(identity) in written):
            continue
        if identity.kind in RELATIONS or identity in catalog.objects:
            holder = catalog.holder(identity) if identity.is_member else None
            yield Beyond(holder.name if holder in written and holder else "", f"the comment on {identity}")
    if catalog.grants:
        yield Beyond("", f"grants on {len(catalog.grants)} object{'s' if len(catalog.grants) > 1 else ''}")
    for unread in catalog.unread:
        yield Beyond("", f"{unread.kind} {unread.name}")


def _words(state: object) -> str:
    """What a check or an exclusion says, so that the reader of the file knows the rule."""
    if not isinstance(state, Check | ExclusionConstraint):
        return ""
    definition = state.definition
    return f" {' '.join(definition.split())}" if len(definition) < 120 else ""


def _of_table(state: Table) -> Iterator[str]:
    if state.partition_key is not None:
        yield f"PARTITION BY {state.partition_key}"
    for parent in state.inherits:
        yield f"INHERITS ({'.'.join(parent)})"
    if state.unlogged:
        yield "UNLOGGED"
    if state.row_security:
        yield "row security"
    if state.options:
        yield f"WITH ({', '.join(state.options)})"


def _of_column(domains: Mapping[str, str], column: Column) -> Iterator[str]:
    if column.generated is not None:
        yield f"GENERATED ALWAYS AS ({column.expression})"
    if base_type(domains, column.type) != column.type:
        yield f"the domain {column.type}; its type stands for it"
    if column.type.endswith("[]") and column.not_null:
        yield "NOT NULL of a list"
    if column.collation is not None:
        yield f"COLLATE {'.'.join(column.collation)}"
