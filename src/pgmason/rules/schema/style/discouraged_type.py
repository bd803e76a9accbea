"""money, timetz and timestamps without fractions are types that PostgreSQL itself advises against.

money has the currency of the server's locale and no other; a time of day with a zone has no date to tell which offset
holds; timestamp(0) rounds half a second into the future. (PostgreSQL wiki, Don't Do This.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, qualified
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["DiscouragedType"]

_BETTER = {
    "money": "numeric(19,4)",
    "time with time zone": "time without time zone",
    "timestamp(0) with time zone": "timestamp with time zone",
    "timestamp(0) without time zone": "timestamp without time zone",
}


class DiscouragedType(StyleRule):
    title = "A column is of a type that PostgreSQL advises against."
    effect = "Its values mean something else on another server, in another zone, or half a second later."
    things = "columns"
    how = "are of a discouraged type"
    bad = "CREATE TABLE orders (id bigint PRIMARY KEY, total money);\n"
    good = "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(19,4));\n"
    cannot_see = "What the values are for. The fix may write the table anew: while it is small."
    brief = "Types fit what they hold."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        for table, _ in judged_tables(schema.catalog):
            for column, state in own_columns(schema.catalog, table):
                better = _BETTER.get(state.type)
                name = identifier(column.own_name)
                change = f"ALTER TABLE {qualified(table.path)} ALTER COLUMN {name} TYPE {better};"
                yield Departure(object=column, keeps=better is None, fix=f"{LOCK_TIMEOUT}\n{change}")
