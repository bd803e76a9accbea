"""DROP INDEX takes ACCESS EXCLUSIVE on the table, for an instant, but behind every query that runs.

While it waits for the longest of them, everything new on the table waits behind it. CONCURRENTLY waits without making
anybody wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.index import Index
from pgmason.findings import Finding, Severity
from pgmason.remedies.indexes import dropped_concurrently
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["IndexDroppedWithALock"]


class IndexDroppedWithALock(MigrationRule):
    severity = Severity.RISK
    title = "An index is dropped in a way that queues behind running queries, and makes all others queue."
    effect = "A slow query on the table, and the drop behind it, stop every other query on that table."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, note text);
CREATE INDEX orders_note_idx ON orders (note);
"""
    bad = """\
SET lock_timeout = '2s';
DROP INDEX orders_note_idx;
"""
    good = """\
-- migration, outside a transaction
DROP INDEX CONCURRENTLY orders_note_idx;
"""
    cannot_see = "Whether queries still need the index."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.dropped:
                index = change.object
                if index.kind != "index" or change.implied or change.cascaded or not migration.live(change):
                    continue
                if change.of not in migration.blocking_locks(effect):
                    continue
                state = migration.before.objects.get(index)
                yield self.finding(
                    migration,
                    effect,
                    index,
                    message=f"{index.name} is dropped under ACCESS EXCLUSIVE on its table",
                    remedy=dropped_concurrently(index, state if isinstance(state, Index) else None),
                )
