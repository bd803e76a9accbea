"""DETACH PARTITION takes ACCESS EXCLUSIVE on the partitioned table as well as on the partition.

For an instant, if it gets it: until then it waits for every query on any partition, and every later one waits behind
it. DETACH ... CONCURRENTLY does the same in two transactions and keeps nobody from the table.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.table import Table
from pgmason.findings import Finding, Severity
from pgmason.locks import LockMode
from pgmason.names import ObjectId
from pgmason.remedies.partitions import detached_concurrently
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["PartitionDetachedWithALock"]


class PartitionDetachedWithALock(MigrationRule):
    severity = Severity.RISK
    title = "A partition is detached under ACCESS EXCLUSIVE on its parent."
    effect = "Every query of the partitioned table waits behind the longest one that runs."
    schema = """\
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2100-01-01');
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE events DETACH PARTITION events_2020;
"""
    good = """\
-- migration, outside a transaction
ALTER TABLE events DETACH PARTITION events_2020 CONCURRENTLY;
"""
    cannot_see = "How long the longest query on the table runs."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.altered:
                became = change.change("partition of")
                state = migration.before.objects.get(change.object)
                if became is None or became.after or not isinstance(state, Table) or state.partition_of is None:
                    continue
                parent = ObjectId("table", state.partition_of)
                if effect.locks.get(parent) is not LockMode.ACCESS_EXCLUSIVE or not migration.live(change):
                    continue
                beside = (migration.before.objects[one] for one in migration.before.partitions[state.partition_of])
                has_default = any(one.partition_bound == "DEFAULT" for one in beside)
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} is detached under ACCESS EXCLUSIVE on {parent.name}",
                    remedy=None if has_default else detached_concurrently(migration.before, parent, change.object),
                    fix="-- CONCURRENTLY is refused while there is a default partition: in a quiet hour, and again"
                    " when the lock_timeout ends it",
                )
