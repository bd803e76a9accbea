"""A table that an extension manages is not the table that this server sees: other locks and other statements apply.

What TimescaleDB and Citus do to a statement (send it to chunks or to other machines, refuse it, lock them all) happens
in the extension, which is not installed where migrations are tried. So the table is told by name, with what is
different for it, instead of being judged as if it were a plain one. For PostGIS and pgvector it is their indexes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.trigger import Trigger
from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.statements import calls_of

__all__ = ["ExtensionManagedTable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manager:
    """An extension: the functions that hand a table over to it, those of triggers by which it marks one, and what is
    different from then on (each from the extension's own manual)."""

    name: str
    takes: tuple[str, ...]
    marks: tuple[str, ...]
    differs: str


_MANAGERS = (
    _Manager(
        name="TimescaleDB",
        takes=("create_hypertable", "enable_chunk_skipping", "add_compression_policy", "add_columnstore_policy"),
        marks=("insert_blocker", "ts_insert_blocker"),
        differs="an index is built chunk by chunk WITH (timescaledb.transaction_per_chunk), not CONCURRENTLY; ALTER"
        " TABLE locks each chunk; a unique key must hold the time column",
    ),
    _Manager(
        name="Citus",
        takes=("create_distributed_table", "create_reference_table", "undistribute_table", "citus_add_local_table"),
        marks=("citus_truncate_trigger",),
        differs="DDL runs on every node in one distributed transaction; keys and foreign keys must hold the"
        " distribution column; some forms of ALTER TABLE are refused",
    ),
    _Manager(
        name="pg_partman",
        takes=("create_parent", "create_partition", "create_sub_parent", "partition_data_proc"),
        marks=("part_trig",),
        differs="its partitions are made by maintenance: an index, key or privilege that is not on the parent or its"
        " template table is missing on the next one",
    ),
    _Manager(
        name="PostGIS",
        takes=("addgeometrycolumn", "updategeometrysrid", "dropgeometrycolumn"),
        marks=(),
        differs="these functions ALTER the table under ACCESS EXCLUSIVE, and UpdateGeometrySRID writes it anew",
    ),
)
_INDEXED = {
    "hnsw": "pgvector builds it in maintenance_work_mem, and many times slower when it does not fit",
    "ivfflat": "pgvector takes its lists from the rows that are there: built over few rows it finds badly for ever",
    "gist": "a GiST index of geometries takes many times as long as a btree: in an hour of its own, CONCURRENTLY",
    "spgist": "an SP-GiST index of geometries takes many times as long as a btree: in an hour of its own, CONCURRENTLY",
}
_TYPES = ("geometry", "geography", "vector", "halfvec", "sparsevec")


class ExtensionManagedTable(MigrationRule):
    severity = Severity.RISK
    title = "A table that an extension manages is changed as if it were a plain one."
    effect = "Locks, duration and even whether it works are the extension's, and were not tried here."
    schema = """\
CREATE TABLE readings (at timestamptz NOT NULL, value numeric);
CREATE FUNCTION create_hypertable(relation regclass, time_column name) RETURNS int
  LANGUAGE sql AS 'SELECT 1';
"""
    bad = """\
SET lock_timeout = '2s';
SELECT create_hypertable('readings', 'at');
ALTER TABLE readings ADD COLUMN unit text;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE readings ADD COLUMN unit text;
"""
    cannot_see = (
        "What the extension does. A hypertable or distributed table is known by the triggers that mark it, by calls in"
        " the pending migrations, or not at all."
    )
    brief = "PostgreSQL 15+ and its extensions."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        said: set[tuple[str, str]] = set()
        for effect in migration.trace.effects:
            for manager, table in _handed_over(effect):
                if (manager.name, table) not in said:
                    said.add((manager.name, table))
                    yield self._told(migration, effect, manager, table)
            if effect.outcome != "done":
                continue
            for relation in sorted(one for one, mode in effect.locks.items() if mode.blocks_writes):
                marked = _marked(migration, relation)
                if marked is not None and (marked.name, relation.own_name) not in said:
                    said.add((marked.name, relation.own_name))
                    yield self._told(migration, effect, marked, relation.name, relation)
            for change in effect.created:
                why = _slow_index(migration, change.object)
                if why is not None and migration.is_live(change.of):
                    yield self.finding(
                        migration,
                        effect,
                        change.object,
                        message=f"{change.object.name} is an index of an extension's type: {why}",
                        fix="-- SET maintenance_work_mem for the build, CONCURRENTLY, on a day of its own",
                    )

    def _told(
        self, migration: MigrationInput, effect: Effect, manager: _Manager, table: str, relation: ObjectId | None = None
    ) -> Finding:
        return self.finding(
            migration,
            effect,
            relation,
            message=f"{table} is a table of {manager.name}: {manager.differs}",
            detail=f"{manager.name} {table}",
            fix=f"-- by the manual of {manager.name}, and tried on a server that has it",
        )


def _handed_over(effect: Effect) -> Iterator[tuple[_Manager, str]]:
    """The tables that a statement hands over by name."""
    for call in calls_of(effect.statement):
        for manager in _MANAGERS:
            if call.function in manager.takes and call.texts:
                yield manager, call.texts[0].rpartition(".")[2].strip('"')


def _marked(migration: MigrationInput, relation: ObjectId) -> _Manager | None:
    """The extension whose trigger is on the table."""
    if relation.kind != "table" or relation not in migration.before.objects:
        return None
    called = {trigger.function[1] for _, trigger in migration.before.members(Trigger, relation)}
    return next((manager for manager in _MANAGERS if called & set(manager.marks)), None)


def _slow_index(migration: MigrationInput, identity: ObjectId) -> str | None:
    index = migration.after.objects.get(identity)
    if not isinstance(index, Index) or index.method not in _INDEXED:
        return None
    columns = (
        migration.after.objects.get(ObjectId("column", (*index.table, name))) for name in index.key_columns if name
    )
    types = [column.type for column in columns if isinstance(column, Column)]
    known = any(kind.partition("(")[0].rpartition(".")[2] in _TYPES for kind in types)
    return _INDEXED[index.method] if known else None
