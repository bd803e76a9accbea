"""Rows as a shop has them, in Parquet: ten columns of many types, the same for the same number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = ["COLUMNS", "TABLE", "write_rows"]

TABLE = (
    "id bigint NOT NULL, customer integer NOT NULL, status text NOT NULL, total numeric(12,2), ref uuid, note text,"
    " score double precision, doc jsonb, at timestamptz, day date"
)
COLUMNS = ["id", "customer", "status", "total", "ref", "note", "score", "doc", "at", "day"]
_ROWS_OF_A_GROUP = 50_000
_ROWS_OF_A_FILE = 5_000_000


def write_rows(
    folder: Path, rows: int, *, changed_from: int | None = None, columns: Sequence[str] = tuple(COLUMNS)
) -> Path:
    """Files with the rows 0 to `rows`; from `changed_from` on their totals are other ones. Gives the folder."""
    import pyarrow.parquet as pq

    folder.mkdir()
    for number, start in enumerate(range(0, rows, _ROWS_OF_A_FILE)):
        writer = None
        for first in range(start, min(start + _ROWS_OF_A_FILE, rows), _ROWS_OF_A_GROUP):
            table = _rows(first, min(first + _ROWS_OF_A_GROUP, rows), changed_from, columns)
            if writer is None:
                writer = pq.ParquetWriter(folder / f"{number:03}.parquet", table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()
    return folder


def _rows(first: int, end: int, changed_from: int | None, columns: Sequence[str]):  # type: ignore[no-untyped-def]
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pa.array(range(first, end), pa.int64())
    digits = ids.cast(pa.string())
    cents = pc.multiply(pc.bit_wise_and(pc.multiply(ids, 7919), 0xFFFFFF), 1)
    if changed_from is not None:
        cents = pc.add(cents, pc.cast(pc.greater_equal(ids, changed_from), pa.int64()))
    made = {
        "id": lambda: ids,
        "customer": lambda: pc.bit_wise_and(pc.multiply(ids, 104_729), 0xFFFFF).cast(pa.int32()),
        "status": lambda: pa.array(["new", "paid", "sent", "back"] * ((end - first) // 4 + 1))[: end - first],
        "total": lambda: (
            pc.multiply(cents.cast(pa.decimal128(19, 0)), pa.scalar(1, pa.decimal128(1, 0)))
            .cast(pa.decimal128(22, 2))
            .cast(pa.decimal128(12, 2))
        ),
        "ref": lambda: pc.utf8_lpad(digits, 32, "0"),
        "note": lambda: pc.binary_join_element_wise("a note about number", digits, "of somebody", " "),
        "score": lambda: pc.divide(ids.cast(pa.float64()), 3.0),
        "doc": lambda: pc.binary_join_element_wise('{"a": ', digits, ', "b": [1, 2, null]}', ""),
        "at": lambda: pc.add(ids, 1_700_000_000_000_000).cast(pa.timestamp("us", "UTC")),
        "day": lambda: pc.bit_wise_and(ids, 0x3FFF).cast(pa.int32()).cast(pa.date32()),
    }
    return pa.table({name: made[name]() for name in columns})
