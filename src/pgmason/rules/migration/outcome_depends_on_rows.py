"""Whether this migration applies depends on rows that only production has.

It was tried on a few valid rows. A unique index fails on the first two that are alike and leaves an invalid index, a
VALIDATE on the first row that breaks its constraint. The query that tells before the deploy is said here; where it
gives 0, the statement succeeds. Where a statement also makes others wait, that finding has the question with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Place, Severity
from pgmason.remedies.hierarchy import is_below
from pgmason.rules.migration_rule import LastRule, MigrationInput
from pgmason.rules.row_questions import asked_first

__all__ = ["OutcomeDependsOnRows"]


class OutcomeDependsOnRows(LastRule):
    severity = Severity.NOTE
    title = "A migration fails where production has rows that it does not expect."
    effect = "The deploy stops there; a concurrent index that failed stays behind, invalid."
    schema = "CREATE TABLE customers (id integer PRIMARY KEY, email text NOT NULL);\n"
    bad = "CREATE UNIQUE INDEX CONCURRENTLY customers_email_key ON customers (email);\n"
    frame = "statements"
    good = """\
-- migration, outside a transaction
CREATE INDEX CONCURRENTLY customers_email_idx ON customers (email);
"""
    cannot_see = "Production's rows: the query asks them."
    brief = "Test migrations on production-size data before deploying."

    def check_rest(self, migration: MigrationInput, told: frozenset[Place]) -> Iterator[Finding]:
        for effect in migration.done:
            read = [scan for scan in effect.scans if scan.existing and scan.whole and migration.is_live(scan.relation)]
            if migration.place(effect) in told or not read:
                continue
            asked = {one.object: one for one in effect.depends_on_rows}
            tables = {change.of for change in effect.objects if change.object in asked and change.of is not None}
            for change in effect.objects:
                if change.object not in asked or change.of is None or is_below(migration.after, change.of, tables):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"it {asked[change.object].why}",
                    fix=asked_first(effect, [change.object]),
                )
