"""Columns that are numbered are rows of a table that is missing.

phone1, phone2 and phone3 hold three phones and no fourth, every search asks three columns, and none can be unique
across them. The first normal form puts each into a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.enumerating import some
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["RepeatedColumnGroups"]

_FROM = 3  # line1 and line2 of an address are a pair
_DIGITS = "0123456789"


class RepeatedColumnGroups(SchemaRule):
    severity = Severity.NOTE
    title = "Numbered columns that hold a list."
    effect = "One more needs a migration, and each search and each constraint has to name them all."
    bad = "CREATE TABLE person (\n  id uuid PRIMARY KEY,\n  phone1 text,\n  phone2 text,\n  phone3 text\n);\n"
    good = (
        "CREATE TABLE person (\n  id uuid PRIMARY KEY\n);\n"
        "CREATE TABLE phone (\n  person_id uuid REFERENCES person,\n  number text,\n"
        "  PRIMARY KEY (person_id, number)\n);\n"
    )
    cannot_see = (
        "Whether the number is a meaning of its own, as in the lines of an address or the places of a podium. A group"
        " is three columns or more of one type, numbered on from 0 or 1."
    )
    brief = "The schema is normalized."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        groups: list[str] = []
        for table, _ in judged_tables(catalog):
            numbers: dict[tuple[str, str], set[int]] = {}
            for column, state in own_columns(catalog, table):
                stem = column.own_name.rstrip(_DIGITS)
                digits = column.own_name[len(stem) :]
                if stem and digits:
                    numbers.setdefault((stem, state.type), set()).add(int(digits))
            for (stem, _), found in sorted(numbers.items()):
                first = min(found)
                if len(found) >= _FROM and first <= 1 and found == set(range(first, first + len(found))):
                    groups.append(f"{table.name}.{stem}{first}..{max(found)}")
        if groups:
            yield self.finding(
                schema,
                None,
                message=f"numbered columns hold a list: {some(groups)}",
                fix="-- a table of their own, one row each, with a foreign key to this one",
            )
