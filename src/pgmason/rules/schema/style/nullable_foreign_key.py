"""A reference that may be NULL makes every query decide what a row without a parent means.

Often nobody meant it: NOT NULL was not written. Where a row can really be without, that is a fact worth a waiver.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.fixes import LOCK_TIMEOUT, lines, require_not_null
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables

__all__ = ["NullableForeignKey"]


class NullableForeignKey(StyleRule):
    title = "A foreign key may be NULL."
    effect = "Rows without a parent are silently left out of every join."
    things = "foreign keys"
    how = "may be NULL"
    bad = """\
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers);
"""
    good = """\
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers);
"""
    cannot_see = "Whether a row may be without; the fix fails where one is."
    brief = "Schema integrity: constraints in the database."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        for table, _ in judged_tables(schema.catalog):
            columns = {column.own_name: state for column, state in schema.catalog.columns(table)}
            for key, state in schema.catalog.foreign_keys(table):
                free = [name for name in state.columns if not columns[name].not_null]
                fix = lines(LOCK_TIMEOUT, *require_not_null(table, free)) if free else ""
                yield Departure(object=key, keeps=not free, fix=fix)
