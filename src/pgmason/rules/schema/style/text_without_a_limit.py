"""A text that nothing limits takes whatever is sent: a megabyte in a name, and in every index and page that shows it.

A CHECK on its length says how long it may be, and is changed without touching the rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.rules.limits import limited_columns
from pgmason.rules.rule import SchemaInput
from pgmason.rules.style_rule import Departure, StyleRule

__all__ = ["TextWithoutALimit"]

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
        return limited_columns(schema, ("text", "character varying"), _LONGEST)
