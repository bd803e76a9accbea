"""VACUUM FULL, CLUSTER, SET LOGGED, SET TABLESPACE and the like copy a table while nobody can use it.

They hold ACCESS EXCLUSIVE from the first row to the last. What they are for has gentler ways: pg_repack or pg_squeeze
for bloat and order, and a maintenance window for what has no other.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import RewriteKind
from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TableWrittenAnew"]

_SAYS = {
    RewriteKind.REWRITTEN: "is written anew",
    RewriteKind.REBUILT: "has its indexes built anew",
    RewriteKind.MOVED: "is copied to another tablespace",
    RewriteKind.REFRESHED: "is filled anew",
}


class TableWrittenAnew(MigrationRule):
    severity = Severity.OUTAGE
    title = "A whole table, index or materialized view is written anew while nobody can use it."
    effect = "Reads and writes of it wait until the copy is done; the disk holds both copies."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = "CLUSTER orders USING orders_pkey;\n"
    good = "ANALYZE orders;\n"
    cannot_see = "How long it takes: that depends on production's rows."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            if effect.created or any(one.object.kind == "column" for one in effect.altered):
                continue  # a column or constraint is why, and is told
            works = {
                work.table: work for work in migration.works(effect) if "anew" in work.does or "copies" in work.does
            }
            told = set()
            for rewrite in effect.rewrites:
                table = rewrite.table
                if table not in works or table in told or rewrite.kind not in _SAYS:
                    continue
                told.add(table)
                yield self.finding(
                    migration,
                    effect,
                    table,
                    message=f"{table.name} {_SAYS[rewrite.kind]} while {works[table].blocks} wait",
                    fix=_FIX.get(effect.statement.form),
                )


_FIX = {
    "reindex_stmt": "-- REINDEX ... CONCURRENTLY, in a migration of its own, outside a transaction",
    "refresh_mat_view_stmt": "-- REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index over all its rows",
    "cluster_stmt": "-- pg_repack does the same without the lock",
    "vacuum_stmt": "-- a plain VACUUM takes no lock that anybody waits for; pg_repack gives the disk back",
}
