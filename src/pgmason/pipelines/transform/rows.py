"""Rows left out: those that a condition does not hold of, and all but one of those with the same key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.transform.columns import require

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["deduplicate", "keep"]


def keep(batch: pa.RecordBatch, mask: Any) -> pa.RecordBatch:
    """The rows where `mask` is true; the others are left out for good, in no quarantine."""
    return batch.filter(mask)


def deduplicate(batch: pa.RecordBatch, by: str | Sequence[str], *, keep: str = "last") -> pa.RecordBatch:
    """One row for each value of the columns `by`, the first or the last, the order kept.

    Within the batch alone: rows of one key in different batches meet in the staging table, where the pipeline's
    `key` and `duplicates` say what becomes of them. Nulls are equal here.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [by] if isinstance(by, str) else list(by)
    require(batch, columns, "deduplicate")
    if keep not in ("first", "last"):
        raise WrongUse(f'deduplicate: keep={keep!r} is not "first" or "last"')
    place = "pgmason_place"
    numbered = pa.table(
        [*(batch.column(name) for name in columns), pa.array(range(batch.num_rows), pa.int64())],
        names=[*columns, place],
    )
    kept = numbered.group_by(columns).aggregate([(place, "min" if keep == "first" else "max")])
    places = kept.column(f"{place}_{'min' if keep == 'first' else 'max'}").combine_chunks()
    if len(places) == batch.num_rows:
        return batch
    return batch.take(places.take(pc.sort_indices(places)))
