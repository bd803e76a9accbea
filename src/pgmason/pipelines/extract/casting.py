"""Which values of a column do not fit a type, and what are the others as that type?

The whole column is cast at once; only where that fails is it halved until the values that do not fit are found, so a
column without faults costs one cast and a fault costs a few dozen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["cast_where_possible"]


def cast_where_possible(values: pa.Array, kind: pa.DataType) -> tuple[pa.Array, list[int]]:
    """The values as `kind`, null where one does not fit, and the indices of those, ascending.

    Never loses anything silently: what would be cut, rounded or wrapped does not fit. Raises ArrowNotImplementedError
    where nothing of the one type can be cast to the other.
    """
    import pyarrow as pa

    if values.type == kind:
        return values, []
    failed: list[int] = []
    pieces = list(_cast(values, kind, 0, failed))
    cast = pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)
    return cast, failed


def _cast(values: pa.Array, kind: pa.DataType, offset: int, failed: list[int]) -> list[pa.Array]:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return [pc.cast(values, kind, safe=True)]
    except pa.ArrowNotImplementedError:
        raise
    except pa.ArrowInvalid:
        if len(values) == 1:
            failed.append(offset)
            return [pa.nulls(1, kind)]
    half = len(values) // 2
    return [*_cast(values[:half], kind, offset, failed), *_cast(values[half:], kind, offset + half, failed)]
