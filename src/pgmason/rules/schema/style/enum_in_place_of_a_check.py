"""An enum loses no value, and gains one only at a price: a value that is gone needs a new type and a rewrite.

A CHECK over a text says the same of a column, is changed in an instant (NOT VALID, then VALIDATE), and a table of
values can hold what belongs to each. An enum sorts in its own order and takes four bytes: where that counts, leave this
rule off.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.keywords import identifier, literal
from pgmason.catalog.kinds.check import condition_of
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.rules.fixes import LOCK_TIMEOUT, fresh_name, lines, qualified
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables, own_columns
from pgmason.statements.conditions import read_condition

__all__ = ["EnumInPlaceOfACheck"]

_TEXTS = ("text", "character varying")


class EnumInPlaceOfACheck(StyleRule):
    title = "A closed set of values is an enum."
    effect = "To take a value away the table is written anew while nobody reads or writes it."
    things = "closed sets of values"
    how = "are enums"
    bad = """\
CREATE TYPE order_state AS ENUM ('open', 'paid');
CREATE TABLE orders (id bigint PRIMARY KEY, state order_state NOT NULL DEFAULT 'open');
"""
    good = """\
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid'))
);
"""
    cannot_see = (
        "Whether anything sorts by the enum, and code that is generated from it. The fix writes the table anew: while"
        " it is small. Indexes and expressions over the column must be made again by hand, and so must arrays of it."
    )
    brief = "Types fit what they hold."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        catalog = schema.catalog
        for enum, state in catalog.of(Enum):
            yield Departure(object=enum, keeps=False, fix=_fix(catalog, enum, state))
        for table, _ in judged_tables(catalog):
            texts = {column.own_name for column, own in own_columns(catalog, table) if own.type in _TEXTS}
            for check, own in catalog.checks(table):
                if len(own.columns) != 1 or own.columns[0] not in texts:
                    continue
                said = read_condition(condition_of(own.definition))
                if said is not None and len(said.strings) > 1 and not said.numbers and not said.patterns:
                    yield Departure(object=check, keeps=True)


def _fix(catalog: Catalog, enum: ObjectId, state: Enum) -> str:
    steps = [LOCK_TIMEOUT]
    values = ", ".join(map(literal, state.labels))
    for table, _ in catalog.tables:
        for column, own in catalog.columns(table):
            if own.type == qualified(enum.path) and own.local:
                steps += _changed(catalog, table, column, own, values)
    return lines(*steps, f"DROP TYPE {qualified(enum.path)};")


def _changed(catalog: Catalog, table: ObjectId, column: ObjectId, own: Column, values: str) -> Iterator[str]:
    """The column as a text with a CHECK; its default is taken off meanwhile, since it is of the enum."""
    name, which = qualified(table.path), identifier(column.own_name)
    alter = f"ALTER TABLE {name} ALTER COLUMN {which}"
    if own.default is not None:
        yield f"{alter} DROP DEFAULT;"
    yield f"{alter} TYPE text;"
    if own.default is not None:
        yield f"{alter} SET DEFAULT {own.default.removesuffix(f'::{own.type}')};"
    check = identifier(fresh_name(catalog, table.path[0], f"{column.own_name}_values"))
    yield f"ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({which} IN ({values})) NOT VALID;"
    yield f"ALTER TABLE {name} VALIDATE CONSTRAINT {check};"
