"""A record batch with columns in a given order and of plain types: no dictionaries, no views, no run ends.

Encodings are how a file saves room and say nothing about its rows; two files of one export may differ in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["plain_batch", "plain_schema", "plain_type"]


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type without its encoding."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    return kind


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema of the batches that `plain_batch` makes of its own."""
    import pyarrow as pa

    return pa.schema([pa.field(field.name, plain_type(field.type)) for field in schema])


def plain_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of `schema` in its order, decoded. The batch must have each of them, once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = []
    for field in schema:
        values = batch.column(field.name)
        if values.type == field.type:
            columns.append(values)
        elif isinstance(values, pa.DictionaryArray):
            columns.append(pc.cast(values.dictionary_decode(), field.type))
        elif isinstance(values, pa.RunEndEncodedArray):
            columns.append(pc.cast(pc.run_end_decode(values), field.type))
        else:
            columns.append(pc.cast(values, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)
