"""A new default is used by what is written from now on; rows that are there keep their value.

Code that fills defaults itself, as Prisma and Rails do with a constant one, goes on writing the old value until it is
deployed again; so for a while both come in.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column
from pgmason.findings import Finding, Severity
from pgmason.remedies.hierarchy import is_below
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["DefaultChangedForNewRows"]


class DefaultChangedForNewRows(MigrationRule):
    severity = Severity.NOTE
    title = "A default changes for new rows, and code that fills it by itself goes on with the old one."
    effect = "Old rows keep their value; code that was deployed before may go on writing the old default."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, state text NOT NULL DEFAULT 'open', note text);\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN state SET DEFAULT 'new';
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN note SET DEFAULT '';
"""
    cannot_see = "Whether the code that runs fills the default by itself."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            changed = [one for one in effect.altered if one.object.kind == "column" and one.change("default")]
            for change in changed:
                if change.of is None or change.change("type") is not None or not migration.live(change):
                    continue  # a new type says the same default in its own words
                before = migration.before.objects.get(change.object)
                after = migration.after.objects.get(change.now or change.object)
                if not isinstance(before, Column) or not isinstance(after, Column):
                    continue
                if before.default is None or after.default is None or before.default == after.default:
                    continue
                same = {one.of for one in changed if one.of and one.object.own_name == change.object.own_name}
                if is_below(migration.after, change.of, same):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"new rows of {change.of.name} have {change.object.own_name} {after.default} in place of"
                    f" {before.default}; old ones keep theirs",
                )
