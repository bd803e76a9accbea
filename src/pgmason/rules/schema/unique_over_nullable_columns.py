"""A unique key over several columns holds nobody to anything while one of them is NULL.

NULL is never equal to NULL there: (42, NULL) may stand in the table any number of times, and the rule "one setting
for each customer and channel" has a hole exactly where the channel is left out. NULLS NOT DISTINCT, since 15, closes
it. (PostgreSQL manual, CREATE TABLE, UNIQUE.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.enumerating import counted, some
from pgmason.rules.fixes import CONCURRENTLY_NOTE, fresh_name, identifier, identifiers, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables

__all__ = ["UniqueOverNullableColumns"]

_TABLE = (
    "CREATE TABLE setting (\n  id uuid PRIMARY KEY,\n  customer text NOT NULL,\n  channel text,\n"
    "  UNIQUE{} (customer, channel)\n);\n"
)


class UniqueOverNullableColumns(SchemaRule):
    severity = Severity.NOTE
    title = "Unique keys of several columns of which some may be NULL."
    effect = "Rows that leave one of the columns empty may repeat, as often as you like."
    bad = _TABLE.format("")
    good = _TABLE.format(" NULLS NOT DISTINCT")
    cannot_see = (
        "Whether rows with NULL are meant to repeat, and whether they do already, on which the fix fails. A key over"
        " one nullable column is the usual way to say unique where there is a value, and is not told; nor is a key"
        " beside a partial unique index for the rows with NULL, or one that is partial itself."
    )
    brief = "Integrity is enforced by the database: unique means unique."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        found: list[tuple[ObjectId, ObjectId, Index, list[str]]] = []
        for table, _ in judged_tables(catalog):
            indexes = catalog.indexes(table)
            for identity, index in indexes:
                nullable = [one for one in index.key_columns if one and _is_nullable(catalog, table, one)]
                if (
                    index.unique
                    and index.valid
                    and len(index.key_columns) > 1
                    and nullable
                    and not index.nulls_not_distinct
                    and index.predicate is None
                    and None not in index.key_columns
                    and not any(_closes(other, index) or _implies(catalog, table, other, index) for _, other in indexes)
                ):
                    found.append((table, identity, index, nullable))
        if found:
            names = [
                f"{table.name} ({', '.join(map(quoted, map(str, index.key_columns)))})" for table, _, index, _ in found
            ]
            # a foreign key holds on to the index it rests on
            relied_on = {on for _, on in catalog.dependencies if on.kind == "index"}
            table, identity, index, _ = min(found, key=lambda one: one[1] in relied_on)
            yield self.finding(
                schema,
                None,
                message=f"{counted(len(found), 'unique key')} that a NULL opens: {some(names)}",
                fix=_fix(catalog, table, identity, index),
            )


def _is_nullable(catalog: Catalog, table: ObjectId, column: str) -> bool:
    state = catalog.objects.get(ObjectId("column", (*table.path, column)))
    return isinstance(state, Column) and not state.not_null


def _closes(other: Index, index: Index) -> bool:
    """Whether a partial unique index keeps rows with NULL apart, by fewer of the columns."""
    return other.unique and other.predicate is not None and {*other.key_columns} < {*index.key_columns}


def _implies(catalog: Catalog, table: ObjectId, other: Index, index: Index) -> bool:
    """Whether fewer of the columns, none of them nullable, are unique already."""
    return (
        other.unique
        and other.predicate is None
        and {*other.key_columns} < {*index.key_columns}
        and not any(one is None or _is_nullable(catalog, table, one) for one in other.key_columns)
    )


def _fix(catalog: Catalog, table: ObjectId, identity: ObjectId, index: Index) -> str:
    """A key of the same name in place of the old one, whose place the new one takes before it goes."""
    if catalog.objects[table].partition_key is not None:
        return "-- on a partitioned table: an index NULLS NOT DISTINCT on each partition, then one ON ONLY the parent"
    name = fresh_name(catalog, table.path[0], f"{identity.own_name}_new")
    columns = identifiers([column for column in index.key_columns if column])
    on = f"{qualified(table.path)} ({columns}) NULLS NOT DISTINCT"
    build = f"CREATE UNIQUE INDEX CONCURRENTLY {identifier(name)} ON {on};"
    if index.constraint is None:
        swap = [
            f"DROP INDEX CONCURRENTLY {qualified(identity.path)};",
            f"ALTER INDEX {qualified((table.path[0], name))} RENAME TO {identifier(identity.own_name)};",
        ]
    else:
        own = identifier(index.constraint)
        replaced = f"DROP CONSTRAINT {own}, ADD CONSTRAINT {own} UNIQUE USING INDEX {identifier(name)}"
        swap = [f"ALTER TABLE {qualified(table.path)} {replaced};"]
    return lines(
        "-- for one key; fails where rows repeat already, or where a foreign key rests on the old one",
        CONCURRENTLY_NOTE,
        build,
        *swap,
    )
