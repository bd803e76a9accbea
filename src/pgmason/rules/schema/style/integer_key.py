"""A key of four bytes ends at 2,147,483,647, and changing it then writes the table anew.

Sequences skip numbers, so a key can be spent long before the table has so many rows. bigint costs four bytes a row
more, and alignment often makes it nothing. A key that is near its end is another rule's: key-near-capacity.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, qualified
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables

__all__ = ["IntegerKey"]


class IntegerKey(StyleRule):
    title = "A numeric primary key that is no bigint."
    effect = "The day it is spent, every insert fails."
    things = "numeric primary keys"
    how = "are smaller than bigint"
    bad = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    good = "CREATE TABLE orders (id bigint PRIMARY KEY);\n"
    cannot_see = "How many rows a table will have. The fix writes the table anew: while it is small."
    brief = "Types fit what they hold."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        for table, _ in judged_tables(schema.catalog):
            key = schema.catalog.primary_key(table)
            if key is None or len(key[1].columns) != 1:
                continue
            (name,) = key[1].columns
            column = dict(schema.catalog.columns(table))
            identity, state = next((one, state) for one, state in column.items() if one.own_name == name)
            if state.type in ("smallint", "integer", "bigint"):
                change = f"ALTER TABLE {qualified(table.path)} ALTER COLUMN {identifier(name)} TYPE bigint;"
                yield Departure(object=identity, keeps=state.type == "bigint", fix=f"{LOCK_TIMEOUT}\n{change}")
