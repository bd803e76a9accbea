"""A statement that reads or rewrites a table while others wait for it stops the product for as long as that takes.

Most forms of it have a rule of their own, with the steps that avoid it. This one speaks of all others, so that none
goes by unseen: what PostgreSQL did is observed, whichever statement, function or DO block made it do so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pgmason.findings import Finding, Place, Severity
from pgmason.rules.migration_rule import LastRule, MigrationInput

__all__ = ["WorkUnderABlockingLock"]


class WorkUnderABlockingLock(LastRule):
    severity = Severity.OUTAGE
    title = "A statement works through a whole table while others wait for it."
    effect = "Reads or writes of the table wait until the statement, or its whole transaction, is done."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\n"
    bad = "LOCK TABLE orders;\nSELECT count(*) FROM orders;\n"
    good = "SELECT count(*) FROM orders;\n"
    cannot_see = "How long it takes: that depends on production's rows."
    brief = "Zero-downtime migrations."

    def check_rest(self, migration: MigrationInput, told: frozenset[Place]) -> Iterator[Finding]:
        said: Counter[str] = Counter()  # each statement adds its own time; several on a line are one
        for effect in migration.done:
            place = migration.place(effect)
            if place in told:
                continue
            for work in migration.works(effect):
                if said[f"{place} {work.does}"]:
                    continue
                said[f"{place} {work.does}"] += 1
                said[work.does] += 1
                again = f", again ({said[work.does]})" if said[work.does] > 1 else ""
                yield self.finding(
                    migration,
                    effect,
                    work.table,
                    message=f"PostgreSQL {work.does}{again} while {work.blocks} of {work.table.name} wait",
                    detail=f"{work.does}{again}",
                    fix="-- take the lock in a transaction that does nothing else, or do this work without it",
                )
