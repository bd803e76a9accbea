"""CREATE INDEX holds SHARE on its table until the index is built: every INSERT, UPDATE and DELETE waits.

The build reads the whole table and sorts it, so the wait grows with the table: seconds for a million rows, minutes for
a hundred million. CONCURRENTLY reads the table twice instead and lets everybody write meanwhile; it refuses a
transaction, so it stands alone in its migration. A partitioned table takes it partition by partition.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.remedies.hierarchy import is_below, reach
from pgmason.remedies.indexes import with_concurrently
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.rules.row_questions import with_questions

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
            read = {work.on for work in migration.works(effect)}
            made = {change.of for change in effect.created if change.object.kind == "index" and change.of is not None}
            for change in effect.created:
                table = change.of
                if change.object.kind != "index" or change.implied or table is None:
                    continue
                # one on a partitioned table ONLY reads nothing; those of partitions are told of the whole
                if read.isdisjoint(reach(migration.after, table)) or is_below(migration.after, table, made):
                    continue
                steps = None
                if change.object in migration.after.objects:
                    steps = with_concurrently(migration.before, migration.after, change.object)
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} is built while nobody can write to {table.name}",
                    remedy=with_questions(steps, effect, change.object),
                )
