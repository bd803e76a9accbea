"""Without a primary key a row has no name: nothing can say which one is meant.

Two equal rows cannot be told apart or deleted one at a time, no foreign key can point at the table, logical
replication refuses its UPDATE and DELETE, ORMs cannot load or save one row, and a batched backfill has no cursor to
resume from. It costs nothing on the day the table is made and a migration under load on any later one.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.fixes import (
    CONCURRENTLY_NOTE,
    LOCK_TIMEOUT,
    fresh_name,
    has_default_order,
    identifier,
    identifiers,
    lines,
    qualified,
    require_not_null,
)
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables

__all__ = ["TableWithoutPrimaryKey"]


class TableWithoutPrimaryKey(SchemaRule):
    severity = Severity.RISK
    title = "A table whose rows nothing identifies."
    effect = (
        "Logical replication refuses UPDATE and DELETE on it, and no one row can be named, resumed from or repaired."
    )
    bad = "CREATE TABLE visit (\n  page text NOT NULL,\n  at timestamptz NOT NULL\n);\n"
    good = (
        "CREATE TABLE visit (\n  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),\n"
        "  page text NOT NULL,\n  at timestamptz NOT NULL\n);\n"
    )
    cannot_see = (
        "Whether the columns proposed as a key are unique in production: the unique index fails to build where they are"
        " not, and leaves an invalid index to drop. A partition is judged through its parent."
    )
    brief = "Integrity is enforced by the database: every row has its key."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        for table, state in judged_tables(catalog):
            if catalog.primary_key(table) is not None:
                continue
            stand_in = _stand_in(catalog, table)
            message = f"{table.name} has no primary key"
            if stand_in is not None:
                identity, index = stand_in
                columns = ", ".join(quoted(column) for column in index.key_columns if column is not None)
                message += f"; {quoted(identity.own_name)} already keeps ({columns}) unique and not NULL"
            yield self.finding(schema, table, message=message, fix=_fix(schema, table, state, stand_in))


def _stand_in(catalog: Catalog, table: ObjectId) -> tuple[ObjectId, Index] | None:
    """The unique index over NOT NULL columns that identifies the rows: one that can become the key, else any."""
    found = [
        (identity, index)
        for identity, index in catalog.indexes(table)
        if index.unique
        and index.valid
        and index.predicate is None
        and all(column is not None and _not_null(catalog, table, column) for column in index.key_columns)
    ]
    return min(found, key=lambda item: (not _can_become_key(item[1]), len(item[1].keys), item[0].path), default=None)


def _can_become_key(index: Index) -> bool:
    """What ADD PRIMARY KEY USING INDEX takes: btree, default order, no constraint of its own (manual, ALTER TABLE)."""
    return (
        index.constraint is None and index.method == "btree" and has_default_order(index) and index.partition_of is None
    )


def _not_null(catalog: Catalog, table: ObjectId, column: str) -> bool:
    state = catalog.objects.get(ObjectId("column", (*table.path, column)))
    return isinstance(state, Column) and state.not_null


def _fix(schema: SchemaInput, table: ObjectId, state: Table, stand_in: tuple[ObjectId, Index] | None) -> str:
    catalog = schema.catalog
    if state.partition_key is not None:
        return (
            f"-- a key of a partitioned table holds its partition key, {state.partition_key}, and is built under\n"
            "-- ACCESS EXCLUSIVE: first a unique index on each partition, CONCURRENTLY; ADD PRIMARY KEY then takes them"
        )
    constraint = fresh_name(catalog, table.path[0], f"{table.own_name}_pkey")
    if stand_in is not None and _can_become_key(stand_in[1]):
        return lines(LOCK_TIMEOUT, _use_index(table, constraint, stand_in[0].own_name))
    columns = (
        [column for column in stand_in[1].key_columns if column] if stand_in else _candidate(catalog, table, state)
    )
    statements: list[str] = []
    if not columns:
        columns, statements = _new_key(schema, table)
    nullable = [column for column in columns if not _not_null(catalog, table, column)]
    on = f"{qualified(table.path)} ({identifiers(columns)})"
    return lines(
        LOCK_TIMEOUT,
        *statements,
        *require_not_null(table, nullable),
        CONCURRENTLY_NOTE,
        f"CREATE UNIQUE INDEX CONCURRENTLY {identifier(constraint)} ON {on};",
        _use_index(table, constraint, constraint),
    )


def _use_index(table: ObjectId, constraint: str, index: str) -> str:
    key = f"PRIMARY KEY USING INDEX {identifier(index)}"
    return f"ALTER TABLE {qualified(table.path)} ADD CONSTRAINT {identifier(constraint)} {key};"


def _candidate(catalog: Catalog, table: ObjectId, state: Table) -> list[str]:
    """The columns that look like a key: `id`, or all columns of foreign keys where two or more make a join table."""
    for column in ("id", "uuid", "Id", "ID"):
        if column in state.columns:
            return [column]
    keys = [key for _, key in catalog.foreign_keys(table)]
    joined = {column for key in keys for column in key.columns}
    if len(keys) >= 2 and len(joined) >= 2:
        return [column for column in state.columns if column in joined]
    return []


def _new_key(schema: SchemaInput, table: ObjectId) -> tuple[list[str], list[str]]:
    """An `id` column for a table that has no candidate, filled without a rewrite.

    A volatile default given with ADD COLUMN rewrites the table under ACCESS EXCLUSIVE; given afterwards it only
    serves new rows.
    """
    name = qualified(table.path)
    if schema.product.ids == "serial":
        sequence = fresh_name(schema.catalog, table.path[0], f"{table.own_name}_id_seq")
        kind, default = "bigint", "nextval('" + qualified((table.path[0], sequence)).replace("'", "''") + "')"
        make = [f"CREATE SEQUENCE {qualified((table.path[0], sequence))};"]
        own = [f"ALTER SEQUENCE {qualified((table.path[0], sequence))} OWNED BY {name}.id;"]
    else:
        kind, default, make, own = "uuid", "gen_random_uuid()", [], []
    return ["id"], [
        *make,
        f"ALTER TABLE {name} ADD COLUMN id {kind};",
        f"ALTER TABLE {name} ALTER COLUMN id SET DEFAULT {default};",
        *own,
        "-- in batches on a large table:",
        f"UPDATE {name} SET id = DEFAULT WHERE id IS NULL;",  # noqa: S608 - text to read; the name is quoted
    ]
