"""CREATE TABLE ... PARTITION OF takes ACCESS EXCLUSIVE on the partitioned table, though it touches none of its rows.

It waits for the longest running query on any partition, and every later one waits behind it. A table of the same shape
made beside it and then attached needs SHARE UPDATE EXCLUSIVE only, for which no query waits.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.table import Table
from pgmason.findings import Finding, Severity
from pgmason.locks import LockMode
from pgmason.names import ObjectId
from pgmason.remedies import Remedy, together
from pgmason.remedies.indexes import qualified
from pgmason.remedies.partitions import can_be_made_alike, made_then_attached
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["PartitionCreatedUnderALock"]


class PartitionCreatedUnderALock(MigrationRule):
    severity = Severity.RISK
    title = "A partition is made in place, under ACCESS EXCLUSIVE on its parent."
    effect = "Every query of the partitioned table waits behind the longest one that runs."
    schema = """\
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, PRIMARY KEY (id, at))
  PARTITION BY RANGE (at);
"""
    bad = """\
SET lock_timeout = '2s';
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
"""
    good = """\
-- migration
SET lock_timeout = '2s';
CREATE TABLE events_2026 (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
"""
    cannot_see = "How long the longest query on the table runs."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        said: set[ObjectId] = set()  # twelve months are one habit
        for effect in migration.done:
            for change in effect.created:
                state = migration.after.objects.get(change.object)
                if not isinstance(state, Table) or state.partition_of is None or state.partition_bound is None:
                    continue
                parent = ObjectId("table", state.partition_of)
                made = effect.locks.get(parent) is LockMode.ACCESS_EXCLUSIVE
                if not made or not migration.is_live(parent) or parent in said or migration.works(effect):
                    continue  # where the default partition is read meanwhile, that is told
                said.add(parent)
                alike = can_be_made_alike(migration.after, parent, change.object)
                undo = f"DROP TABLE {qualified(change.object.path)}"
                made_so = made_then_attached(parent, change.object, state.partition_bound)
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} is made as a partition under ACCESS EXCLUSIVE on {parent.name}",
                    remedy=Remedy(files=(together(*made_so, undo=(undo,)),), equivalent=True) if alike else None,
                    fix="-- make the table first, then ATTACH PARTITION: no query waits for that lock",
                )
