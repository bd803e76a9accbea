"""Which columns do JSON objects have, and what are they as a record batch?

Used for JSON files, answers of APIs and generators. A number with a fraction is a double, a text stays a text unless
all of a column's texts are timestamps with a zone, as `JSON.stringify` writes dates. What is nested stays nested.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.extract.columns import shown_type, type_named

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["inferred_from", "mapping_of", "rows_of"]

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})\Z")


def inferred_from(rows: Iterable[Mapping[str, Any]], types: Mapping[str, str]) -> pa.Schema:
    """The columns of all rows in the order in which they were first seen, with the types that hold every value."""
    import pyarrow as pa

    columns: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return pa.schema(
        [
            pa.field(name, type_named(types[name], where=f"types: {name}") if name in types else _type(values))
            for name, values in columns.items()
        ]
    )


def _type(values: Sequence[Any]) -> pa.DataType:
    import pyarrow as pa

    known = [value for value in values if value is not None]
    if not known:
        return pa.null()
    if all(isinstance(value, str) for value in known):
        return pa.timestamp("us", tz="UTC") if all(_INSTANT.match(value) for value in known) else pa.string()
    if any(isinstance(value, float) for value in known) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in known
    ):
        return pa.float64()
    try:
        return _filled(pa.array(known).type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.string()  # of several kinds: as text, JSON where it is no text


def _filled(kind: pa.DataType) -> pa.DataType:
    """A type in which nothing is of type null: what was never seen is text."""
    import pyarrow as pa

    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _filled(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(_filled(kind.value_type))
    return kind


def rows_of(
    rows: Sequence[Mapping[str, Any]], schema: pa.Schema, *, extra: str = "refuse"
) -> tuple[pa.RecordBatch, list[tuple[int, str]]]:
    """The rows as a batch of `schema`, without those that do not fit, and the indices of these with the reason.

    A field that no column is named for does not fit: leaving it out would lose it silently; "ignore" leaves it out.
    """
    import pyarrow as pa

    known = set(schema.names)
    faults: dict[int, str] = {}
    for i, row in enumerate(rows):
        if extra != "ignore" and not known.issuperset(row):
            faults[i] = f"has the field {min(set(row) - known)!r}, which is no column that was kept"
    columns = []
    for field in schema:
        values = [None if i in faults else _as(row.get(field.name), field.type) for i, row in enumerate(rows)]
        column, failed = _array(values, field.type)
        for i in failed:
            faults.setdefault(i, f"{field.name} is no {shown_type(field.type)}")
        columns.append(column)
    batch = pa.RecordBatch.from_arrays(columns, schema=schema)
    if faults:
        batch = batch.take(pa.array([i for i in range(len(rows)) if i not in faults], pa.int64()))
    return batch, sorted(faults.items())


def _array(values: list[Any], kind: pa.DataType) -> tuple[pa.Array, list[int]]:
    import pyarrow as pa

    try:
        return pa.array(values, kind), []
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError, ValueError):
        pass
    failed = []
    for i, value in enumerate(values):
        try:
            pa.array([value], kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError, ValueError):
            failed.append(i)
    lost = set(failed)
    return pa.array([None if i in lost else value for i, value in enumerate(values)], kind), failed


def _as(value: Any, kind: pa.DataType) -> Any:
    """A JSON value as Python value of a column's type where that says more than JSON can; else as it is."""
    import json
    from decimal import Decimal, InvalidOperation

    import pyarrow as pa

    if value is None:
        return None
    if pa.types.is_string(kind) and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str):
        try:
            if pa.types.is_timestamp(kind):
                when = datetime.fromisoformat(value)
                if (when.tzinfo is None) != (kind.tz is None):
                    return _NEVER
                return when.astimezone(UTC) if kind.tz else when
            if pa.types.is_date(kind) and len(value) == 10:
                return datetime.fromisoformat(value).date()
            if pa.types.is_time(kind):
                return time.fromisoformat(value)
            if pa.types.is_decimal(kind):
                return Decimal(value)
            if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
                return bytes.fromhex(value.removeprefix("\\x")) if value.startswith("\\x") else value.encode()
        except (ValueError, InvalidOperation):
            return _NEVER
    if isinstance(value, float) and pa.types.is_decimal(kind):
        return Decimal(repr(value))
    if isinstance(value, Decimal) and pa.types.is_floating(kind):
        return float(value)
    if isinstance(value, bool) and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return _NEVER
    return value


class _Never:
    """A value that is of no type."""


_NEVER: Any = _Never()


def mapping_of(row: Any, where: str) -> Mapping[str, Any]:
    """A row that a person's function gave. Raises WrongUse where it is no mapping."""
    if not isinstance(row, Mapping):
        raise WrongUse(f"gave a {type(row).__name__} where a row is a dict, a RecordBatch or a Table", where=where)
    return row
