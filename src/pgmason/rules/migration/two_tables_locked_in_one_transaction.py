"""A transaction that keeps one table locked while it waits for the lock on another stops both, and can deadlock.

The application takes its locks in an order of its own. It holds a row of the second table and waits for the first, the
migration holds the first and waits for the second: PostgreSQL ends one of them. A file a table, each its own
transaction, holds one lock at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.table import Table
from pgmason.effects.model import Effect, TransactionEffect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.files import in_files
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TwoTablesLockedInOneTransaction"]


class TwoTablesLockedInOneTransaction(MigrationRule):
    severity = Severity.RISK
    title = "Tables that have nothing to do with each other are locked one after another in one transaction."
    effect = "The first stays locked while the second is waited for; a request that uses both can end in a deadlock."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY);
CREATE TABLE customers (id integer PRIMARY KEY);
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN note text;
ALTER TABLE customers ADD COLUMN note text;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN note text;
-- migration
SET lock_timeout = '2s';
ALTER TABLE customers ADD COLUMN note text;
"""
    cannot_see = "Which tables are busy, and in which order the application uses them."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for transaction in migration.trace.transactions:
            parts = _parts(migration, transaction)
            if len(parts) < 2:
                continue
            tables = list(dict.fromkeys(table for part in parts for table in _locked(migration, part)))
            first, second = tables[0], _locked(migration, parts[1])[0]
            more = f", and then for {len(tables) - 2} more" if tables[2:] else ""
            yield self.finding(
                migration,
                next(effect for effect in parts[1] if _locks(migration, effect)),
                second,
                message=f"{first.name} stays locked while the transaction waits for {second.name}{more}",
                remedy=in_files(parts) if len(migration.trace.transactions) == 1 else None,
                fix="-- COMMIT between them, or a file for each",
            )


def _parts(migration: MigrationInput, transaction: TransactionEffect) -> list[list[Effect]]:
    """The statements in order, a new part where one locks a table that nothing ties to those locked before it."""
    groups: list[set[ObjectId]] = []  # tables that one statement locks together belong together
    for effect in transaction.effects:
        locked = _locks(migration, effect)
        if locked:
            tied = [group for group in groups if group & locked]
            groups = [group for group in groups if not group & locked] + [locked.union(*tied)]
    parts: list[list[Effect]] = [[]]
    current: set[ObjectId] | None = None
    for effect in transaction.effects:
        locked = _locks(migration, effect)
        group = next((one for one in groups if one & locked), None)
        if group is not None and current is not None and group is not current:
            parts.append([])
        current = group or current
        parts[-1].append(effect)
    return parts


def _locks(migration: MigrationInput, effect: Effect) -> set[ObjectId]:
    """The tables in use that it locks, or alters under a lock held already, so that queries wait; not those that it
    drops."""
    dropped = {change.object for change in effect.dropped}
    altered = {relation for change in effect.objects for relation in (change.object, change.of)}
    again = {relation: mode for relation, mode in effect.held.items() if relation in altered}
    return {
        _root(migration, relation)
        for relation, mode in (*effect.locks.items(), *again.items())
        if mode.blocks_writes and relation.kind == "table" and relation not in dropped and migration.is_live(relation)
    }


def _root(migration: MigrationInput, table: ObjectId) -> ObjectId:
    """The partitioned table that a partition belongs to in the end: queries meet them together."""
    state = migration.before.objects.get(table)
    while isinstance(state, Table) and state.partition_of is not None:
        table = ObjectId("table", state.partition_of)
        state = migration.before.objects.get(table)
    return table


def _locked(migration: MigrationInput, part: list[Effect]) -> list[ObjectId]:
    return sorted(table for effect in part for table in _locks(migration, effect))
