"""Which values might satisfy the conditions that speak of a column?

Offers, the most usual first: the default, the usual value of its type, and what can be made of the constants that stand
in the conditions: themselves and their neighbours, numbers from there on or between two of them, text of that length
or of that pattern, NULL. None is known to do; the server says which does (solving.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import isfinite

from pgmason.samples.patterns import Sample, sample_of
from pgmason.samples.shape import Column, Shape, Type
from pgmason.samples.values import FIRST, Value, cycle, digits, in_brackets, null, spelled, template, usual_value
from pgmason.statements import Condition, is_constant

__all__ = ["candidates", "own_default"]

_NUMBERS_AT_MOST = 6  # constants of a condition that are made something of
_ANY_TEXT = ("{}", "[]", "0", "1", "[1,2,3]", "a", "(0,0)", "a=>1", "2024-01-01", "")


def own_default(column: Column) -> Value | None:
    """The column's default, where it is the same at every time."""
    if column.default is None or column.identity or not is_constant(column.default):
        return None
    return template("default", 1, "{default}", default=in_brackets(column.default))


def candidates(
    shape: Shape, column: Column, conditions: Sequence[Condition], *, nullable: bool, unlike: bool
) -> list[Value]:
    """Offers for a column, without repetition. `nullable`: NULL too, at the end; `unlike`: rows should differ.

    Each is an expression that the column's type takes by a cast, or perhaps does not: the server says.
    """
    type, modifier = shape.base_of(column.type, column.modifier)
    default = own_default(column)
    usual = usual_value(shape, column.type, column.modifier)
    offered: list[Value] = []
    if default is not None and not unlike:
        offered.append(default)
    if usual is not None:
        offered.append(usual)
    if default is not None and unlike:
        offered.append(default)
    if conditions or usual is None:
        offered += _offers(shape, type, modifier, conditions)
    if usual is None:
        offered += [template(f"any:{text}", 1, "{text}", text=text) for text in _ANY_TEXT]
    if nullable:
        offered.append(null())
    seen: set[str] = set()
    return [value for value in offered if not (value.key in seen or seen.add(value.key))]  # type: ignore[func-returns-value]


def _offers(shape: Shape, type: Type, modifier: int, conditions: Sequence[Condition]) -> Iterator[Value]:
    from psycopg.sql import Literal

    numbers = _numbers(conditions)
    strings = list(dict.fromkeys(string for condition in conditions for string in condition.strings))
    match type.category:
        case "E":
            for label in type.labels:
                yield cycle(f"one:{label}", [Literal(label)], spelled(type))
        case "B":
            for truth in (True, False):
                yield template(f"one:{truth}", 1, "{truth}", truth=truth)
        case "N":
            yield from _number_offers(numbers, whole=type.name in ("int2", "int4", "int8", "oid"))
            yield from _number_offers(_as_numbers(strings), whole=False)
        case "D" | "T":
            yield from _moment_offers(type, strings)
        case "A":
            yield from _array_offers(shape, type, modifier, strings, numbers, conditions)
        case "S":
            yield from _text_offers(type, strings, numbers, conditions)
        case _:
            yield from _other_offers(type, strings, numbers)


def _numbers(conditions: Iterable[Condition]) -> list[str]:
    found = dict.fromkeys(number for condition in conditions for number in condition.numbers)
    return [number for number in found if isfinite(float(number))][:_NUMBERS_AT_MOST]


def _as_numbers(strings: Iterable[str]) -> list[str]:
    found = []
    for string in strings:
        try:
            finite = isfinite(float(string))
        except ValueError:
            continue
        if finite:
            found.append(string)
    return found[:_NUMBERS_AT_MOST]


def _number_offers(numbers: Sequence[str], *, whole: bool) -> Iterator[Value]:
    for number in numbers:
        constant = in_brackets(number)
        yield template(f"from:{number}", None, "({number} + {d})", number=constant)
        yield template(f"above:{number}", None, "({number} + 1 + {d})", number=constant)
        yield template(f"below:{number}", None, "({number} - 1 - {d})", number=constant)
    ordered = sorted(numbers, key=float)
    for low, high in pairwise(ordered):
        if whole and (room := int(float(high)) - int(float(low)) + 1) > 1:
            sql = "({low} + {d} % {room})"
            yield template(f"between:{low}:{high}", room, sql, low=in_brackets(low), room=room)
            if room > 2:
                sql = "({low} + 1 + {d} % {room})"
                yield template(f"within:{low}:{high}", room - 2, sql, low=in_brackets(low), room=room - 2)
        elif not whole:
            sql = "({low} + ({high} - ({low})) * (1 + {d} % 1000)::pg_catalog.numeric / 1001)"
            yield template(f"between:{low}:{high}", 1, sql, low=in_brackets(low), high=in_brackets(high))
    for number in numbers:
        yield template(f"one:{number}", 1, "{number}", number=in_brackets(number))
    # beside another column: a little or a lot more, or less
    for shift in (1, -1, 1000, -1000):
        yield template(f"number:{shift}", None, "({first} + {d})", first=FIRST + shift)
    yield template("one:0", 1, "0")
    yield template("one:1", 1, "1")
    yield template("fraction", None, "(1::pg_catalog.float8 / (2 + {d}))")


def _moment_offers(type: Type, strings: Sequence[str]) -> Iterator[Value]:
    if type.name == "interval":
        yield template("day", None, "((1 + {d}) * interval '1 day')")
        yield template("one:0", 1, "interval '0'")
    for string in strings:
        moment = {"text": string, "type": spelled(type)}
        yield template(f"one:{string}", 1, "{text}::{type}", **moment)
        if type.name in ("timestamp", "timestamptz"):
            yield template(f"from:{string}", None, "({text}::{type} + {d} * interval '1 second')", **moment)
            yield template(f"below:{string}", None, "({text}::{type} - (1 + {d}) * interval '1 second')", **moment)
        elif type.name == "date":
            yield template(f"from:{string}", None, "({text}::{type} + {d}::integer)", **moment)
            yield template(f"below:{string}", None, "({text}::{type} - 1 - {d}::integer)", **moment)
    if type.name in ("timestamp", "timestamptz"):
        for days in (1, -1, 400, 20_000):
            sql = "({from_} + {d} * interval '1 minute' + {days} * interval '1 day')"
            yield template(
                f"{type.name}:{days}", None, sql, from_=in_brackets("timestamp '2024-01-01 00:00:00'"), days=days
            )
    elif type.name == "date":
        for days in (1, -1, 400, 20_000):
            sql = "(date '2000-01-01' + {days} + ({d} % 1000000)::integer)"
            yield template(f"date:{days}", None, sql, days=days)


def _array_offers(
    shape: Shape,
    type: Type,
    modifier: int,
    strings: Sequence[str],
    numbers: Sequence[str],
    conditions: Sequence[Condition],
) -> Iterator[Value]:
    from psycopg.sql import SQL

    own = spelled(type)
    element = shape.types[type.element]
    usual = usual_value(shape, type.element, modifier)
    for number in numbers:
        if usual is not None and number.isdigit() and 0 < int(number) <= 100:
            length = int(number)
            yield Value(
                key=f"length:{number}",
                distinct=usual.distinct,
                make=lambda d, length=length: SQL("pg_catalog.array_fill({}::{}, ARRAY[{}])").format(  # type: ignore[misc]
                    usual.make(d), spelled(element), length
                ),
            )
    yield template("empty", 1, "'{{}}'::{type}", type=own)
    for offer in _offers(shape, *shape.base_of(type.element, modifier), conditions):
        yield Value(
            key=f"array:{offer.key}",
            distinct=offer.distinct,
            make=lambda d, offer=offer: SQL("ARRAY[{}]::{}").format(offer.make(d), own),  # type: ignore[misc]
        )
    for string in strings:
        yield template(f"one:{string}", 1, "{text}", text=string)


def _text_offers(
    type: Type, strings: Sequence[str], numbers: Sequence[str], conditions: Sequence[Condition]
) -> Iterator[Value]:
    from psycopg.sql import Literal

    if len(strings) > 1:
        yield cycle(f"cycle:{strings!r}", [Literal(string) for string in strings], spelled(type))
    for string in strings:
        yield template(f"one:{string}", 1, "{text}", text=string)
    for kind, pattern in dict.fromkeys(pattern for condition in conditions for pattern in condition.patterns):
        sample = sample_of(kind, pattern)
        if sample is not None:
            yield _from_sample(kind, pattern, sample)
    lengths = dict.fromkeys(
        length
        for number in numbers
        if number.lstrip("-").isdigit()
        for length in (int(number), int(number) + 1, int(number) - 1)
        if 0 < length < 100_000
    )
    for length in lengths:
        if length < 4:
            yield digits(length)
        else:
            sql = "pg_catalog.lpad(({first} + {d})::text, {length}, '0')"
            yield template(f"length:{length}", 10 ** min(length, 9) - FIRST, sql, first=FIRST, length=length)
    hexadecimal = "pg_catalog.md5({d}::text)"
    yield template("letters", None, "pg_catalog.translate(({first} + {d})::text, {from_}, {to})", **_LETTERS)
    yield template("address", None, "('sample' || ({first} + {d})::text || '@example.com')", first=FIRST)
    yield template("url", None, "('https://example.com/' || ({first} + {d})::text)", first=FIRST)
    yield template("uuid", None, "pg_catalog.lpad(pg_catalog.to_hex({first} + {d}), 32, '0')::uuid::text", first=FIRST)
    yield template("hex", None, hexadecimal)
    yield template("one:", 1, "''")


_LETTERS = {"first": FIRST, "from_": "0123456789", "to": "abcdefghij"}


def _from_sample(kind: str, pattern: str, sample: Sample) -> Value:
    key = f"{kind}:{pattern}"
    if not sample.length:
        return template(key, 1, "{text}", text=sample.before)
    alphabet = sample.alphabet
    in_digits = all(digit in alphabet for digit in "0123456789")
    symbols = "0123456789" if in_digits else "".join((alphabet * 10)[:10])
    base = min(len(set(symbols)), 10)
    parts = {"before": sample.before, "after": sample.after, "length": sample.length, "symbols": symbols}
    text = "pg_catalog.right(pg_catalog.lpad(({first} + {d})::text, 40, '0'), {length})"
    sql = "{before} || pg_catalog.translate(" + text + ", '0123456789', {symbols}) || {after}"
    distinct = base ** min(sample.length, 15) if base == 10 else 1
    return template(key, distinct, sql, first=FIRST if sample.length >= 4 else 0, **parts)


def _other_offers(type: Type, strings: Sequence[str], numbers: Sequence[str]) -> Iterator[Value]:
    for string in strings:
        yield template(f"one:{string}", 1, "{text}", text=string)
    if type.name in ("json", "jsonb"):
        for string in strings:
            yield template(f"key:{string}", None, "pg_catalog.jsonb_build_object({key}, {d})", key=string)
        for text in ("{}", "[]", '"sample"', "1", "true", "null", "[1]"):
            yield template(f"one:{text}", 1, "{text}", text=text)
    elif type.name == "bytea":
        for number in numbers:
            if number.isdigit() and 0 < int(number) <= 10_000:
                sql = "pg_catalog.decode(pg_catalog.lpad(pg_catalog.to_hex({first} + {d}), {length}, '0'), 'hex')"
                yield template(f"length:{number}", None, sql, first=FIRST, length=2 * int(number))
