"""How does a table that is in use get a column whose value differs from row to row?"""

from __future__ import annotations

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.column import Column
from pgmason.names import ObjectId
from pgmason.remedies import Remedy, together
from pgmason.remedies.indexes import qualified

__all__ = ["added_empty_then_filled"]


def added_empty_then_filled(column: ObjectId, state: Column) -> Remedy:
    """The column empty, its default for what is written from now on; old rows are filled in batches.

    NOT NULL, where it is wanted, comes last and by a CHECK (`remedies/constraints.py`).
    """
    table, name = qualified(column.path[:2]), identifier(column.own_name)
    statements = [f"ALTER TABLE {table} ADD COLUMN {name} {state.type}"]
    if state.default is not None:
        statements.append(f"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {state.default}")
    note = f"then fill {name} of the old rows in batches that commit"
    if state.not_null:
        note += f"; and last, by a validated CHECK ({name} IS NOT NULL), SET NOT NULL"
    return Remedy(files=(together(*statements),), note=note)
