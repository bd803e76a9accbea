"""Which columns did a statement add beside what a rule speaks of, and how are they added first, by themselves?

`ADD COLUMN total integer CHECK (total > 0)` is two things: a column, which takes an instant, and a constraint, which
reads the table. The safe steps begin with the column.
"""

from __future__ import annotations

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.column import Column
from pgmason.effects.model import Effect
from pgmason.names import ObjectId
from pgmason.remedies import File, together
from pgmason.remedies.columns import column_added
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput

__all__ = ["new_columns"]


def new_columns(migration: MigrationInput, effect: Effect, table: ObjectId) -> tuple[File, ...] | None:
    """The file that adds the columns of a table which the statement added; () for none, None where one is unknown."""
    added: list[str] = []
    dropped: list[str] = []
    for change in effect.created:
        if change.object.kind != "column" or change.of != table or change.implied:
            continue
        state = migration.after.objects.get(change.object)
        if not isinstance(state, Column):
            return None
        added.append(column_added(change.object, state))
        dropped.append(f"ALTER TABLE {qualified(table.path)} DROP COLUMN {identifier(change.object.own_name)}")
    undo = tuple(reversed(dropped))
    return (together(*added, undo=undo),) if added else ()
