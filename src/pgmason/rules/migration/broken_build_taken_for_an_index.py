"""CREATE INDEX CONCURRENTLY that fails leaves an invalid index behind; IF NOT EXISTS then takes it for the index.

A deadlock, a duplicate, a lock_timeout or a lost connection is enough. The runner starts the file again, the index is
"already there", and the deploy goes on: no query ever uses the index, every write keeps it up, and a unique one guards
nothing. Drop what an earlier try may have left, and build without IF NOT EXISTS.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.index import Index
from pgmason.findings import Finding, Severity
from pgmason.remedies import Remedy, alone
from pgmason.remedies.indexes import concurrent_definition, qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.statements import says_again

__all__ = ["BrokenBuildTakenForAnIndex"]


class BrokenBuildTakenForAnIndex(MigrationRule):
    severity = Severity.RISK
    title = "IF NOT EXISTS takes what a failed concurrent build left behind for the index."
    effect = "The index is there and invalid: queries do not use it, writes pay for it, a unique one guards nothing."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\n"
    bad = "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_note_idx ON orders (note);\n"
    frame = "statements"
    good = """\
-- migration, outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS orders_note_idx;
CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);
"""
    cannot_see = "Whether the runner looks for invalid indexes itself."
    brief = "Safe migrations: what failed is not taken for done."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            if effect.in_block or not says_again(effect.statement):
                continue
            for change in effect.created:
                index = migration.after.objects.get(change.object)
                if change.object.kind != "index" or not isinstance(index, Index):
                    continue
                if change.of not in migration.before.objects or not migration.is_live(change.of):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"a build of {change.object.name} that failed is taken for the index by the next try",
                    remedy=Remedy(
                        files=(
                            alone(
                                f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(change.object.path)}",
                                concurrent_definition(index.definition),
                            ),
                        )
                    ),
                )
