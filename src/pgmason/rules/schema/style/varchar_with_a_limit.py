"""varchar(n) limits a text where the limit is hardest to change and says least.

text and varchar are stored alike. A limit that is a rule of the product can be a CHECK with a name, which is changed
without a new type; a limit that nobody chose is a request that fails one day. (PostgreSQL wiki, Don't Do This.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, qualified
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["VarcharWithALimit"]


class VarcharWithALimit(StyleRule):
    title = "A column of text has its limit in its type."
    effect = "The day the limit is wrong, inserts fail until the type is changed."
    things = "columns of text"
    how = "are varchar(n)"
    bad = "CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(80));\n"
    good = "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n"
    cannot_see = "Whether the limit is meant. The fix takes its lock for an instant: the rows stay as they are."
    brief = "Types fit what they hold."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        for table, _ in judged_tables(schema.catalog):
            for column, state in own_columns(schema.catalog, table):
                limited = state.type.startswith("character varying(") and not state.type.endswith("[]")
                if limited or state.type in ("text", "character varying"):
                    name = identifier(column.own_name)
                    fix = f"{LOCK_TIMEOUT}\nALTER TABLE {qualified(table.path)} ALTER COLUMN {name} TYPE text;"
                    yield Departure(object=column, keeps=not limited, fix=fix)
