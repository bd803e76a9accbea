"""Columns renamed, chosen, cast and added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.extract.casting import cast_where_possible
from pgmason.pipelines.extract.columns import shown_type, type_named
from pgmason.pipelines.transform.aside import set_aside

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["cast", "drop", "rename", "require", "select", "with_column"]


def require(batch: pa.RecordBatch, columns: Any, by: str) -> None:
    """Raises WrongUse where the batch lacks one of the columns."""
    lacking = [name for name in columns if name not in batch.schema.names]
    if lacking:
        raise WrongUse(f"{by}: the batch has no column {', '.join(lacking)}; it has {', '.join(batch.schema.names)}")


def rename(batch: pa.RecordBatch, **names: str) -> pa.RecordBatch:
    """Columns under other names: `rename(batch, total="total_amount")`; the others keep theirs."""
    require(batch, names, "rename")
    renamed = [names.get(name, name) for name in batch.schema.names]
    twice = sorted({name for name in renamed if renamed.count(name) > 1})
    if twice:
        raise WrongUse(f"rename: two columns would be named {twice[0]}")
    return batch.rename_columns(renamed)


def drop(batch: pa.RecordBatch, *columns: str) -> pa.RecordBatch:
    """The batch without these columns."""
    require(batch, columns, "drop")
    return batch.drop_columns(list(columns))


def select(batch: pa.RecordBatch, *columns: str) -> pa.RecordBatch:
    """These columns alone, in this order."""
    require(batch, columns, "select")
    return batch.select(list(columns))


def with_column(batch: pa.RecordBatch, name: str, values: Any) -> pa.RecordBatch:
    """The batch with a column added, or replaced where it is there. `values`: an array, or one value for all rows."""
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if not isinstance(values, pa.Array):
        values = pa.repeat(values, batch.num_rows)
    if len(values) != batch.num_rows:
        raise WrongUse(f"with_column: {name} has {len(values)} values for {batch.num_rows} rows")
    if name in batch.schema.names:
        return batch.set_column(batch.schema.get_field_index(name), name, values)
    return batch.append_column(name, values)


def cast(batch: pa.RecordBatch, *, failing: str = "quarantine", **types: str) -> pa.RecordBatch:
    """Columns in other types: `cast(batch, total="numeric(12,2)", placed_at="timestamptz")`.

    A value that does not fit is never cut or rounded: by `failing` its row is marked for the quarantine
    ("quarantine"), the value becomes null ("null"), or the run stops ("stop"), naming column and type.
    """
    if failing not in ("quarantine", "null", "stop"):
        raise WrongUse(f'failing={failing!r} is not one of "quarantine", "null", "stop"')
    import pyarrow as pa

    require(batch, types, "cast")
    for name, text in types.items():
        kind = type_named(text, where=f"cast: {name}")
        at = batch.schema.get_field_index(name)
        try:
            values, failed = cast_where_possible(batch.column(at), kind)
        except pa.ArrowNotImplementedError as exc:
            raise WrongUse(f"cast: {name} is {batch.column(at).type}, which never becomes {shown_type(kind)}") from exc
        if failed and failing == "stop":
            raise WrongUse(f"cast: {len(failed):,} of {batch.num_rows:,} values of {name} are no {shown_type(kind)}")
        batch = batch.set_column(at, name, values)
        if failed and failing == "quarantine":
            wrong = set(failed)
            mask = pa.array([i in wrong for i in range(batch.num_rows)], pa.bool_())
            batch = set_aside(batch, mask, f"{name} is no {shown_type(kind)}")
    return batch
