"""How does a column get another type without its rows being read?

Where the type alone writes nothing anew, a CHECK over the column still reads the table, to be valid for the new type.
It is taken off for the change, put back NOT VALID in the same transaction, and validated in the next.
"""

from __future__ import annotations

from collections.abc import Sequence

from pgmason.catalog.keywords import identifier
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.remedies import Remedy, together
from pgmason.remedies.constraints import not_valid_then_validated
from pgmason.remedies.indexes import qualified

__all__ = ["check_taken_off"]


def check_taken_off(
    before: Catalog, after: Catalog, column: ObjectId, type_: str, checks: Sequence[ObjectId]
) -> Remedy | None:
    """The change of type, its CHECKs aside; None where one of them is not known. The way back may read the table, since
    a narrower type holds each value against its limit."""
    back = [steps for one in checks if (steps := not_valid_then_validated(after, one)) is not None]
    if len(back) != len(checks):
        return None
    table = f"ALTER TABLE {qualified(column.path[:2])}"
    change = f"{table} ALTER COLUMN {identifier(column.own_name)} TYPE"
    dropped = [f"{table} DROP CONSTRAINT {identifier(one.own_name)}" for one in checks]
    first = together(
        *dropped,
        f"{change} {type_}",
        *(statement for steps in back for statement in steps.files[0].statements[1:]),
        undo=(
            *dropped,
            f"{change} {before.objects[column].type}",
            *(f"{table} ADD CONSTRAINT {identifier(one.own_name)} {before.objects[one].definition}" for one in checks),
        ),
    )
    return Remedy(files=(first, *(steps.files[1] for steps in back)), equivalent=True)
