"""A block that catches errors gives back the locks of what failed in it, and nobody can say afterwards which.

What a DO block or function does is observed like any other statement, so most of them are judged. Only where a part of
it is undone on the way, as by EXCEPTION WHEN, is some of what it held and did unseen: then no silence of a rule means
that all is well.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Basis
from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["CannotBeJudged"]


class CannotBeJudged(MigrationRule):
    severity = Severity.RISK
    title = "What a statement locks cannot be seen in full."
    effect = "It may block reads or writes, and no rule can tell."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = """\
SET lock_timeout = '2s';
DO $$
BEGIN
  ALTER TABLE orders ADD COLUMN note text;
EXCEPTION WHEN duplicate_column THEN NULL;
END $$;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;
"""
    cannot_see = "What it names: that is why it speaks."
    brief = "Migrations are tested before they are deployed."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        if migration.trace.failed:
            return  # that it fails is told
        for effect in migration.done:
            if effect.locks_incomplete is None:
                continue
            if effect.basis is Basis.UNKNOWN and not effect.objects:
                continue  # batches that commit: they change rows, and no object, as event triggers would have told
            yield self.finding(
                migration,
                effect,
                None,
                message=f"the locks of this statement are not all known: {effect.locks_incomplete}",
                detail=" ".join(effect.statement.text.split())[:60],
                fix="-- plain statements with IF [NOT] EXISTS do the same, and are seen",
            )
