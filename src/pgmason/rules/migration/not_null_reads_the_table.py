"""SET NOT NULL reads every row while nobody can read or write the table, unless a CHECK has proven it already.

Since PostgreSQL 12 a validated CHECK (column IS NOT NULL) is proof enough, and the table is not read. The CHECK is
added NOT VALID and validated in a transaction of its own, which lets everybody work.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.remedies.constraints import not_null_by_check
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["NotNullReadsTheTable"]


class NotNullReadsTheTable(MigrationRule):
    severity = Severity.OUTAGE
    title = "SET NOT NULL reads a whole table while nobody can use it."
    effect = "Reads and writes of the table wait until every row was looked at."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\nALTER TABLE orders ALTER note SET DEFAULT '';\n"
    bad = "ALTER TABLE orders ALTER COLUMN note SET NOT NULL;\n"
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_note_is_not_null CHECK (note IS NOT NULL) NOT VALID;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders VALIDATE CONSTRAINT orders_note_is_not_null;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT orders_note_is_not_null;
"""
    cannot_see = "Whether production's rows have a value: VALIDATE fails on the first that has none."
    brief = "Zero-downtime migrations: add nullable, backfill, then constrain."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            read = {work.table for work in migration.works(effect)}
            rewritten = {rewrite.relation for rewrite in effect.rewrites}
            for change in effect.altered:
                became = change.change("not null")
                if change.object.kind != "column" or became is None or became.after != "yes":
                    continue
                # the column may be new, and the table it was added to full of rows
                if change.of not in read or change.of in rewritten or change.implied:
                    continue
                if any(one.object.kind == "primary key" for one in effect.created):
                    continue  # a primary key says NOT NULL by itself, and is told
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"SET NOT NULL on {change.object.name} reads the table while nobody reads or writes it",
                    remedy=not_null_by_check(change.object),
                )
