"""A column that may be NULL from now on is read by code that was written when it could not be.

It is the right first step before a column is dropped, and then no code reads it any more. Where code still reads it,
that code must be ready for NULL before the first one is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.remedies.hierarchy import is_below
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["NotNullTakenAway"]


class NotNullTakenAway(MigrationRule):
    severity = Severity.RISK
    title = "A column may be NULL from now on, and code that reads it was written when it could not be."
    effect = "Code that does not expect NULL fails on, or miscounts, the first row that has one."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, total numeric NOT NULL);\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN total DROP NOT NULL;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN total SET DEFAULT 0;
"""
    cannot_see = "Whether code that runs reads the column, and whether it is ready for NULL."
    brief = "Schema integrity: constraints in the database."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            freed = [
                one
                for one in effect.altered
                if one.object.kind == "column"
                and (became := one.change("not null")) is not None
                and became.after == "no"
                and migration.live(one)
            ]
            for change in freed:
                same = {one.of for one in freed if one.of and one.object.own_name == change.object.own_name}
                if change.of is None or is_below(migration.after, change.of, same):
                    continue
                state = migration.after.objects.get(change.now or change.object)
                if state is None or state.not_null:
                    continue  # dropped, or required again further on
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} may be NULL from now on",
                    fix="-- deploy code that reads NULL first; or keep it NOT NULL and give it a default",
                )
