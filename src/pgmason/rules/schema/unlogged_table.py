"""An unlogged table is empty after a crash, and on every replica.

It writes no WAL, which makes it fast and leaves nothing to recover it from: a server that was not shut down cleanly
truncates it, point-in-time recovery brings it back empty, and a standby cannot read it. (PostgreSQL manual, CREATE
TABLE, UNLOGGED.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.fixes import LOCK_TIMEOUT, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import is_ledger

__all__ = ["UnloggedTable"]


class UnloggedTable(SchemaRule):
    severity = Severity.RISK
    title = "A table that a crash empties."
    effect = "After a crash, a failover or a restore the table is empty, and no replica can read it."
    bad = "CREATE UNLOGGED TABLE session (\n  id uuid PRIMARY KEY,\n  person text NOT NULL\n);\n"
    good = "CREATE TABLE session (\n  id uuid PRIMARY KEY,\n  person text NOT NULL\n);\n"
    cannot_see = (
        "Whether the rows can be made again, as those of a cache or a staging table can: a waiver with that reason is"
        " right there. The fix writes the whole table under ACCESS EXCLUSIVE."
    )
    brief = "Integrity is enforced by the database: what was committed stays."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        for table, state in schema.catalog.tables:
            if not state.unlogged or is_ledger(table, state):
                continue
            parent = schema.catalog.objects.get(ObjectId("table", state.partition_of)) if state.partition_of else None
            if parent is not None and parent.unlogged:
                continue
            yield self.finding(
                schema,
                table,
                message=f"{table.name} is UNLOGGED",
                fix=lines(
                    "-- writes the whole table under ACCESS EXCLUSIVE",
                    LOCK_TIMEOUT,
                    f"ALTER TABLE {qualified(table.path)} SET LOGGED;",
                ),
            )
