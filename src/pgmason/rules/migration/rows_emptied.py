"""TRUNCATE throws all rows of a table away, and with CASCADE those of every table that refers to it.

It holds ACCESS EXCLUSIVE on each of them, fires no row triggers, and no DOWN brings the rows back.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import RewriteKind
from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["RowsEmptied"]


class RowsEmptied(MigrationRule):
    severity = Severity.LOSS
    title = "A table is emptied."
    effect = "All rows are gone, with CASCADE also those of other tables."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY);
"""
    bad = """\
TRUNCATE orders;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
DELETE FROM orders WHERE id = 1;
"""
    cannot_see = "Whether the rows are wanted: a cache or a staging table may be emptied, with that reason as a waiver."
    brief = "Every UP has a DOWN; what a migration drops can come back."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            emptied = [
                one.relation
                for one in effect.rewrites
                if one.kind is RewriteKind.EMPTIED and one.relation.kind == "table" and migration.is_live(one.relation)
            ]
            for table in emptied[:1]:
                also = f", and with it {', '.join(one.name for one in emptied[1:])}" if emptied[1:] else ""
                yield self.finding(
                    migration,
                    effect,
                    table,
                    message=f"{table.name} loses all its rows{also}",
                    fix="-- copy the rows elsewhere first; or empty it outside of a migration",
                )
