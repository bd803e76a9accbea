"""A BEGIN without its COMMIT leaves it to chance whether the migration happened.

psql rolls back what is open when the file ends. Another runner goes on in the same transaction and commits it with its
own note, or keeps the locks until its connection is closed.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.sources.units import Frame
from pgmason.statements import transaction_step

__all__ = ["TransactionLeftOpen"]


class TransactionLeftOpen(MigrationRule):
    severity = Severity.BREAK
    title = "A file begins a transaction and does not end it."
    effect = "What the file did may be rolled back although it is noted as applied; its locks are held on."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = """\
BEGIN;
CREATE TABLE notes (id integer PRIMARY KEY);
"""
    frame = "statements"
    good = """\
-- migration, outside a transaction
BEGIN;
CREATE TABLE notes (id integer PRIMARY KEY);
COMMIT;
"""
    cannot_see = "What the runner does with a transaction that it finds open."
    brief = "Migrations are tested before they are deployed."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        if migration.trace.frame is Frame.TRANSACTION or migration.trace.failed:
            return  # there BEGIN does nothing
        opened: Effect | None = None
        for effect in migration.done:
            step = transaction_step(effect.statement)
            if step is None:
                continue
            if step.kind in ("BEGIN", "START"):
                opened = opened or effect
            elif step.kind in ("COMMIT", "ROLLBACK", "PREPARE"):
                opened = effect if step.chain else None
        if opened is not None:
            yield self.finding(
                migration,
                opened,
                None,
                message=f"the transaction that begins here is still open at the end of {migration.name}",
                fix="-- add COMMIT; at the end of the file",
            )
