"""DROP TABLE takes the rows away, and breaks every process that still names the table.

It also takes ACCESS EXCLUSIVE on each table that the dropped one refers to. Moved to another schema first (SET SCHEMA
takes an instant at any size, and so does the way back), the table can be dropped for good when nobody has missed it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.remedies import LOCK_TIMEOUT
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TableDropped"]


class TableDropped(MigrationRule):
    severity = Severity.LOSS
    title = "A table is dropped with its rows."
    effect = "Running code that names the table fails; its rows are gone."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY);
CREATE TABLE notes (id integer PRIMARY KEY);
"""
    bad = """\
DROP TABLE notes;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
COMMENT ON TABLE notes IS 'not written since March';
"""
    cannot_see = "Whether code still uses the table, and whether its rows are kept elsewhere."
    brief = "Every UP has a DOWN; what a migration drops can come back."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.dropped:
                table = change.object
                if table.kind != "table" or change.cascaded or not migration.live(change):
                    continue
                name = qualified(table.path)
                yield self.finding(
                    migration,
                    effect,
                    table,
                    message=f"{table.name} is dropped with its rows",
                    fix=f"-- deploy code that does not use it; keep it aside until nobody misses it\n{LOCK_TIMEOUT};\n"
                    f"CREATE SCHEMA IF NOT EXISTS kept_aside;\nALTER TABLE {name} SET SCHEMA kept_aside;",
                )
