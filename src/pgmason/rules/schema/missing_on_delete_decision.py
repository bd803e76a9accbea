"""A product whose foreign keys all say nothing about DELETE has left the question to whoever deletes first.

NO ACTION, the default, refuses to delete a parent that has children. That is right for an invoice and its payments,
and wrong for a person and their sessions. Where every key has it, nobody has asked; each parent that may go needs
RESTRICT, CASCADE or SET NULL said on purpose. (PostgreSQL manual, 5.4.5 Foreign Keys.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables

__all__ = ["MissingOnDeleteDecision"]

_FEW = 3  # with fewer keys, all alike may well be a decision
_TABLES = (
    "CREATE TABLE person (\n  id uuid PRIMARY KEY\n);\n"
    "CREATE TABLE session (\n  id uuid PRIMARY KEY,\n  person_id uuid NOT NULL REFERENCES person{}\n);\n"
    "CREATE TABLE invoice (\n  id uuid PRIMARY KEY,\n  person_id uuid NOT NULL REFERENCES person\n);\n"
    "CREATE TABLE payment (\n  id uuid PRIMARY KEY,\n  invoice_id uuid NOT NULL REFERENCES invoice\n);\n"
)


class MissingOnDeleteDecision(SchemaRule):
    severity = Severity.NOTE
    title = "No foreign key says what happens when its parent row is deleted."
    effect = "Each delete of a parent with children fails, or code deletes the children by hand and forgets some."
    bad = _TABLES.format("")
    good = _TABLES.format(" ON DELETE CASCADE")
    cannot_see = (
        "Whether NO ACTION is what was decided: it is told once, where three keys or more all have it, and not again"
        " as soon as one key says otherwise."
    )
    brief = "Relations are right: deleting is decided."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        keys = [key for table, _ in judged_tables(catalog) for _, key in catalog.foreign_keys(table)]
        if len(keys) >= _FEW and all(key.on_delete == "NO ACTION" for key in keys):
            yield self.finding(
                schema,
                None,
                message=f"all {len(keys)} foreign keys are ON DELETE NO ACTION, the default",
                fix="-- say it where a parent may go: ON DELETE CASCADE, SET NULL or RESTRICT",
            )
