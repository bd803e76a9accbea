"""A new column whose value differs from row to row makes PostgreSQL write the whole table anew.

A constant default, and now(), are kept once for all rows since PostgreSQL 11. A volatile default (gen_random_uuid(),
random(), clock_timestamp()), serial, identity, a stored generated column and a domain that has a constraint are not:
every row and every index is written while nobody can read or write the table.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.columns import added_empty_then_filled
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ColumnAddedWithARewrite"]


class ColumnAddedWithARewrite(MigrationRule):
    severity = Severity.OUTAGE
    title = "A column is added that makes PostgreSQL write the whole table anew."
    effect = "Reads and writes of the table wait until every row and index is written; the disk holds both copies."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();\n"
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN token uuid;
ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();
"""
    cannot_see = "How long it takes: that depends on production's rows."
    brief = "Zero-downtime migrations: add nullable, backfill, then constrain."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            rewritten = {work.table for work in migration.works(effect) if "anew" in work.does}
            told: set[ObjectId] = set()
            for change in effect.created:
                column, table = change.object, change.of
                if column.kind != "column" or table not in rewritten or table in told:
                    continue
                told.add(table)  # several columns of one statement are one rewrite
                state = migration.after.objects.get(column)
                remedy = None
                if isinstance(state, Column) and state.generated is None and state.identity is None:
                    remedy = added_empty_then_filled(column, state)
                yield self.finding(
                    migration,
                    effect,
                    column,
                    message=f"adding {column.name} writes {table.name} and its indexes anew while nobody can use it",
                    remedy=remedy,
                    fix=None if remedy else _IN_STEPS,
                )


_IN_STEPS = (
    "-- add a plain column, keep it current by a trigger, fill the old rows in batches, and switch over when it is full"
)
