"""Adding a primary key or unique constraint builds its index while nobody can read or write the table.

ALTER TABLE ... ADD UNIQUE holds ACCESS EXCLUSIVE from the first row read to the last page written. An index built
CONCURRENTLY beforehand does the long part while everybody works; ADD CONSTRAINT ... USING INDEX then takes the lock
for an instant. A primary key over a column that may be NULL reads the table once more, to make sure that none is.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.unique import Unique
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.indexes import key_using_index
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["KeyBuildsItsIndex"]


class KeyBuildsItsIndex(MigrationRule):
    severity = Severity.OUTAGE
    title = "A primary key or unique constraint is made of rows that nobody can reach meanwhile."
    effect = "Reads and writes of the table wait until its rows are read and the index is built."
    schema = "CREATE TABLE customers (id integer PRIMARY KEY, email text NOT NULL);\n"
    bad = "ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE (email);\n"
    good = """\
-- migration, outside a transaction
CREATE UNIQUE INDEX CONCURRENTLY customers_email_key ON customers (email);
-- migration
SET lock_timeout = '2s';
ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE USING INDEX customers_email_key;
"""
    cannot_see = "Whether production's rows are unique: the index fails on the first two that are alike."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            read = {work.table for work in migration.works(effect)}
            rewritten = {rewrite.relation for rewrite in effect.rewrites}
            for change in effect.created:
                key, table = change.object, change.of
                if key.kind not in ("primary key", "unique") or change.implied or table not in read:
                    continue
                if table in rewritten or not migration.is_live(table):
                    continue  # what rewrites the table is told, and builds the index by the way
                index = migration.after.objects.get(ObjectId("index", (key.path[0], key.path[2])))
                built = any(one.object.kind == "index" and one.of == table for one in effect.created)
                remedy = None
                if isinstance(index, Index) and built:
                    remedy = key_using_index(
                        key, index, primary=key.kind == "primary key", deferral=_deferral(migration, key)
                    )
                yield self.finding(
                    migration,
                    effect,
                    key,
                    message=f"the {key.kind} {key.own_name} reads all of {table.name} while nobody reads or writes it",
                    remedy=remedy,
                    fix=None if remedy else "-- first make the columns NOT NULL, by a CHECK that is validated",
                )


def _deferral(migration: MigrationInput, key: ObjectId) -> str:
    state = migration.after.objects.get(key)
    if not isinstance(state, PrimaryKey | Unique) or not state.deferrable:
        return ""
    return "DEFERRABLE INITIALLY DEFERRED" if state.deferred else "DEFERRABLE"
