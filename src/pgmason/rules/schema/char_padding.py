"""`char(n)` fills each value with blanks up to n, stores them, and forgets them when it compares.

It is no faster than `text` in PostgreSQL and takes more room. The blanks go to clients that trim nothing, disappear in
a cast to text, and LIKE and regular expressions see them. Values that are always n long are the one use it has.
(PostgreSQL manual, 8.3 Character Types.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.enumerating import counted, some
from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["CharPadding"]

# Lengths of what is always as long: codes of countries, currencies and languages, and digests in hexadecimal or base64.
_CODES = range(1, 4)
_DIGESTS = frozenset({24, 28, 32, 36, 40, 44, 56, 64, 88, 96, 128})


class CharPadding(SchemaRule):
    severity = Severity.NOTE
    title = "Columns of char(n) whose values may be shorter than n."
    effect = "Values come back with blanks behind them; LIKE sees the blanks, = does not."
    bad = "CREATE TABLE person (\n  id uuid PRIMARY KEY,\n  name char(50) NOT NULL\n);\n"
    good = "CREATE TABLE person (\n  id uuid PRIMARY KEY,\n  name text NOT NULL,\n  country char(2)\n);\n"
    cannot_see = (
        "How long the values are. Up to three characters (codes of countries, currencies), lengths of digests and of"
        " UUIDs, and a name that ends in the length (ean13) are taken for fixed. The fix rewrites the table."
    )
    brief = "Proper types."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        padded: list[tuple[ObjectId, str]] = []
        for table, _ in judged_tables(catalog):
            for column, state in own_columns(catalog, table):
                length = state.type.removeprefix("character(").removesuffix(")")
                if f"character({length})" == state.type and not _is_fixed(column.own_name, length):
                    padded.append((column, length))
        if padded:
            column, _ = padded[0]
            change = f"ALTER COLUMN {identifier(column.own_name)} TYPE text"
            yield self.finding(
                schema,
                None,
                message=f"{counted(len(padded), 'column')} padded with blanks:"
                f" {some([f'{one.name} char({length})' for one, length in padded])}",
                fix=lines(
                    "-- for one column; rewrites the table under ACCESS EXCLUSIVE",
                    LOCK_TIMEOUT,
                    f"ALTER TABLE {qualified(column.relation.path)} {change};",
                ),
            )


def _is_fixed(column: str, length: str) -> bool:
    return int(length) in _CODES or int(length) in _DIGESTS or column.endswith(length)
