"""A file without a transaction that stops half-way cannot be finished: its first statements fail the second time.

What must run outside a transaction commits statement by statement. When the second one fails (a lock_timeout, a
duplicate), the first is there already, and the runner starts the file again from the top. One statement a file, or
statements that do nothing when they find their work done, can be run again.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect, Verb
from pgmason.findings import Finding, Severity
from pgmason.remedies.files import each_alone
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.sources.units import Frame
from pgmason.statements import says_again

__all__ = ["CannotBeRunAgain"]


class CannotBeRunAgain(MigrationRule):
    severity = Severity.RISK
    title = "A file of several steps that commit one by one cannot be run again after a failure."
    effect = "A deploy that was interrupted must be mended by hand before it can go on."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text, code text);\n"
    bad = """\
CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);
CREATE INDEX CONCURRENTLY orders_code_idx ON orders (code);
"""
    frame = "statements"
    good = """\
-- migration, outside a transaction
CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);
-- migration, outside a transaction
CREATE INDEX CONCURRENTLY orders_code_idx ON orders (code);
"""
    cannot_see = (
        "Whether a statement that says IF NOT EXISTS finds what it means: a failed build leaves an invalid index."
    )
    brief = "Migrations are tested before they are deployed."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        if migration.trace.frame is not Frame.STATEMENTS or migration.trace.failed:
            return
        changing = [one for one in migration.trace.transactions if any(map(_changes, one.effects))]
        stuck = next((one for tx in changing[:-1] for one in tx.effects if _fails_again(one)), None)
        if stuck is None:
            return
        yield self.finding(
            migration,
            stuck,
            None,
            message=f"{migration.name} commits {len(changing)} times, and this statement fails when it is run again",
            remedy=each_alone(migration.trace.effects),
            fix="-- one statement a file, or IF [NOT] EXISTS in each that may have been done already",
        )


def _changes(effect: Effect) -> bool:
    return bool(effect.objects or effect.rows)


def _fails_again(effect: Effect) -> bool:
    """Whether it makes, drops or renames something, or writes rows, and does not say that it may be run again."""
    once = any(change.verb is not Verb.ALTERED or change.renamed for change in effect.objects)
    return (once or any(rows.inserted for rows in effect.rows)) and not says_again(effect.statement)
