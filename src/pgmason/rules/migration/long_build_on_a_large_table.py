"""An index on a very large table is hours of reading, sorting and writing, though nobody waits for a lock.

CONCURRENTLY reads the table twice, waits for every transaction that is older than itself, and writes the whole index to
the log that replicas follow. A statement_timeout or a lock_timeout ends it near its end and leaves an invalid index; a
transaction that is left open holds it up; a disk that has no room for the index stops the server's writes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.rules.sizes import figures_of

__all__ = ["LongBuildOnALargeTable"]

_LARGE = 10_000_000  # rows: from here on a build takes minutes


class LongBuildOnALargeTable(MigrationRule):
    severity = Severity.NOTE
    title = "An index is built on a very large table."
    effect = "The build takes minutes to hours, its writes delay replicas, and the disk must have room for it."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\n"
    rows = (("public", "orders", 200_000_000),)
    bad = "CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);\n"
    frame = "statements"
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN remark text;
"""
    cannot_see = f"It speaks where statistics of production say {_LARGE:,} rows or more; without them it is silent."
    brief = "Production-size data."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.created:
                table = change.of
                if change.object.kind != "index" or table is None or effect.in_block or not migration.is_live(table):
                    continue
                figures = figures_of(migration.statistics, table)
                if figures is None or (figures.rows or 0) < _LARGE:
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} is built over about {figures.rows:,} rows of {table.name}, read"
                    " twice",
                    fix="-- statement_timeout = 0 for this statement; room on the disk for the index; no transaction"
                    " left open",
                )
