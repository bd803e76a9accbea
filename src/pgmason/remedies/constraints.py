"""How is a constraint added to a table that is in use?

First NOT VALID, which looks at no row and holds from then on for what is written; then VALIDATE in a transaction of its
own, which reads the table while others read and write it (PostgreSQL manual, ALTER TABLE, notes).
"""

from __future__ import annotations

from pgmason.catalog.keywords import identifier
from pgmason.names import ObjectId
from pgmason.remedies import Remedy, together
from pgmason.remedies.indexes import qualified

__all__ = ["not_null_by_check", "not_valid_then_validated"]


def not_valid_then_validated(constraint: ObjectId, definition: str) -> Remedy:
    """A CHECK or FOREIGN KEY in two files; `definition` is the server's own words of it."""
    table, name = qualified(constraint.path[:2]), identifier(constraint.own_name)
    add = f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition.removesuffix(' NOT VALID')} NOT VALID"
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {name}"
    return Remedy(
        files=(
            together(add, undo=(drop,)),
            together(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}", undo=(drop, add)),
        ),
        equivalent=True,
    )


def not_null_by_check(column: ObjectId) -> Remedy:
    """SET NOT NULL that reads nothing, since a validated CHECK proves it (12 and later)."""
    table, name = qualified(column.path[:2]), identifier(column.own_name)
    check = identifier(f"{column.path[1]}_{column.own_name}_is_not_null"[:63])
    add = f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL)"
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {check}"
    return Remedy(
        files=(
            together(f"{add} NOT VALID", undo=(drop,)),
            together(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}", undo=(drop, f"{add} NOT VALID")),
            together(
                f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL",
                drop,
                # the way back reads the table once: the CHECK was valid
                undo=(add, f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL"),
            ),
        ),
        equivalent=True,
    )
