"""How does a function from batch to batch say that a row is to be set aside, and why?

In a text column of the batch itself, so that a program at the other end of an Arrow stream can say it as well. The
runner takes the column away before it looks at the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.model import Failing

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COLUMN", "set_aside", "take_aside"]

COLUMN = "pgmason_set_aside"


def set_aside(batch: pa.RecordBatch, mask: Any, reason: str) -> pa.RecordBatch:
    """The batch with the rows where `mask` is true marked for the quarantine; a row keeps its first reason.

    `reason` goes to logs: it names columns and bounds, no values of rows.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(mask, pa.ChunkedArray):
        mask = mask.combine_chunks()
    if len(mask) != batch.num_rows:
        raise WrongUse(f"set_aside was given {len(mask)} marks for {batch.num_rows} rows")
    marks = pc.if_else(pc.fill_null(mask, False), pa.scalar(reason), pa.scalar(None, pa.string()))
    if COLUMN in batch.schema.names:
        at = batch.schema.get_field_index(COLUMN)
        return batch.set_column(at, COLUMN, pc.coalesce(batch.column(at), marks))
    return batch.append_column(COLUMN, marks)


def take_aside(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[Failing]]:
    """The batch without its marks, and the marked rows by reason, in the order in which reasons are first met."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if COLUMN not in batch.schema.names:
        return batch, []
    marks = batch.column(COLUMN).cast(pa.string())
    bare = batch.drop_columns([COLUMN])
    reasons = pc.unique(marks).drop_null()
    return bare, [Failing(pc.fill_null(pc.equal(marks, one), False), one.as_py()) for one in reasons]
