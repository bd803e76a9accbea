"""The body of a function is text to PostgreSQL: it names a table or column that is gone, and nobody is told.

DROP and RENAME look at what depends on an object, and the body of a PL/pgSQL function depends on nothing. The function
stays, and fails when it is called; a trigger's function fails with each write to its table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from pgmason.catalog.kinds.function import Function
from pgmason.catalog.kinds.procedure import Procedure
from pgmason.catalog.kinds.trigger import Trigger
from pgmason.effects.model import ObjectChange, Verb
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.statements import names_in_body

__all__ = ["FunctionLeftBehind"]

_NAMED = ("table", "view", "materialized view", "column")


class FunctionLeftBehind(MigrationRule):
    severity = Severity.BREAK
    title = "A function still names a table or column that is gone."
    effect = "It fails when it is called; of a trigger, every write to its table fails."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, note text);
CREATE FUNCTION orders_noted() RETURNS bigint LANGUAGE plpgsql AS
  $$ BEGIN RETURN (SELECT count(*) FROM orders WHERE note IS NOT NULL); END $$;
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders DROP COLUMN note;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
CREATE OR REPLACE FUNCTION orders_noted() RETURNS bigint LANGUAGE plpgsql AS
  $$ BEGIN RETURN (SELECT count(*) FROM orders); END $$;
"""
    cannot_see = "Whether the word in the body means the column: it is told by name, together with its table's."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        bodies: dict[ObjectId, frozenset[str]] | None = None
        for effect in migration.done:
            for change in effect.objects:
                if not _gone(migration, change):
                    continue
                if bodies is None:
                    bodies = _bodies(migration)
                for function in _naming(migration, change.object, bodies):
                    yield self.finding(
                        migration,
                        effect,
                        function,
                        message=f"{function} names {change.object.name}, which is gone",
                        detail=change.object.name,
                        fix="-- CREATE OR REPLACE FUNCTION with the new names, in the same migration",
                    )


def _gone(migration: MigrationInput, change: ObjectChange) -> bool:
    """Whether a name that functions may use is not there any more."""
    if change.object.kind not in _NAMED or not migration.live(change):
        return False
    if change.verb is Verb.ALTERED and not change.renamed:
        return False
    if change.object.kind == "column" and change.now is not None and change.now.own_name == change.object.own_name:
        return False  # its table was renamed
    here = migration.after.objects
    if change.object.kind == "column":
        return change.object not in here
    return change.verb is not Verb.CREATED and not any(
        ObjectId(kind, change.object.path) in here for kind in ("table", "view", "materialized view")
    )


def _bodies(migration: MigrationInput) -> dict[ObjectId, frozenset[str]]:
    """The words in the body of each function that PostgreSQL keeps as text."""
    found: dict[ObjectId, frozenset[str]] = {}
    routines: Iterator[tuple[ObjectId, Function | Procedure]] = chain(
        migration.after.of(Function), migration.after.of(Procedure)
    )
    for identity, routine in routines:
        _, begins, body = routine.definition.partition("\nAS ")
        if begins and identity in migration.before.objects:
            found[identity] = names_in_body(body)
    return found


def _naming(migration: MigrationInput, gone: ObjectId, bodies: dict[ObjectId, frozenset[str]]) -> Iterator[ObjectId]:
    table = gone.path[1]
    fired = {
        trigger.function for one, trigger in migration.before.of(Trigger) if one.path[:2] == gone.path[:2]
    }  # what a trigger calls knows its table without a name
    for function, words in bodies.items():
        if gone.own_name in words and (gone.kind != "column" or table in words or function.path[:2] in fired):
            yield function
