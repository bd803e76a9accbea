"""How is a source's schema said, kept and shown: names and types as JSON and as words?

Types are written as Arrow writes them (`int64`, `timestamp[us, tz=UTC]`, `decimal128(12, 2)`); the common names of
PostgreSQL are understood where a person gives them (`numeric(12,2)`, `timestamptz`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["merged", "schema_as_json", "schema_digest", "schema_from_json", "shown_type", "type_named"]

# The names that PostgreSQL has for what Arrow calls otherwise (manual, table 8.1 Data Types).
_POSTGRES = {
    "smallint": "int16", "integer": "int32", "int": "int32", "bigint": "int64", "real": "float",
    "double precision": "double", "float8": "double", "float4": "float", "boolean": "bool", "text": "string",
    "varchar": "string", "uuid": "string", "json": "string", "jsonb": "string", "bytea": "binary", "date": "date32",
    "time": "time64[us]", "timestamp": "timestamp[us]", "timestamptz": "timestamp[us, tz=UTC]",
    "timestamp with time zone": "timestamp[us, tz=UTC]", "timestamp without time zone": "timestamp[us]",
}  # fmt: skip
_DECIMAL = re.compile(r"(?:numeric|decimal|decimal128|decimal256)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\Z")
_TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(?:,\s*tz=([A-Za-z0-9_+:/-]+))?\]\Z")


def type_named(name: str, *, where: str = "types") -> pa.DataType:
    """The Arrow type of that name. Raises WrongUse."""
    import pyarrow as pa

    plain = _POSTGRES.get(name.strip().lower(), name.strip())
    if decimal := _DECIMAL.match(plain.lower()):
        precision, scale = int(decimal[1]), int(decimal[2] or 0)
        try:
            return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
        except ValueError as exc:
            raise WrongUse(f"{name!r}: {exc}", where=where) from exc
    if timestamp := _TIMESTAMP.match(plain):
        return pa.timestamp(timestamp[1], tz=timestamp[2])
    try:
        return pa.type_for_alias(plain)
    except ValueError:
        raise WrongUse(
            f"{name!r} is no type",
            where=where,
            fix="such as text, bigint, double, numeric(12,2), boolean, date, timestamp, timestamptz",
        ) from None


def shown_type(kind: pa.DataType) -> str:
    """A type in few words, for people."""
    return str(kind).replace("timestamp[us, tz=UTC]", "timestamptz")


def schema_as_json(schema: pa.Schema) -> dict[str, Any]:
    """The columns for people and diffs, and the schema itself as Arrow's own message for reading it back."""
    bare = schema.remove_metadata()
    return {
        "columns": {field.name: str(field.type) for field in bare},
        "arrow": base64.b64encode(bare.serialize().to_pybytes()).decode("ascii"),
    }


def schema_from_json(kept: Mapping[str, Any]) -> pa.Schema:
    """What `schema_as_json` wrote. Raises WrongUse where it is something else."""
    import pyarrow as pa

    try:
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(kept["arrow"])))
    except (KeyError, TypeError, ValueError, pa.ArrowException) as exc:
        raise WrongUse(f"is no kept schema: {exc}") from exc


def schema_digest(schema: pa.Schema) -> str:
    """Equal where names, order and types are."""
    return hashlib.sha256(repr([(field.name, str(field.type)) for field in schema]).encode()).hexdigest()[:16]


def merged(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """One schema for what was read of text in several places: a column that is whole here and not there is a double.

    Columns stand in the order in which they were first seen; what no place tells is text, and so is what two tell
    differently.
    """
    import pyarrow as pa

    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            types[field.name] = _both(types.get(field.name, pa.null()), field.type)
    return pa.schema([pa.field(name, pa.string() if pa.types.is_null(kind) else kind) for name, kind in types.items()])


def _both(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64()
    return pa.string()
