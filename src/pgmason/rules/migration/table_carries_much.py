"""A table that has very many columns or indexes already gets one more, and every write pays for all of them.

Each index is written by every INSERT and by every UPDATE that is not confined to a page; a row of very many columns is
read and copied whole. A table beside it, with the same key, takes what belongs together; an index that nothing uses
(pg_stat_user_indexes) can go.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.table import Table
from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TableCarriesMuch"]

_COLUMNS = 100
_INDEXES = 15


class TableCarriesMuch(MigrationRule):
    severity = Severity.NOTE
    title = "A table with very many columns or indexes gets one more."
    effect = "Every write of the table keeps all its indexes up; every row is read and copied with all its columns."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY);
DO $$
BEGIN
  FOR number IN 2..100 LOOP
    EXECUTE format('ALTER TABLE orders ADD COLUMN field_%s integer', number);
  END LOOP;
END
$$;
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN field_101 integer;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
CREATE TABLE order_details (order_id integer PRIMARY KEY REFERENCES orders, field_101 integer);
"""
    cannot_see = f"Whether they are used. It speaks from {_COLUMNS} columns or {_INDEXES} indexes on."
    brief = "Normalized schema."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        told = set()
        for effect in migration.done:
            for change in effect.created:
                table, kind = change.of, change.object.kind
                if kind not in ("column", "index") or table is None or (table, kind) in told:
                    continue
                state = migration.after.objects.get(table) if table in migration.before.objects else None
                if not isinstance(state, Table) or state.partition_of is not None or not migration.is_live(table):
                    continue
                count = len(state.columns) if kind == "column" else len(migration.after.indexes(table))
                if count <= (_COLUMNS if kind == "column" else _INDEXES):
                    continue
                told.add((table, kind))
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{table.name} has {count} {'columns' if kind == 'column' else 'indexes'} with this one",
                    detail=kind,
                )
