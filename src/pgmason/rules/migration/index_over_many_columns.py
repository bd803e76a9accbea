"""An index over more than three columns is large, and serves only queries that name its first ones.

Each column behind the first narrows less, and all of them are written with every row. Two or three that are chosen for
the query, or INCLUDE for what is only read along, mostly do the same for less. A unique index says a rule, and needs
the columns that it has.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.index import Index
from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["IndexOverManyColumns"]

_MANY = 3


class IndexOverManyColumns(MigrationRule):
    severity = Severity.NOTE
    title = "An index over more than three columns rarely pays for itself."
    effect = "The index takes room and time with every write, and few queries can use its later columns."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, a integer, b integer, c integer, d integer);\n"
    bad = "CREATE INDEX CONCURRENTLY orders_abcd_idx ON orders (a, b, c, d);\n"
    frame = "statements"
    good = """\
-- migration, outside a transaction
CREATE INDEX CONCURRENTLY orders_abc_idx ON orders (a, b, c) INCLUDE (d);
"""
    cannot_see = "Which queries there are: one that names all the columns may need it."
    brief = "Add indexes for slow queries."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.created:
                index = migration.after.objects.get(change.object)
                if change.object.kind != "index" or not isinstance(index, Index) or change.implied:
                    continue
                if change.of not in migration.before.objects or not migration.is_live(change.of):
                    continue
                if index.unique or index.method != "btree" or len(index.keys) <= _MANY or index.partition_of:
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} has {len(index.keys)} columns",
                )
