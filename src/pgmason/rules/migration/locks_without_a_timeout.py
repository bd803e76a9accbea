"""A strong lock waits for every transaction that uses the table, and all later queries wait behind it.

One report that has been running for ten minutes is enough: the ALTER TABLE queues behind it, and the whole product
queues behind the ALTER TABLE. With a lock_timeout the migration gives up after two seconds instead, and is run again.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Basis
from pgmason.findings import Finding, Severity
from pgmason.remedies import LOCK_TIMEOUT
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["LocksWithoutATimeout"]


class LocksWithoutATimeout(MigrationRule):
    severity = Severity.RISK
    title = "A lock that others wait behind is asked for without a lock_timeout."
    effect = "One long query, and every request on the table waits until it ends."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY);
"""
    bad = """\
ALTER TABLE orders ADD COLUMN note text;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN note text;
"""
    cannot_see = (
        "Whether the runner, or the role that it connects as, sets lock_timeout itself (ALTER ROLE ... SET "
        "lock_timeout); then waive it."
    )
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        waiting = [
            (effect, table)
            for effect in migration.done
            if effect.settings is not None and effect.settings.lock_timeout_ms == 0 and effect.basis is Basis.OBSERVED
            for table in sorted(relation for relation, mode in effect.locks.items() if mode.blocks_writes)
            if table.kind != "index" and migration.is_live(table)
        ]
        if not waiting:
            return
        effect, table = waiting[0]
        tables = sorted({one.name for _, one in waiting})
        more = f" and {len(tables) - 1} more" if tables[1:] else ""
        yield self.finding(
            migration,
            effect,
            table,
            message=f"the lock on {table.name}{more} is waited for without a lock_timeout",
            fix=f"{LOCK_TIMEOUT};\n-- first in the file; and run the migration again when it gives up",
        )
