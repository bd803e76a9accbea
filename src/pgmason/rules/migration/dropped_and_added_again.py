"""A column that goes while one of the same type comes looks like a rename, and keeps none of its values.

A tool that compares schemas cannot tell a rename from a drop and an addition: it writes the second. The new column is
empty, or full of its default, and the application finds nothing where it looks.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.column import Column
from pgmason.effects.model import Effect, ObjectChange
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["DroppedAndAddedAgain"]


class DroppedAndAddedAgain(MigrationRule):
    severity = Severity.RISK
    title = "A column is dropped and one of the same type added, with none of its values."
    effect = "If it was meant as a rename, the values are gone and the application finds an empty column."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note varchar(80));\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders DROP COLUMN note, ADD COLUMN remark varchar(80);
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN remark varchar(80);
"""
    cannot_see = "Whether a rename was meant."
    brief = "Every UP has a DOWN; what a migration drops can come back."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        added = [
            (effect, change) for effect in migration.done for change in effect.created if change.object.kind == "column"
        ]
        dropped = [
            change
            for effect in migration.done
            for change in effect.dropped
            if change.object.kind == "column" and not change.cascaded and migration.live(change)
        ]
        for effect, new in added:
            state = migration.after.objects.get(new.object)
            if new.implied or not migration.is_live(new.of) or not isinstance(state, Column):
                continue
            alike = [one.object for one in dropped if one.of == new.of and _type(migration, one) == state.type]
            rivals = [one for _, one in added if one.of == new.of and _type_after(migration, one) == state.type]
            if len(alike) != 1 or len(rivals) != 1 or _filled(migration, effect, new.of):
                continue
            old, table = alike[0], qualified(new.object.path[:2])
            names = f"{identifier(old.own_name)} TO {identifier(new.object.own_name)}"
            yield self.finding(
                migration,
                effect,
                new.object,
                message=f"{new.object.name} comes and {old.name} goes, both {state.type}: a rename without its values?",
                fix=f"ALTER TABLE {table} RENAME COLUMN {names};\n"
                "-- keeps them, if running code names neither; else add, copy in batches, and drop a release later",
            )


def _type(migration: MigrationInput, change: ObjectChange) -> str | None:
    state = migration.before.objects.get(change.object)
    return state.type if isinstance(state, Column) else None


def _type_after(migration: MigrationInput, change: ObjectChange) -> str | None:
    state = migration.after.objects.get(change.object)
    return state.type if isinstance(state, Column) else None


def _filled(migration: MigrationInput, adding: Effect, table: ObjectId | None) -> bool:
    """Whether rows of the table are updated after the column was added: then its values are kept."""
    return any(
        rows.relation == table and rows.updated
        for effect in migration.done
        for rows in effect.rows
        if effect.number > adding.number
    )
