"""Most changes of a column's type write the whole table and all its indexes anew.

Some do not: varchar to a longer varchar or to text, numeric to a larger precision of the same scale, a timestamp to
more digits. Whether this one does was observed, not looked up. A new column beside the old one, kept equal by a
trigger and filled in batches, takes its place without anybody waiting.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TypeChangeRewritesTheTable"]


class TypeChangeRewritesTheTable(MigrationRule):
    severity = Severity.OUTAGE
    title = "A change of type writes a whole table, or its indexes, anew."
    effect = "Reads and writes of the table wait until it is done; the disk holds both copies."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, number integer NOT NULL, code varchar(10));\n"
    bad = "ALTER TABLE orders ALTER COLUMN number TYPE bigint;\n"
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN code TYPE varchar(20);
"""
    cannot_see = "How long it takes: that depends on production's rows."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            works = {work.table: work for work in migration.works(effect) if "anew" in work.does}
            told = set()
            for change in effect.altered:
                column, table = change.object, change.of
                became = change.change("type") or change.change("collation")
                if column.kind != "column" or became is None or table not in works or table in told:
                    continue
                told.add(table)
                yield self.finding(
                    migration,
                    effect,
                    column,
                    message=f"{column.name} from {became.before} to {became.after} {works[table].does},"
                    f" while {works[table].blocks} wait",
                    fix="-- add a column of the new type, keep it equal by a trigger, fill the old rows in batches,\n"
                    "-- deploy code that reads it, then drop the old one",
                )
