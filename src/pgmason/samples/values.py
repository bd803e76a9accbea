"""Which value of a type belongs to row number d?

The same of a type everywhere, and of related types the same in other clothes: 7001 + d as a number, its digits as
text, the d-th minute after a date. So row d of one table agrees with row d of every other, foreign keys that a
migration is about to add find their rows, text that becomes a number can be cast, and the small numbers that people
write into migrations stay free. Left to others: what a CHECK wants instead (candidates.py), which row a foreign key
means (keys.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.definitions import verbatim
from pgmason.samples.shape import Shape, Type

if TYPE_CHECKING:
    from psycopg.sql import Composable

__all__ = ["FIRST", "Value", "cycle", "digits", "in_brackets", "null", "spelled", "template", "usual_value"]

FIRST = 7001
_EPOCH = "2024-01-01 00:00:00+00"
_LABELS_AT_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value as a function of d, which is a bigint from 0 on.

    `make` gives the SQL expression for an expression of d. Two values of one `key` are equal for equal d. `distinct` is
    how many d, from 0 on, have values that differ from each other; None where all have.
    """

    key: str
    distinct: int | None
    make: Callable[[Composable], Composable]


def template(key: str, distinct: int | None, text: str, /, **parts: Any) -> Value:
    """A value by a psycopg.sql text with {d}, and {other} parts, which are composed or literals."""
    from psycopg.sql import SQL, Composable, Literal

    composed = {name: part if isinstance(part, Composable) else Literal(part) for name, part in parts.items()}
    return Value(key=key, distinct=distinct, make=lambda d: SQL(text).format(d=d, **composed))


def spelled(type: Type) -> Composable:
    """A type's name as SQL, without its modifier."""
    from psycopg.sql import Identifier

    return Identifier(type.schema, type.name)


def in_brackets(expression: str) -> Composable:
    """An expression as the server printed it, or a number as the grammar read it."""
    from psycopg.sql import SQL

    return SQL("({})").format(verbatim(expression))


def null() -> Value:
    """NULL, which no other value equals; rows with it break no key."""
    from psycopg.sql import SQL

    return Value(key="null", distinct=None, make=lambda _: SQL("NULL"))


def digits(length: int, *, prefix: str = "") -> Value:
    """Text of `prefix` and digits, `length` characters at most: 7001, or zeros and the row's number where too short."""
    room = length - len(prefix)
    if room >= 7:
        return template(f"text:{prefix}", None, "{prefix} || ({first} + {d})::text", prefix=prefix, first=FIRST)
    most = 10 ** max(room, 0)
    last = most - FIRST if room >= 4 else 0  # 7001 on as long as it fits, then from 0
    if last > 0:
        text = "{prefix} || (({first} + {d}) % {most})::text"
        return template(f"text:{prefix}:{room}", most - FIRST + 1000, text, prefix=prefix, first=FIRST, most=most)
    text = "{prefix} || pg_catalog.lpad(({d} % {most})::text, {room}, '0')"
    return template(f"text:{prefix}:{room}", most, text, prefix=prefix, most=most, room=max(room, 0))


def cycle(key: str, values: list[Composable], spelled: Composable) -> Value:
    """One after the other of these expressions, again from the first."""
    from psycopg.sql import SQL

    if len(values) == 1:
        return Value(key=key, distinct=1, make=lambda _: SQL("{}::{}").format(values[0], spelled))
    listed = SQL("(ARRAY[{}]::{}[])").format(SQL(", ").join(values), spelled)
    count = len(values)
    return template(key, count, "{listed}[1 + ({d} % {count})::integer]", listed=listed, count=count)


def usual_value(shape: Shape, type: int, modifier: int) -> Value | None:
    """The value of a type; None where nothing is known of it but that a text may stand for it.

    The checks of domains are not looked at.
    """
    found, modifier = shape.base_of(type, modifier)
    match found.kind:
        case "e":
            return _enum(found)
        case "c":
            return _composite(shape, found)
        case "r":
            return _range(shape, found)
        case "m":
            within = usual_value(shape, found.subtype, -1)
            if within is None:
                return None
            return _wrapped(f"multirange:{within.key}", within, "{type}({value})", type=spelled(found))
    if found.category == "A" and found.element:
        element = usual_value(shape, found.element, modifier)
        if element is None:
            return None
        return _wrapped(f"array:{element.key}", element, "ARRAY[{value}]::{type}", type=spelled(found))
    if found.schema == "pg_catalog":
        return _built_in(found.name, modifier)
    return _OF_EXTENSIONS[found.name](modifier) if found.name in _OF_EXTENSIONS else None


def _wrapped(key: str, within: Value, text: str, **parts: Any) -> Value:
    from psycopg.sql import SQL

    return Value(key=key, distinct=within.distinct, make=lambda d: SQL(text).format(value=within.make(d), d=d, **parts))


def _enum(type: Type) -> Value | None:
    from psycopg.sql import Literal

    labels = type.labels[:_LABELS_AT_MOST]
    return cycle(f"enum:{type.oid}", [Literal(label) for label in labels], spelled(type)) if labels else None


def _composite(shape: Shape, type: Type) -> Value | None:
    from psycopg.sql import SQL

    parts = [usual_value(shape, *attribute) for attribute in type.attributes]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    counts = [part.distinct for part in known]
    distinct = None if None in counts or not counts else max(count for count in counts if count is not None)
    return Value(
        key=f"composite:{type.oid}",
        distinct=distinct if counts else 1,
        make=lambda d: SQL("ROW({})::{}").format(SQL(", ").join([part.make(d) for part in known]), spelled(type)),
    )


def _range(shape: Shape, type: Type) -> Value | None:
    """[v, v]: of one value, so that the ranges of different rows never overlap, whatever the order of the subtype."""
    within = usual_value(shape, type.subtype, -1)
    if within is None:
        return None
    bound = spelled(shape.types[type.subtype])
    text = "{type}(({value})::{bound}, ({value})::{bound}, '[]')"
    return _wrapped(f"range:{type.oid}:{within.key}", within, text, type=spelled(type), bound=bound)


def _built_in(name: str, modifier: int) -> Value | None:
    match name:
        case "numeric" if modifier >= 0:
            return _numeric(modifier)
        case "varchar" | "bpchar" if modifier >= 0:
            return digits(modifier - 4)
        case "bit" | "varbit" if modifier >= 0:
            return _bits(modifier)
    text = _TEMPLATES.get(name)
    if text is None:
        return None
    key, distinct, sql = text
    return template(key, distinct, sql, first=FIRST, epoch=_EPOCH) if distinct != 0 else None


def _numeric(modifier: int) -> Value:
    """numeric(p, s): the modifier is ((p << 16) | s) + 4, s in 11 bits with a sign (utils/adt/numeric.c)."""
    precision, scale = (modifier - 4) >> 16 & 0xFFFF, ((modifier - 4) & 0x7FF ^ 1024) - 1024
    whole = precision - scale
    if whole >= 7 and scale >= 0:
        return template("number", None, "({first} + {d})", first=FIRST)
    if whole >= 4 and scale >= 0:
        return template("number", 10**whole - FIRST, "({first} + {d} % {room})", first=FIRST, room=10**whole - FIRST)
    room = min(10**precision - 1, 10**15)
    sql = "((1 + {d} % {room}) * (10::pg_catalog.numeric ^ {power}::pg_catalog.numeric))"
    return template(f"number:{precision}:{scale}", room, sql, room=room, power=-scale)


def _bits(length: int) -> Value:
    room = 2 ** min(length, 31)
    # lpad would cut off the right end of what is too long, where the row's number stands
    sql = "pg_catalog.right(pg_catalog.lpad(({d} % {room})::bigint::bit(64)::text, 64 + {length}, '0'), {length})"
    return template(f"bits:{length}", room, f"({sql})::varbit", room=room, length=length)


# name of the type: (key, how many differ (None: all), the expression). A hundred thousand minutes are 69 days.
_NUMBER = "({first} + {d})"
_TEXT = "({first} + {d})::text"
_TIME = "({epoch}::timestamptz AT TIME ZONE 'UTC' + {d} * interval '1 minute')"
_TEMPLATES: dict[str, tuple[str, int | None, str]] = {
    "bool": ("bool", 2, "({d} % 2 = 0)"),
    "int2": ("number", 32_767 - FIRST, "({first} + {d} % 25766)"),
    "int4": ("number", None, _NUMBER),
    "int8": ("number", None, _NUMBER),
    "numeric": ("number", None, _NUMBER),
    "float4": ("number", None, _NUMBER),
    "float8": ("number", None, _NUMBER),
    "money": ("number", None, "({first} + {d})::integer::money"),
    "oid": ("number", None, _NUMBER),
    "text": ("text:", None, _TEXT),
    "varchar": ("text:", None, _TEXT),
    "bpchar": ("text:", None, _TEXT),
    "name": ("text:", None, _TEXT),
    "refcursor": ("text:", None, _TEXT),
    "char": ("char", 26, "pg_catalog.chr(97 + ({d} % 26)::integer)"),
    "bytea": ("bytea", None, "pg_catalog.convert_to(({first} + {d})::text, 'UTF8')"),
    "date": ("date", None, "(date '2000-01-01' + ({d} % 1000000)::integer)"),
    "time": ("time", 86_400, "(time '00:00' + ({d} % 86400) * interval '1 second')"),
    "timetz": ("time", 86_400, "(timetz '00:00+00' + ({d} % 86400) * interval '1 second')"),
    "timestamp": ("timestamp", None, _TIME),
    "timestamptz": ("timestamptz", None, "({epoch}::timestamptz + {d} * interval '1 minute')"),
    "interval": ("interval", None, "(({first} + {d}) * interval '1 second')"),
    "uuid": ("uuid", None, "pg_catalog.lpad(pg_catalog.to_hex({first} + {d}), 32, '0')::uuid"),
    "json": ("json", None, "pg_catalog.json_build_object('sample', {first} + {d})"),
    "jsonb": ("json", None, "pg_catalog.jsonb_build_object('sample', {first} + {d})"),
    "jsonpath": ("jsonpath", None, "('$.\"' || ({first} + {d})::text || '\"')::jsonpath"),
    "xml": ("xml", None, "('<sample>' || ({first} + {d})::text || '</sample>')::xml"),
    "inet": ("inet", None, "(inet '10.0.0.1' + {d} % 16000000)"),
    "cidr": ("inet", None, "pg_catalog.set_masklen((inet '10.0.0.0' + {d} % 16000000), 32)::cidr"),
    "macaddr": ("macaddr", None, "pg_catalog.lpad(pg_catalog.to_hex({first} + {d}), 12, '0')::macaddr"),
    "macaddr8": ("macaddr8", None, "pg_catalog.lpad(pg_catalog.to_hex({first} + {d}), 16, '0')::macaddr8"),
    "bit": ("bit", 2, "({d} % 2)::integer::bit(1)"),
    "varbit": ("varbit", None, "({first} + {d})::bit(64)::varbit"),
    "point": ("point", None, "pg_catalog.point(({d} * 2)::float8, 0)"),
    "line": ("line", None, "pg_catalog.line(pg_catalog.point({d}::float8, 0), pg_catalog.point({d}::float8, 1))"),
    "lseg": ("lseg", None, "pg_catalog.lseg(pg_catalog.point(({d}*2)::float8,0), pg_catalog.point(({d}*2)::float8,1))"),
    "box": ("box", None, "pg_catalog.box(pg_catalog.point(({d}*2)::float8,0), pg_catalog.point(({d}*2+1)::float8,1))"),
    "path": ("path", None, "('((' || {d} || ',0),(' || {d} || ',1))')::path"),
    "polygon": ("polygon", None, "('((' || {d}*3 || ',0),(' || {d}*3 || ',1),(' || {d}*3+1 || ',1))')::polygon"),
    "circle": ("circle", None, "pg_catalog.circle(pg_catalog.point(({d} * 3)::float8, 0), 1::float8)"),
    "tsvector": ("tsvector", None, "pg_catalog.array_to_tsvector(ARRAY[({first} + {d})::text])"),
    "tsquery": ("tsquery", None, "pg_catalog.plainto_tsquery('simple', ({first} + {d})::text)"),
    "pg_lsn": ("pg_lsn", None, "('0/' || pg_catalog.to_hex({first} + {d}))::pg_lsn"),
    "xid": ("xid", None, "(({first} + {d})::text)::xid"),
    "xid8": ("xid8", None, "(({first} + {d})::text)::xid8"),
    "cid": ("cid", None, "(({first} + {d})::text)::cid"),
    "tid": ("tid", None, "('(' || {d} || ',1)')::tid"),
    "regclass": ("regclass", 1, "'pg_catalog.pg_class'::regclass"),
    "regtype": ("regtype", 1, "'pg_catalog.text'::regtype"),
    "regproc": ("regproc", 1, "'pg_catalog.now'::regproc"),
    "regprocedure": ("regprocedure", 1, "'pg_catalog.now()'::regprocedure"),
    "regoper": ("regoper", 1, "'pg_catalog.||/'::regoper"),
    "regoperator": ("regoperator", 1, "'pg_catalog.+(integer, integer)'::regoperator"),
    "regnamespace": ("regnamespace", 1, "'pg_catalog'::regnamespace"),
    "regrole": ("regrole", 1, "'pg_monitor'::regrole"),
    "regconfig": ("regconfig", 1, "'pg_catalog.simple'::regconfig"),
    "regdictionary": ("regdictionary", 1, "'pg_catalog.simple'::regdictionary"),
    "regcollation": ("regcollation", 1, "'pg_catalog.\"C\"'::regcollation"),
    "txid_snapshot": ("snapshot", None, "({first} + {d} || ':' || {first} + {d} || ':')::txid_snapshot"),
    "pg_snapshot": ("snapshot", None, "({first} + {d} || ':' || {first} + {d} || ':')::pg_snapshot"),
}


def _vector(modifier: int) -> Value:
    """pgvector: as many dimensions as the modifier says."""
    sql = "('[' || ({first} + {d})::text || pg_catalog.repeat(',0', {rest}) || ']')"
    return template("vector", None, sql, first=FIRST, rest=max(modifier, 3) - 1)


# Types of extensions, by name; each is a text that the column's cast takes.
_OF_EXTENSIONS: dict[str, Callable[[int], Value]] = {
    "citext": lambda _: template("text:", None, _TEXT, first=FIRST),
    "hstore": lambda _: template("hstore", None, "('sample=>' || ({first} + {d})::text)", first=FIRST),
    "ltree": lambda _: template("ltree", None, "('sample.' || ({first} + {d})::text)", first=FIRST),
    "vector": _vector,
    "halfvec": _vector,
    "cube": lambda _: template("cube", None, "('(' || {d} || ')')"),
    "seg": lambda _: template("seg", None, "({d})::text"),
}
