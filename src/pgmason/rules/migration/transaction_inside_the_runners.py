"""BEGIN and COMMIT in a file that its runner wraps in a transaction end the runner's transaction early.

BEGIN inside a transaction does nothing but warn. COMMIT ends the runner's: what comes after it, and the runner's own
note that the migration was applied, are not in it any more. A failure then leaves a schema that the runner does not
know of, or a note of a migration that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.sources.units import Frame
from pgmason.statements import transaction_step

__all__ = ["TransactionInsideTheRunners"]

_ENDS = ("COMMIT", "ROLLBACK", "PREPARE")


class TransactionInsideTheRunners(MigrationRule):
    severity = Severity.RISK
    title = "A file begins or ends a transaction inside the one that its runner opened."
    effect = "A failure leaves the migration half applied, or noted as applied when it is not."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = """\
BEGIN;
CREATE TABLE notes (id integer PRIMARY KEY);
COMMIT;
"""
    good = """\
-- migration
CREATE TABLE notes (id integer PRIMARY KEY);
"""
    cannot_see = "A COMMIT inside a DO block or procedure: it fails there, and that is told."
    brief = "Migrations are tested before they are deployed."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        if migration.trace.frame is not Frame.TRANSACTION:
            return
        steps = [(effect, transaction_step(effect.statement)) for effect in migration.done]
        ends = [(effect, step) for effect, step in steps if step is not None and step.kind in _ENDS]
        begins = [(effect, step) for effect, step in steps if step is not None and step.kind in ("BEGIN", "START")]
        for effect, step in (ends or begins)[:1]:
            does = "ends the transaction that the runner opened" if ends else "does nothing: the runner began one"
            yield self.finding(
                migration,
                effect,
                None,
                message=f"{step.kind} in {migration.name} {does}",
                fix="-- leave BEGIN and COMMIT out: the runner sends them around the file",
            )
