"""A text that nothing limits takes whatever is sent: a megabyte in a name, and in every index and page that shows it.

A CHECK on its length says how long it may be, and is changed without touching the rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.fixes import LOCK_TIMEOUT, fresh_name, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule
from pgmason.rules.tables import judged_tables, own_columns
from pgmason.statements.conditions import functions_called

__all__ = ["TextWithoutALimit"]

_LENGTH = frozenset({"length", "char_length", "character_length", "octet_length"})
_LONGEST = 10_000  # characters, where nobody has said


class TextWithoutALimit(StyleRule):
    title = "A column of text has no limit of length."
    effect = "One request can store as much as it sends."
    things = "columns of text"
    how = "have no limit"
    bad = "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n"
    good = "CREATE TABLE orders (id bigint PRIMARY KEY, note text CHECK (length(note) <= 2000));\n"
    cannot_see = "A limit in code, or of the type of a domain. What the right limit is: the fix takes a wide one."
    brief = "Schema integrity: constraints in the database."

    def looked_at(self, schema: SchemaInput) -> Iterator[Departure]:
        catalog = schema.catalog
        for table, _ in judged_tables(catalog):
            limited: set[str] = set()
            for _, check in catalog.checks(table):
                expression = check.definition.removeprefix("CHECK ").removesuffix(" NOT VALID")
                if functions_called(expression) & _LENGTH:
                    limited |= set(check.columns)
            for column, state in own_columns(catalog, table):
                if state.type not in ("text", "character varying"):
                    continue
                name = qualified(table.path)
                check_name = identifier(fresh_name(catalog, table.path[0], f"{column.own_name}_length"))
                add = f"CHECK (length({identifier(column.own_name)}) <= {_LONGEST}) NOT VALID;"
                yield Departure(
                    object=column,
                    keeps=column.own_name in limited,
                    fix=lines(
                        LOCK_TIMEOUT,
                        f"ALTER TABLE {name} ADD CONSTRAINT {check_name} {add}",
                        f"ALTER TABLE {name} VALIDATE CONSTRAINT {check_name};",
                    ),
                )
