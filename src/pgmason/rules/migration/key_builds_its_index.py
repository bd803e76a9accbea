"""Adding a primary key or unique constraint builds its index while nobody can read or write the table.

ALTER TABLE ... ADD UNIQUE holds ACCESS EXCLUSIVE from the first row read to the last page written. An index built
CONCURRENTLY beforehand does the long part while everybody works; ADD CONSTRAINT ... USING INDEX then takes the lock
for an instant. A primary key over a column that may be NULL reads the table once more, to make sure that none is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies import Remedy
from pgmason.remedies.hierarchy import is_below, reach
from pgmason.remedies.keys import key_from_index
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.rules.new_columns import new_columns
from pgmason.rules.row_questions import with_questions

__all__ = ["KeyBuildsItsIndex"]

_KINDS = ("primary key", "unique")


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
            read = {work.on for work in migration.works(effect)}
            rewritten = {rewrite.table for rewrite in effect.rewrites}
            keyed = {change.of for change in effect.created if change.object.kind in _KINDS and change.of is not None}
            for change in effect.created:
                key, table = change.object, change.of
                if key.kind not in _KINDS or change.implied or table is None or not migration.is_live(table):
                    continue
                below = reach(migration.after, table)
                if read.isdisjoint(below) or is_below(migration.after, table, keyed):
                    continue
                if not rewritten.isdisjoint(below):
                    continue  # what rewrites the table is told, and builds the index by the way
                yield self.finding(
                    migration,
                    effect,
                    key,
                    message=f"the {key.kind} {key.own_name} reads all of {table.name} while nobody reads or writes it",
                    remedy=_remedy(migration, effect, key, table),
                )


def _remedy(migration: MigrationInput, effect: Effect, key: ObjectId, table: ObjectId) -> Remedy | None:
    if key not in migration.after.objects:
        return None
    added = new_columns(migration, effect, table)
    required = tuple(
        change.object
        for change in effect.altered
        if change.object.kind == "column" and change.of == table and change.change("not null") is not None
    )
    builds = any(change.object.kind == "index" for change in effect.created)
    taken = (one for one in effect.altered if one.object.kind == "index" and one.of == table and one.renamed)
    index = None if builds else next((one.object.own_name for one in taken), key.own_name)
    steps = key_from_index(migration.before, migration.after, key, required=required, index=index)
    if steps is None or added is None:
        return None
    index_name = ObjectId("index", (key.path[0], key.path[2]))
    whole = replace(steps, files=(*added, *steps.files))
    return with_questions(whole, effect, index_name, *required)
