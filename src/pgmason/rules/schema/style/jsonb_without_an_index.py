"""A jsonb column that is searched without an index is read whole, row by row.

A GIN index answers @>, ? and the path operators. A column that is only stored and read back needs none: then leave this
rule off, or waive it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.index import Index
from pgmason.rules.fixes import CONCURRENTLY_NOTE, fresh_name, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["JsonbWithoutAnIndex"]


class JsonbWithoutAnIndex(StyleRule):
    title = "A jsonb column has no GIN index."
    effect = "Queries that look into it read every row."
    things = "jsonb columns"
    how = "have no GIN index"
    bad = "CREATE TABLE events (id bigint PRIMARY KEY, body jsonb);\n"
    good = """\
CREATE TABLE events (id bigint PRIMARY KEY, body jsonb);
CREATE INDEX events_body ON events USING gin (body);
"""
    cannot_see = "Whether any query looks into it."
    brief = "Indexes serve the queries."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        catalog = schema.catalog
        for table, state in judged_tables(catalog):
            gins = (index for _, index in catalog.members(Index, table) if index.method == "gin")
            indexed = {name for index in gins for name in index.keys}
            for column, column_state in own_columns(catalog, table):
                if column_state.type != "jsonb" or state.partition_key is not None:
                    continue
                own = identifier(column.own_name)
                wanted = fresh_name(catalog, table.path[0], f"{table.own_name}_{column.own_name}_idx")
                build = f"CREATE INDEX CONCURRENTLY {identifier(wanted)} ON {qualified(table.path)} USING gin ({own});"
                yield Departure(object=column, keeps=own in indexed, fix=lines(CONCURRENTLY_NOTE, build))
