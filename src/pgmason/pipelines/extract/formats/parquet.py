"""Parquet files: columns from the foot of the file, rows by row groups, never a file as a whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.extract.formats import BATCH_BYTES, FileFormat, Piece, ReadOptions
from pgmason.pipelines.extract.plain import plain_batch, plain_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from pgmason.pipelines.extract.places import Place

__all__ = ["FORMAT"]


def _look(place: Place, path: str, _options: ReadOptions, _sample: int) -> pa.Schema:
    import pyarrow.parquet as pq

    with place.random(path) as file:
        return plain_schema(pq.read_schema(file))


def _read(place: Place, path: str, schema: pa.Schema, _options: ReadOptions, skip: int) -> Iterator[Piece]:
    import pyarrow.parquet as pq

    with place.random(path) as file:
        opened: Any = pq.ParquetFile(file, buffer_size=1 << 20, pre_buffer=False)
        groups = [opened.metadata.row_group(i) for i in range(opened.num_row_groups)]
        first = 0
        while first < len(groups) and groups[first].num_rows <= skip:
            skip -= groups[first].num_rows
            first += 1
        left = groups[first:]
        rows = sum(group.num_rows for group in left)
        width = max(1, sum(group.total_byte_size for group in left) // max(rows, 1))
        size = max(1_024, min(131_072, BATCH_BYTES // width))
        for batch in opened.iter_batches(batch_size=size, row_groups=range(first, len(groups)), columns=schema.names):
            ahead = min(skip, batch.num_rows)
            skip -= ahead
            if batch.num_rows > ahead:
                yield Piece(plain_batch(batch.slice(ahead), schema), batch.num_rows - ahead)


FORMAT = FileFormat(name="parquet", suffixes=(".parquet", ".pq"), typed=True, sparse=False, look=_look, read=_read)
