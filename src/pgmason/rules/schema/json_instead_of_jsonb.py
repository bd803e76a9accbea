"""`json` keeps a text and parses it again for every question; `jsonb` keeps what the text said.

A `json` column has no equality, so DISTINCT, GROUP BY and UNION over it fail, no GIN index, no containment, and each
access to a field reads the whole value. What it keeps beyond `jsonb` is white space, the order of keys and keys that
come twice. (PostgreSQL manual, 8.14 JSON Types.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.names import quoted
from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["JsonInsteadOfJsonb"]


class JsonInsteadOfJsonb(SchemaRule):
    severity = Severity.STYLE
    title = "A column of json, which can be neither compared nor indexed."
    effect = "Every access parses the whole text again; DISTINCT and GROUP BY over a row fail, and no GIN index helps."
    bad = "CREATE TABLE event (\n  id uuid PRIMARY KEY,\n  payload json NOT NULL\n);\n"
    good = "CREATE TABLE event (\n  id uuid PRIMARY KEY,\n  payload jsonb NOT NULL\n);\n"
    cannot_see = (
        "Whether the very text matters, as that of a signed message does: a waiver with that reason is right there. The"
        " fix rewrites the table under ACCESS EXCLUSIVE, and a view on the column has to be dropped before."
    )
    brief = "Proper types."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        for table, _ in judged_tables(catalog):
            columns = [column.own_name for column, state in own_columns(catalog, table) if state.type == "json"]
            if columns:
                are = "is" if len(columns) == 1 else "are"
                changes = ", ".join(f"ALTER COLUMN {identifier(column)} TYPE jsonb" for column in columns)
                yield self.finding(
                    schema,
                    table,
                    detail=", ".join(sorted(columns)),
                    message=f"{table.name}: {', '.join(map(quoted, columns))} {are} json",
                    fix=lines(
                        "-- rewrites the table under ACCESS EXCLUSIVE: on a large one a new column, filled in batches",
                        LOCK_TIMEOUT,
                        f"ALTER TABLE {qualified(table.path)} {changes};",
                    ),
                )
