"""VALIDATE CONSTRAINT in the transaction that added the constraint reads the table under the lock of the ADD.

NOT VALID and VALIDATE are two steps so that the long one runs under a weak lock. A lock is held to the end of its
transaction: in one file that the runner sends as one transaction the two are no better than one. The ADD must be
committed before VALIDATE begins.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.remedies import Remedy
from pgmason.remedies.files import in_files
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ValidatedWhileLocked"]


class ValidatedWhileLocked(MigrationRule):
    severity = Severity.OUTAGE
    title = "A constraint is validated while an earlier statement's lock is held."
    effect = "Reads or writes of the table wait until VALIDATE has read it, as if the constraint were added valid."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, total numeric NOT NULL);\n"
    bad = """\
ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
"""
    cannot_see = "Whether the runner applies several files in one transaction (one that does is known by its format)."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for transaction in migration.trace.transactions:
            for effect in transaction.effects:
                works = migration.works(effect) if effect.outcome == "done" else ()
                for change in effect.altered:
                    became = change.change("valid")
                    work = next((one for one in works if change.of is not None and change.of.name in one.does), None)
                    if became is None or became.after != "yes" or work is None or not migration.is_live(change.of):
                        continue
                    yield self.finding(
                        migration,
                        effect,
                        change.object,
                        message=f"VALIDATE of {change.object.own_name} {work.does} under {work.lock.sql} on"
                        f" {work.table.name}, taken before it: {work.blocks} wait",
                        remedy=_apart(transaction.effects, effect) if len(migration.trace.transactions) == 1 else None,
                        fix="-- COMMIT first; VALIDATE in a transaction of its own",
                    )


def _apart(effects: tuple[Effect, ...], validating: Effect) -> Remedy | None:
    """The statements before it, itself, and those after it, a file each."""
    at = effects.index(validating)
    return in_files([effects[:at], effects[at : at + 1], effects[at + 1 :]])
