"""How is an Arrow value written so that PostgreSQL's own input functions read it?

The slow and general way, for what has no binary form here: arrays of anything, composite values, bytes, documents.
Row by row where a value is nested, by whole columns else. What PostgreSQL then thinks of the text is its own affair.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["as_json_text", "as_text", "invalid_json"]


def as_text(array: pa.Array) -> pa.Array:
    """The column as strings that PostgreSQL reads: lists as array literals, structs as composite literals."""
    import pyarrow as pa
    import pyarrow.types as at

    kind = array.type
    if at.is_string(kind):
        return array
    if at.is_nested(kind) or at.is_binary(kind) or at.is_large_binary(kind) or at.is_fixed_size_binary(kind):
        return pa.array([None if value is None else literal(value) for value in array.to_pylist()], pa.string())
    if at.is_duration(kind) or at.is_interval(kind) or at.is_timestamp(kind):
        return pa.array([None if value is None else literal(value) for value in _exact(array)], pa.string())
    return array.cast(pa.string())


def _exact(array: pa.Array) -> list[Any]:
    """Python values without the nanoseconds that Python's types have no room for; those are rounded."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as at

    if at.is_timestamp(array.type) and array.type.unit == "ns":
        array = pc.round_temporal(array, unit="microsecond").cast(pa.timestamp("us", array.type.tz))
    elif at.is_duration(array.type) and array.type.unit == "ns":
        array = array.cast(pa.duration("us"), safe=False)
    return array.to_pylist()  # type: ignore[no-any-return]


def literal(value: Any) -> str:
    """One value as PostgreSQL reads it, nested ones included."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "months"):
        return "{" + ",".join(_element(item) for item in value) + "}"
    if isinstance(value, Mapping):
        return "(" + ",".join(_member(item) for item in value.values()) + ")"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds}.{value.microseconds:06d} seconds"
    if hasattr(value, "months") and hasattr(value, "nanoseconds"):  # pyarrow.MonthDayNano
        return f"{value.months} months {value.days} days {value.nanoseconds / 1000:.0f} microseconds"
    return str(value)


def _element(value: Any) -> str:
    """An element of an array literal. (PostgreSQL manual, 8.15.6 Array Input and Output Syntax)"""
    if value is None:
        return "NULL"
    text = literal(value)
    if isinstance(value, (list, tuple)):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _member(value: Any) -> str:
    """A member of a composite literal. (PostgreSQL manual, 8.16.6 Composite Type Input and Output Syntax)"""
    if value is None:
        return ""
    return '"' + literal(value).replace("\\", "\\\\").replace('"', '""') + '"'


def as_json_text(array: pa.Array) -> pa.Array:
    """The column as JSON documents: strings are taken as documents, all else is written as one."""
    import pyarrow as pa
    import pyarrow.types as at

    if at.is_string(array.type):
        return array
    if at.is_large_string(array.type):
        return array.cast(pa.string())
    if at.is_binary(array.type) or at.is_large_binary(array.type):
        return array.cast(pa.string())
    return pa.array([None if value is None else json_text(value) for value in array.to_pylist()], pa.string())


def json_text(value: Any) -> str:
    """One value as a JSON document; numbers keep their digits, NaN and infinities become null."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json_text(str(key))}:{json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)) and not hasattr(value, "months"):
        return "[" + ",".join(json_text(item) for item in value) + "]"
    if isinstance(value, float):
        return repr(value) if value - value == 0 else "null"
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else "null"
    if isinstance(value, (datetime, date)):
        return json.dumps(value.isoformat())
    if value is None or isinstance(value, (str, int)):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(literal(value), ensure_ascii=False)


def invalid_json(text: pa.Array, *, jsonb: bool) -> pa.BooleanArray | None:
    """Where a string is no JSON that PostgreSQL takes; None where all are.

    jsonb refuses \\u0000 and halves of surrogate pairs, which json lets through (PostgreSQL manual, 8.14.1), and
    numbers that numeric has no room for.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    closely = pc.fill_null(pc.match_substring_regex(text, _CLOSELY), False)
    plain = text.filter(pc.invert(closely))
    if not _are_documents(plain):
        closely = text.is_valid()
    elif not pc.any(closely).as_py():
        return None
    looked_at = text.filter(closely).to_pylist()
    found = [not _is_json(document, jsonb) for document in looked_at]
    if not any(found):
        return None
    return pc.replace_with_mask(pa.repeat(False, len(text)), closely, pa.array(found, pa.bool_()))


# What is looked at closely: an escape that jsonb may refuse, a number that numeric may have no room for, and the end
# of a line, which could make two halves of a document look like two.
_CLOSELY = r"\\u|\n|[eE][+-]?[0-9]{4}|[0-9]{1000}"


def _are_documents(text: pa.Array) -> bool:
    """Whether each is a document, told at the speed of memory; none may have the end of a line. False: look at each.

    msgspec passes by what it takes as Raw, but reads it to its end, and refuses all that RFC 8259 does.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        import msgspec
    except ImportError:
        return False
    text = text.drop_null()
    if len(text) == 0:
        return True
    ends = pa.Array.from_buffers(pa.int32(), 2, [None, pa.py_buffer(array("i", [0, len(text)]))])
    lines = pc.binary_join(pa.ListArray.from_arrays(ends, text), "\n")
    try:
        found = msgspec.json.Decoder(msgspec.Raw).decode_lines(lines[0].as_buffer())
    except (msgspec.DecodeError, RecursionError):
        return False
    return len(found) == len(text)


def _is_json(document: str, jsonb: bool) -> bool:
    try:
        value = (_DECODE_JSONB if jsonb else _DECODE)(document)
    except (ValueError, RecursionError):
        return False
    if "\0" in document:
        return False
    if jsonb and "\\u" in document:
        return _storable(value)
    return True


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _numeric(number: str) -> str:
    """The text of a number. Raises ValueError where numeric has no room for it: 131,072 digits before the point and
    16,383 after it. (PostgreSQL manual, 8.1.2)"""
    digits, _, exponent = number.lower().partition("e")
    whole, _, fraction = digits.lstrip("-").partition(".")
    shift = int(exponent or "0") if len(exponent) < 12 else _EXPONENTS
    significant = (whole + fraction).lstrip("0")
    if significant and len(significant) - len(fraction) + shift > 131_072:
        raise ValueError("out of the range of numeric")
    if len(fraction) - shift > 16_383 or abs(shift) >= _EXPONENTS:
        raise ValueError("out of the range of numeric")
    return number


_EXPONENTS = 2**30 - 1  # beyond it numeric reads no exponent, not even of a zero

# Numbers are left as text: a document is not judged by what Python's numbers can hold.
_DECODE = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant).decode
_DECODE_JSONB = json.JSONDecoder(parse_float=_numeric, parse_int=_numeric, parse_constant=_refuse_constant).decode


def _storable(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(_storable(key) and _storable(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_storable(item) for item in value)
    return True
