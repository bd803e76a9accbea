"""A foreign key that may be deferred is checked at COMMIT, far from the statement that broke it.

It also cannot be the target that ON CONFLICT or another key counts on, and the planner trusts it less. Where rows refer
to each other in a circle it is needed, and worth a waiver.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, qualified
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables

__all__ = ["DeferrableForeignKey"]


class DeferrableForeignKey(StyleRule):
    title = "A foreign key is deferrable."
    effect = "A violation is told at COMMIT, when nobody knows which statement it was."
    things = "foreign keys"
    how = "are deferrable"
    bad = """\
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers DEFERRABLE);
"""
    good = """\
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers);
"""
    cannot_see = "Whether rows are written in an order that needs it."
    brief = "Schema integrity: constraints in the database."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        for table, _ in judged_tables(schema.catalog):
            for key, state in schema.catalog.foreign_keys(table):
                name = identifier(key.own_name)
                change = f"ALTER TABLE {qualified(table.path)} ALTER CONSTRAINT {name} NOT DEFERRABLE;"
                yield Departure(object=key, keeps=not state.deferrable, fix=f"{LOCK_TIMEOUT}\n{change}")
