"""IF NOT EXISTS did nothing here: something of that name is there already, and nobody compared it with what is meant.

The migration is told as applied, and the table, index or column is whatever an earlier migration, or a hand, made it.
In the history that runs here the statement has no effect at all: take it out, or alter what is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["SkippedBecauseItExists"]

# duplicate_table (also of an index, a sequence, a view) and duplicate_column (manual, Appendix A); roles, schemas and
# extensions that are there already are what was asked for
_THERE = ("42P07", "42701")


class SkippedBecauseItExists(MigrationRule):
    severity = Severity.RISK
    title = "A statement does nothing, because something of that name is there already."
    effect = "Code is deployed for a table or column that may be another one than the migration says."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20));\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN IF NOT EXISTS remark text;
"""
    cannot_see = "Whether what is there is what is meant."
    brief = "Migrations are tested before they are deployed."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            skipped = [one for one in effect.notices if one.sqlstate in _THERE]
            if not skipped:
                continue
            yield self.finding(
                migration,
                effect,
                None,
                message=f"{skipped[0].message}: nobody compared it with what is meant",
                detail=skipped[0].message,
                fix="-- compare what is there with what is meant; then take the statement out, or ALTER",
            )
