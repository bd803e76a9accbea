"""A backfill in the transaction that changed the table holds that lock until its last row is written.

ALTER TABLE takes its lock for an instant only if its transaction ends there. An UPDATE of the whole table behind it,
in the same migration, keeps everybody waiting for as long as the UPDATE takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["RowsChangedUnderALock"]


class RowsChangedUnderALock(MigrationRule):
    severity = Severity.OUTAGE
    title = "Rows are changed in bulk while the transaction holds a lock that others wait for."
    effect = "Reads and writes of the locked table wait until every row is changed and the transaction is over."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, total numeric(10,2));\n"
    bad = "ALTER TABLE orders ADD COLUMN tax numeric(10,2);\nUPDATE orders SET tax = total * 0.2;\n"
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN tax numeric(10,2);
"""
    cannot_see = "How many rows production has. A table that is small and stays so may be waived with that reason."
    brief = "Zero-downtime migrations: add nullable, backfill, then constrain."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            works = migration.works(effect)
            changed = [one.relation for one in effect.rows if one.updated or one.deleted or one.inserted]
            if not works or not changed or effect.rewrites:
                continue
            work = works[0]
            named = next((one for one in changed if migration.is_live(one)), changed[0])
            yield self.finding(
                migration,
                effect,
                named,
                message=f"rows of {named.name} are changed while the transaction holds {work.lock.sql} on"
                f" {work.table.name}: {work.blocks} wait",
                fix="-- a migration of its own, in batches that commit, after the one that changes the table",
            )
