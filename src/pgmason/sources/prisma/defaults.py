"""What stands behind DEFAULT for a field's `@default`?

The database has a default for a literal, `now()`, `dbgenerated("...")` and `autoincrement()`; `cuid()`, `uuid()`,
`ulid()` and `nanoid()` are values that Prisma's client makes, and the database has none. Literals are written as the
engine writes them: numbers in plain digits, times in one form.
"""

from __future__ import annotations

import binascii
import json
import math
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pgmason.catalog.keywords import literal
from pgmason.sources.prisma.arguments import by_name, text_of
from pgmason.sources.prisma.faults import Faults
from pgmason.sources.prisma.meaning import Enum
from pgmason.sources.prisma.tree import Arity, Array, Call, Expression, Field, Name, Number, Text, shown

__all__ = ["Default", "default_of"]

_ATTRIBUTE = "@default"
# Functions of the client: which numbers they take. None: any from 2 on.
_CLIENT: dict[str, tuple[int, ...] | None] = {"cuid": (1, 2), "uuid": (4, 7), "ulid": (), "nanoid": None}
_OTHERS = {"auto": "MongoDB", "sequence": "CockroachDB"}
# U+2212, the minus sign of print, counts as one (chrono's RFC 3339, which the engine reads by).
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ]((?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60))(?:\.(\d+))?"
    r"(?:([Zz])|([+\u2212-](?:[01]\d|2[0-3]):[0-5]\d))\Z",
    re.ASCII,
)
# A number as a text: underscores stand anywhere behind a first digit (the bigdecimal crate's reading).
_DECIMAL = re.compile(r"[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_DEEPEST_JSON = 127  # brackets within brackets (serde_json)
_DAYS = {f"{month:02}": days for month, days in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1)}
_INTEGER = re.compile(r"-?[0-9]+\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Default:
    """`sql` is what DEFAULT says, None where the database has none; `serial`: a sequence of its own counts."""

    sql: str | None = None
    serial: bool = False


class _Wrong(Exception):
    """A value that does not fit; the words say what does, and how Prisma's message begins where it differs."""

    def __init__(self, message: str, prisma: str = f'Error parsing attribute "{_ATTRIBUTE}"') -> None:
        super().__init__(message)
        self.prisma = prisma


def default_of(field: Field, scalar: str, enum: Enum | None, column_type: str, *, file: str, faults: Faults) -> Default:
    """The default of a field; `scalar` is "Unsupported" for one whose type only the database knows.

    `column_type` is the column's whole type, brackets of a list included, which a list of values is cast to.
    """
    attribute = field.attribute("default")
    if attribute is None:
        return Default()
    arguments = by_name(attribute, ("value", "map"), file=file, faults=faults, unnamed="value")
    value = arguments.get("value")
    if value is None:
        faults.add(file, attribute, "@default needs a value", 'Argument "value" is missing')
        return Default()
    if text_of(arguments, "map", _ATTRIBUTE, file=file, faults=faults) is not None:
        faults.attribute(file, attribute, _ATTRIBUTE, "PostgreSQL has no names for defaults: map cannot be said")
    try:
        return _default(field, scalar, enum, column_type, value)
    except _Wrong as exc:
        faults.add(file, attribute, str(exc), exc.prisma)
        return Default()


def _default(field: Field, scalar: str, enum: Enum | None, column_type: str, value: Expression) -> Default:
    if isinstance(value, Call):
        return _call(scalar, enum, value)
    if scalar == "Unsupported":
        raise _Wrong('a field of an Unsupported type takes only dbgenerated("...")')
    if field.type.arity is Arity.LIST:
        if not isinstance(value, Array):
            raise _Wrong(f"the default of a list is a list, not {shown(value)}")
        items = ", ".join(_literal(scalar, enum, item) for item in value.items)
        return Default(f"ARRAY[{items}]::{column_type}")
    if isinstance(value, Array):
        raise _Wrong(f"a list is no default of a field that holds one value: {shown(value)}")
    return Default(_literal(scalar, enum, value))


def _call(scalar: str, enum: Enum | None, call: Call) -> Default:
    name = call.name
    arguments = [argument.value for argument in call.arguments]
    if name == "dbgenerated":
        if not arguments:
            return Default()
        if len(arguments) > 1 or not isinstance(arguments[0], Text) or not arguments[0].value:
            raise _Wrong("dbgenerated() takes nothing, or one text that is not empty")
        return Default(arguments[0].value)
    if scalar == "Unsupported":
        raise _Wrong('a field of an Unsupported type takes only dbgenerated("...")')
    if enum is not None:
        raise _Wrong(f"a value of {enum.name} is expected, not {shown(call)}")
    unknown = f"Unknown function in @default(): `{name}` is not known"
    if name in _OTHERS:
        prisma = "The current connector does not support the `auto()` function" if name == "auto" else unknown
        raise _Wrong(f"{name}() is a function for {_OTHERS[name]}, not for PostgreSQL", prisma)
    fits = {"now": ("DateTime",), "autoincrement": ("Int", "BigInt")}.get(name, ("String",))
    if name not in _CLIENT and name not in ("now", "autoincrement"):
        known = ", ".join(("now", "autoincrement", "dbgenerated", *_CLIENT))
        raise _Wrong(f"no function is named {name}: it is one of {known}", unknown)
    if scalar not in fits:
        raise _Wrong(f"{name}() is for fields of type {' or '.join(fits)}, not {scalar}")
    if name in _CLIENT:
        _client(name, arguments)
        return Default()
    if arguments:
        raise _Wrong(f"{name}() takes no argument")
    if name == "now":
        return Default("CURRENT_TIMESTAMP")
    return Default(serial=True)


def _client(name: str, arguments: list[Expression]) -> None:
    takes = _CLIENT[name]
    if not arguments:
        return
    number = arguments[0]
    if len(arguments) > 1 or takes == () or not isinstance(number, Number) or not _INTEGER.match(number.text):
        raise _Wrong(f"{name}() takes {'nothing' if takes == () else 'nothing, or one number'}")
    if takes is None and not 2 <= int(number.text) <= 255:
        raise _Wrong(f"{name}() takes a number from 2 to 255")
    if takes and int(number.text) not in takes:
        raise _Wrong(f"{name}() takes {' or '.join(map(str, takes))}, not {number.text}")


def _literal(scalar: str, enum: Enum | None, value: Expression) -> str:
    """One value in SQL."""
    if enum is not None:
        if not isinstance(value, Name):
            raise _Wrong(f"a value of {enum.name} is expected, not {shown(value)}")
        stored = dict(enum.values).get(value.text)
        if stored is None:
            raise _Wrong(f"{enum.name} has no value {value.text}; it has {', '.join(name for name, _ in enum.values)}")
        return literal(stored)
    match scalar, value:
        case "String", Text():
            return literal(value.value)
        case "Json", Text():
            return _json(value)
        case "Bytes", Text():
            return _bytes(value)
        case "DateTime", Text():
            return _time(value)
        case (("Int" | "BigInt"), Number()):
            return _integer(value)
        case (("Float" | "Decimal"), Number()):
            return _number(value.text)
        case "Decimal", Text():
            return _number(value.value)
        case "Boolean", Name() if value.text in ("true", "false"):
            return value.text
    raise _Wrong(f"a value of type {scalar} is expected, not {shown(value)}")


def _integer(value: Number) -> str:
    if not _INTEGER.match(value.text) or not -(2**63) <= int(value.text) < 2**63:
        raise _Wrong(f"a whole number of 64 bits is expected, not {value.text}")
    return str(int(value.text))


def _number(text: str) -> str:
    if _DECIMAL.match(text) and "_" in text.partition(".")[2]:  # the engine counts it as a digit: 1.5_0 becomes 0.150
        raise _Wrong(f"an underscore behind the point shifts it in Prisma: write {text.replace('_', '')}")
    number = Decimal(text.replace("_", "")) if _DECIMAL.match(text) else Decimal("nan")
    if not number.is_finite() or abs(number.adjusted()) >= 20_000:
        raise _Wrong(f"a number is expected, not {text}", 'Error parsing attribute "default"')
    plain = format(number, "f")
    return plain.removeprefix("-") if number.is_zero() else plain


def _json(value: Text) -> str:
    try:
        depth = _depth(json.loads(value.value, parse_constant=_no_number, parse_float=_float, parse_int=_float))
        if depth > _DEEPEST_JSON:
            raise ValueError(f"{depth} brackets within brackets, and {_DEEPEST_JSON} are the most")
    except (ValueError, RecursionError) as exc:
        raise _Wrong(f"the text is not JSON: {exc}") from exc
    return literal(value.value)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is out of range")
    return number


def _depth(value: Any) -> int:
    """How many brackets stand within brackets. Raises ValueError for a text with half of a pair of surrogates."""
    if isinstance(value, str):
        value.encode()
        return 0
    if isinstance(value, dict):
        return 1 + max((max(_depth(key), _depth(item)) for key, item in value.items()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _bytes(value: Text) -> str:
    try:
        data = b64decode(value.value, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _Wrong(f"bytes are written in base64: {exc}") from exc
    if b64encode(data).decode() != value.value:  # bits behind the last byte
        raise _Wrong(f"bytes are written in base64, these as {b64encode(data).decode()}")
    return "'\\x" + data.hex() + "'"


def _time(value: Text) -> str:
    match = _TIME.match(value.value)
    if match is None:
        raise _Wrong(f'a time is written as in RFC 3339, "2026-03-01T12:00:00Z", not {shown(value)}')
    year, month, day, clock, fraction, zulu, offset = match.groups()
    leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
    days = 29 if month == "02" and leap else _DAYS.get(month, 0)
    if not 1 <= int(day) <= days:
        raise _Wrong(f"there is no day {year}-{month}-{day}")
    digits = (fraction or "")[:9].rstrip("0")
    digits = digits.ljust(-(-len(digits) // 3) * 3, "0")  # none, 3, 6 or 9 of them
    part = f".{digits}" if digits else ""
    zone = "+00:00" if zulu else offset.replace("\u2212", "-")
    return f"'{year}-{month}-{day} {clock}{part} {zone}'"
