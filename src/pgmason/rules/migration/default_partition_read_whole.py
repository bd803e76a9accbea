"""A new partition beside a default one makes PostgreSQL read the default partition whole, under ACCESS EXCLUSIVE.

It looks for rows that belong to the new one. The default partition is where everything unforeseen went, so it may be
the largest. A CHECK on it that excludes the new bound, validated beforehand, spares the reading.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.table import Table
from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies import Remedy
from pgmason.remedies.indexes import qualified
from pgmason.remedies.partitions import beside_the_default, can_be_made_alike, conditions, made_then_attached
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["DefaultPartitionReadWhole"]


class DefaultPartitionReadWhole(MigrationRule):
    severity = Severity.OUTAGE
    title = "The default partition is read whole because a partition comes beside it."
    effect = "Reads and writes of the default partition, and mostly of the whole table, wait until it is read."
    schema = """\
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_rest PARTITION OF events DEFAULT;
"""
    bad = """\
CREATE TABLE events_1991 PARTITION OF events FOR VALUES FROM ('1991-01-01') TO ('1992-01-01');
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE events_rest
  ADD CONSTRAINT not_1991 CHECK (at IS NULL OR at < '1991-01-01' OR at >= '1992-01-01') NOT VALID;
-- migration
SET lock_timeout = '2s';
ALTER TABLE events_rest VALIDATE CONSTRAINT not_1991;
-- migration
SET lock_timeout = '2s';
CREATE TABLE events_1991 (LIKE events);
ALTER TABLE events ATTACH PARTITION events_1991 FOR VALUES FROM ('1991-01-01') TO ('1992-01-01');
"""
    cannot_see = "Whether the default partition has rows of the new one: VALIDATE fails on the first, to be moved."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for work in migration.works(effect):
                state = migration.before.objects.get(work.table)
                if not isinstance(state, Table) or state.partition_bound != "DEFAULT" or "reads" not in work.does:
                    continue
                added = _added(migration, effect, state)
                if added is None or any(scan.relation == added and scan.existing for scan in effect.scans):
                    continue  # where what is attached is read, too, both are told there
                yield self.finding(
                    migration,
                    effect,
                    work.table,
                    message=f"{work.table.name} is read whole, for rows that belong to {added.name}, while nobody"
                    " can use it",
                    remedy=_remedy(migration, effect, work.table, added),
                    fix="-- first a CHECK on the default partition that excludes the new bound, then VALIDATE",
                )


def _added(migration: MigrationInput, effect: Effect, default: Table) -> ObjectId | None:
    """The partition that comes beside the default one."""
    for change in effect.objects:
        table = change.now
        state = migration.after.objects.get(table) if table is not None else None
        if isinstance(state, Table) and state.partition_of == default.partition_of and table is not None:
            met = migration.before.objects.get(change.object)
            if not isinstance(met, Table) or met.partition_of != default.partition_of:
                return table
    return None


def _remedy(migration: MigrationInput, effect: Effect, default: ObjectId, added: ObjectId) -> Remedy | None:
    state = migration.after.objects[added]
    parent = ObjectId("table", state.partition_of)
    bound: str = state.partition_bound
    found = conditions(migration.after, parent, bound)
    if found is None:
        return None
    created = any(change.object == added for change in effect.created)
    alike = created and can_be_made_alike(migration.after, parent, added)
    statements = made_then_attached(parent, added, bound) if alike else (effect.statement.text,)
    name = qualified(added.path)
    undo = f"DROP TABLE {name}" if created else f"ALTER TABLE {qualified(parent.path)} DETACH PARTITION {name}"
    return beside_the_default(default, found[1], *statements, undo=undo)
