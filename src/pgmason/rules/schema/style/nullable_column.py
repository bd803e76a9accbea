"""A column that may be NULL asks every reader what that means: not known, not yet, not so, or forgotten.

NOT NULL by default, and NULL where it has a meaning that somebody can say, keeps the question out of most code.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.fixes import LOCK_TIMEOUT, lines, require_not_null
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["NullableColumn"]


class NullableColumn(StyleRule):
    title = "A column may be NULL."
    effect = "Comparisons with it are neither true nor false, and sums and counts leave it out."
    things = "columns"
    how = "may be NULL"
    bad = "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n"
    good = "CREATE TABLE orders (id bigint PRIMARY KEY, note text NOT NULL DEFAULT '');\n"
    cannot_see = (
        "Whether NULL means something there; rows that are NULL must be filled before the fix. Booleans and references"
        " have rules of their own (nullable-boolean, nullable-foreign-key)."
    )
    brief = "Schema integrity: constraints in the database."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        catalog = schema.catalog
        for table, _ in judged_tables(catalog):
            referring = {name for _, key in catalog.foreign_keys(table) for name in key.columns}
            for column, state in own_columns(catalog, table):
                if state.type == "boolean" or column.own_name in referring or state.generated is not None:
                    continue
                fix = lines(LOCK_TIMEOUT, *require_not_null(table, [column.own_name]))
                yield Departure(object=column, keeps=state.not_null, fix=fix)
