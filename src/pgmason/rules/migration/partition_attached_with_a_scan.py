"""ATTACH PARTITION reads the whole new partition, to see that each row belongs there, while nobody can use it.

The parent is hardly disturbed (SHARE UPDATE EXCLUSIVE); the table that is attached is under ACCESS EXCLUSIVE until its
last row is read. A CHECK that says the same and was validated beforehand spares the reading: PostgreSQL proves it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.table import Table
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies import Remedy
from pgmason.remedies.partitions import attached_by_check, conditions
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["PartitionAttachedWithAScan"]


class PartitionAttachedWithAScan(MigrationRule):
    severity = Severity.OUTAGE
    title = "A table is read whole while it becomes a partition."
    effect = "Reads and writes of the table that is attached wait until it has been read."
    schema = """\
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE events_old (id bigint NOT NULL, at date NOT NULL);
"""
    bad = """\
ALTER TABLE events
  ATTACH PARTITION events_old FOR VALUES FROM (0) TO (1000000000);
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE events_old
  ADD CONSTRAINT events_old_fits
  CHECK (id IS NOT NULL AND id >= 0 AND id < 1000000000) NOT VALID;
-- migration
SET lock_timeout = '2s';
ALTER TABLE events_old VALIDATE CONSTRAINT events_old_fits;
-- migration
SET lock_timeout = '2s';
ALTER TABLE events
  ATTACH PARTITION events_old FOR VALUES FROM (0) TO (1000000000);
"""
    cannot_see = "A key of several columns or of an expression: its CHECK is left to you."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            read = {work.table for work in migration.works(effect) if work.does.startswith("reads")}
            for change in effect.altered:
                became = change.change("partition of")
                if became is None or not became.after or change.object not in read or not migration.live(change):
                    continue
                remedy = _remedy(migration, change.object, change.now or change.object, read)
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} is read whole while it becomes a partition of {became.after}, and"
                    " nobody can use it meanwhile",
                    remedy=remedy,
                    fix=None
                    if remedy
                    else "-- first a CHECK that says the same as the bound, NOT VALID, then VALIDATE",
                )


def _remedy(migration: MigrationInput, table: ObjectId, now: ObjectId, read: set[ObjectId]) -> Remedy | None:
    state = migration.after.objects.get(now)
    if not isinstance(state, Table) or state.partition_of is None or state.partition_bound is None:
        return None
    parent, bound = ObjectId("table", state.partition_of), state.partition_bound
    found = conditions(migration.after, parent, bound)
    if found is None:
        return None
    condition, kept = found
    beside = migration.after.partitions[state.partition_of]
    default = next((one for one in beside if migration.after.objects[one].partition_bound == "DEFAULT"), None)
    also = (default, kept) if default is not None and default in read else None
    return attached_by_check(parent, table, bound, condition, default=also)
