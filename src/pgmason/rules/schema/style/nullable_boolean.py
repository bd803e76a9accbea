"""A boolean that may be NULL has three values, and most code asks for two.

WHERE NOT done leaves out the rows where nobody said; a default and NOT NULL decide it once.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.fixes import LOCK_TIMEOUT, lines, require_not_null
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["NullableBoolean"]


class NullableBoolean(StyleRule):
    title = "A boolean may be NULL."
    effect = "Rows in which nobody said yes or no are in neither list."
    things = "booleans"
    how = "may be NULL"
    bad = "CREATE TABLE tasks (id bigint PRIMARY KEY, done boolean);\n"
    good = "CREATE TABLE tasks (id bigint PRIMARY KEY, done boolean NOT NULL DEFAULT false);\n"
    cannot_see = "Whether unknown is meant as a third value. Rows that are NULL must be filled before the fix."
    brief = "Schema integrity: constraints in the database."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        for table, _ in judged_tables(schema.catalog):
            for column, state in own_columns(schema.catalog, table):
                if state.type == "boolean":
                    fix = lines(LOCK_TIMEOUT, *require_not_null(table, [column.own_name]))
                    yield Departure(object=column, keeps=state.not_null, fix=fix)
