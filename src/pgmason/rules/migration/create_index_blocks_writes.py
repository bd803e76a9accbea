"""CREATE INDEX holds SHARE on its table until the index is built: every INSERT, UPDATE and DELETE waits.

The build reads the whole table and sorts it, so the wait grows with the table: seconds for a million rows, minutes for
a hundred million. CONCURRENTLY reads the table twice instead and lets everybody write meanwhile; it refuses a
transaction, so it stands alone in its migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.index import Index
from pgmason.findings import Finding, Severity
from pgmason.remedies.indexes import with_concurrently
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["CreateIndexBlocksWrites"]


class CreateIndexBlocksWrites(MigrationRule):
    severity = Severity.OUTAGE
    title = "An index is built while nobody can write to its table."
    effect = "INSERT, UPDATE and DELETE on the table wait until the index is built; requests pile up behind them."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, placed_at timestamptz NOT NULL);\n"
    bad = "CREATE INDEX orders_placed_at_idx ON orders (placed_at);\n"
    good = """\
-- migration, outside a transaction
CREATE INDEX CONCURRENTLY orders_placed_at_idx ON orders (placed_at);
"""
    cannot_see = (
        "How long it takes: that depends on production's rows. Where the table is small or nobody writes to it, waive"
        " the finding with that reason."
    )
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            blocked = migration.blocking_locks(effect)
            for change in effect.created:
                if change.object.kind != "index" or change.implied or change.of not in blocked:
                    continue
                index = migration.after.objects.get(change.object)
                partitioned = getattr(migration.before.objects.get(change.of), "partition_key", None) is not None
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} is built while nobody can write to {change.of.name}",
                    remedy=with_concurrently(index, change.object)
                    if isinstance(index, Index) and not partitioned
                    else None,
                    fix=_ON_PARTITIONS if partitioned else None,
                )


# CONCURRENTLY is refused for a partitioned table (PostgreSQL manual, CREATE INDEX, notes).
_ON_PARTITIONS = (
    "-- CREATE INDEX ... ON ONLY the partitioned table, which reads nothing; then on each partition\n"
    "-- CREATE INDEX CONCURRENTLY, in a migration of its own, and ALTER INDEX ... ATTACH PARTITION"
)
