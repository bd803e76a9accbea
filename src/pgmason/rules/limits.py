"""Does a CHECK limit how long the values of a column may be, and what adds one?

A matter of house style is the same for texts and for bytes: each of the columns has a CHECK that calls a function of
length, or the SQL that adds one is told. Left to others: which columns, and why (`schema/style/`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pgmason.catalog.kinds.check import condition_of
from pgmason.rules.fixes import LOCK_TIMEOUT, fresh_name, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure
from pgmason.rules.tables import judged_tables, own_columns
from pgmason.statements.conditions import functions_called

__all__ = ["limited_columns"]

_LENGTH = frozenset({"length", "char_length", "character_length", "octet_length"})


def limited_columns(schema: SchemaInput, types: Collection[str], longest: int) -> Iterator[Departure]:
    """The columns of these types, and whether a CHECK limits each; the fix takes the limit `longest`, in what length()
    counts of them."""
    catalog = schema.catalog
    for table, _ in judged_tables(catalog):
        limited: set[str] = set()
        for _, check in catalog.checks(table):
            if functions_called(condition_of(check.definition)) & _LENGTH:
                limited |= set(check.columns)
        for column, state in own_columns(catalog, table):
            if state.type not in types:
                continue
            name = qualified(table.path)
            check_name = identifier(fresh_name(catalog, table.path[0], f"{column.own_name}_length"))
            add = f"CHECK (length({identifier(column.own_name)}) <= {longest}) NOT VALID;"
            yield Departure(
                object=column,
                keeps=column.own_name in limited,
                fix=lines(
                    LOCK_TIMEOUT,
                    f"ALTER TABLE {name} ADD CONSTRAINT {check_name} {add}",
                    f"ALTER TABLE {name} VALIDATE CONSTRAINT {check_name};",
                ),
            )
