"""Arrow files (also named Feather) and Arrow streams, told apart by how they begin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.extract.formats import FileFormat, Piece, ReadOptions
from pgmason.pipelines.extract.plain import plain_batch, plain_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from pgmason.pipelines.extract.places import Place

__all__ = ["FORMAT"]

_ROWS = 65_536  # of a batch: a file may hold one batch of any size, of which views are handed on


def _look(place: Place, path: str, _options: ReadOptions, _sample: int) -> pa.Schema:
    with _opened(place, path) as (schema, _):
        return plain_schema(schema)


def _read(place: Place, path: str, schema: pa.Schema, _options: ReadOptions, skip: int) -> Iterator[Piece]:
    with _opened(place, path) as (_, batches):
        for batch in batches:
            ahead = min(skip, batch.num_rows)
            skip -= ahead
            for start in range(ahead, batch.num_rows, _ROWS):
                part = batch.slice(start, _ROWS)
                yield Piece(plain_batch(part, schema), part.num_rows)


@contextmanager
def _opened(place: Place, path: str) -> Iterator[tuple[pa.Schema, Iterator[Any]]]:
    import pyarrow as pa

    with place.random(path) as file:
        is_file = file.read(6) == b"ARROW1"  # Arrow columnar format, "IPC File Format"
        file.seek(0)
        if is_file:
            reader = pa.ipc.open_file(file)
            yield reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))
        else:
            stream = pa.ipc.open_stream(file)
            yield stream.schema, iter(stream)


FORMAT = FileFormat(
    name="arrow", suffixes=(".arrow", ".feather", ".arrows", ".ipc"), typed=True, sparse=False, look=_look, read=_read
)
