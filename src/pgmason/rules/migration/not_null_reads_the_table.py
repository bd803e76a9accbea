"""SET NOT NULL reads every row while nobody can read or write the table, unless a CHECK has proven it already.

Since PostgreSQL 12 a validated CHECK (column IS NOT NULL) is proof enough, and the table is not read. The CHECK is
added NOT VALID and validated in a transaction of its own, which lets everybody work.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.remedies.constraints import not_null_by_check
from pgmason.remedies.hierarchy import is_below, reach
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.rules.row_questions import with_questions

__all__ = ["NotNullReadsTheTable"]


class NotNullReadsTheTable(MigrationRule):
    severity = Severity.OUTAGE
    title = "SET NOT NULL reads a whole table while nobody can use it."
    effect = "Reads and writes of the table wait until every row was looked at."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\nALTER TABLE orders ALTER note SET DEFAULT '';\n"
    bad = "ALTER TABLE orders ALTER COLUMN note SET NOT NULL;\n"
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_note_is_not_null CHECK (note IS NOT NULL) NOT VALID;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders VALIDATE CONSTRAINT orders_note_is_not_null;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT orders_note_is_not_null;
"""
    cannot_see = "Whether production's rows have a value: VALIDATE fails on the first that has none."
    brief = "Zero-downtime migrations: add nullable, backfill, then constrain."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            if any(one.object.kind == "primary key" for one in effect.created):
                continue  # a primary key says NOT NULL by itself, and is told
            read = {work.on for work in migration.works(effect)}
            rewritten = {rewrite.table for rewrite in effect.rewrites}
            required = [
                change
                for change in effect.altered
                if change.object.kind == "column"
                and (became := change.change("not null")) is not None
                and became.after == "yes"
                and change.of is not None
            ]
            for change in required:
                table, column = change.of, change.object
                # the column may be new, and the table it was added to full of rows
                if table is None or change.implied or not migration.is_live(table):
                    continue
                same = {one.of for one in required if one.of is not None and one.object.own_name == column.own_name}
                below = reach(migration.after, table)
                if read.isdisjoint(below) or not rewritten.isdisjoint(below) or is_below(migration.after, table, same):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    column,
                    message=f"SET NOT NULL on {column.name} reads the table while nobody reads or writes it",
                    remedy=with_questions(not_null_by_check(column), effect, column),
                )
