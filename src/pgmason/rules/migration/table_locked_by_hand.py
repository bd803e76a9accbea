"""LOCK TABLE keeps others out until the end of the transaction, which nothing in the migration asks for.

Without a mode it takes ACCESS EXCLUSIVE: nobody reads, nobody writes. A statement that needs a lock takes the one it
needs, for itself; to lock beforehand has a use only where a later statement of the transaction alters that table.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.locks import LockMode
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TableLockedByHand"]


class TableLockedByHand(MigrationRule):
    severity = Severity.RISK
    title = "A table is locked explicitly, though nothing in the transaction alters it."
    effect = "Reads or writes of the table wait until the transaction is over."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\n"
    bad = """\
SET lock_timeout = '2s';
LOCK TABLE orders;
UPDATE orders SET note = '' WHERE id = 1;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
UPDATE orders SET note = '' WHERE id = 1;
"""
    cannot_see = "Whether the lock guards against a writer that the update must not meet: then waive it."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for transaction in migration.trace.transactions:
            for effect in transaction.effects:
                if effect.outcome != "done" or effect.statement.form != "lock_stmt":
                    continue
                later = [one for one in transaction.effects if one.number > effect.number]
                for table, mode in _taken(migration, effect):
                    if any(_alters(one, table) for one in later) or any(migration.works(one) for one in later):
                        continue  # it is needed; or what is done under it is told
                    yield self.finding(
                        migration,
                        effect,
                        table,
                        message=f"{table.name} is locked in {mode.sql} mode, and nothing after it needs that lock",
                        fix="-- leave it out: each statement takes the lock that it needs",
                    )


def _taken(migration: MigrationInput, effect: Effect) -> list[tuple[ObjectId, LockMode]]:
    """The blocking locks of a statement that does nothing else."""
    if migration.works(effect):
        return []
    return [
        (relation, mode)
        for relation, mode in sorted(effect.locks.items())
        if mode.blocks_writes and relation.kind in ("table", "view") and migration.is_live(relation)
    ]


def _alters(effect: Effect, table: ObjectId) -> bool:
    return any(table in (change.object, change.of) for change in effect.objects) or any(
        one.table == table for one in effect.rewrites
    )
