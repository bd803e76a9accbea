"""DROP COLUMN takes the values away, and breaks every process that still names the column.

The lock lasts an instant. But an application that was started before still selects and inserts the column until it is
restarted with new code, and no DOWN brings the values back. First deploy code that does not use it, then drop it, and
keep key and value of it elsewhere for as long as a way back is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.keywords import identifier
from pgmason.findings import Finding, Severity
from pgmason.remedies import LOCK_TIMEOUT
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ColumnDropped"]


class ColumnDropped(MigrationRule):
    severity = Severity.LOSS
    title = "A column is dropped with its values."
    effect = "Running code that names the column fails; its values are gone."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, note text);
"""
    bad = """\
ALTER TABLE orders DROP COLUMN note;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;
"""
    cannot_see = (
        "Whether code still uses the column, and whether its values are kept elsewhere; waive the finding "
        "where both are settled."
    )
    brief = "Every UP has a DOWN; what a migration drops can come back."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.dropped:
                column = change.object
                if column.kind != "column" or change.cascaded or not migration.live(change):
                    continue
                table, name = qualified(column.path[:2]), identifier(column.own_name)
                yield self.finding(
                    migration,
                    effect,
                    column,
                    message=f"{column.name} is dropped with its values",
                    fix=f"-- deploy code that does not name {name}, keep key and value elsewhere, and only then:\n"
                    f"{LOCK_TIMEOUT};\nALTER TABLE {table} DROP COLUMN {name};",
                )
