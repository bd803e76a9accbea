"""Which rows does the `where` of an index let in?

`raw("...")` is the database's own SQL; an object names fields and the values they must have, all of them together.
The values are compared as the engine writes them: as they stand, whatever the field's type makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from pgmason.catalog.keywords import literal
from pgmason.sources.prisma.faults import Faults
from pgmason.sources.prisma.meaning import Scalar
from pgmason.sources.prisma.quoting import identifier
from pgmason.sources.prisma.tree import Call, Expression, Name, Number, Object, Text, described, shown

__all__ = ["predicate_of"]

_FITS = {
    "Int": Number, "BigInt": Number, "Float": Number, "Decimal": Number, "String": Text, "DateTime": Text,
}  # fmt: skip


class _Wrong(Exception):
    """A condition that cannot be; the words say why."""


def predicate_of(
    value: Expression, scalars: Mapping[str, Scalar], model: str, *, attribute: str, file: str, faults: Faults
) -> str | None:
    """The predicate in SQL; None where it is wrong, which is noted."""
    try:
        if isinstance(value, Call) and value.name == "raw":
            return _raw(value)
        if isinstance(value, Object):
            return _conditions(value, scalars, model)
        if not isinstance(value, Call):
            prisma = f"Expected a function value, but received {described(value)}"
            faults.add(file, value, 'where is raw("...") or { field: value }', prisma)
            return None
        raise _Wrong('where is raw("...") or { field: value }')
    except _Wrong as exc:
        faults.attribute(file, value, attribute, str(exc))
        return None


def _raw(call: Call) -> str:
    first = call.arguments[0].value if call.arguments else None
    if not isinstance(first, Text):
        raise _Wrong("raw() takes the condition as a text")
    if not first.value:
        raise _Wrong("the condition of raw() must not be empty")
    return first.value


def _conditions(value: Object, scalars: Mapping[str, Scalar], model: str) -> str:
    if not value.members:
        raise _Wrong("where must name a field")
    return " AND ".join(_condition(name, member, scalars, model) for name, member in value.members)


def _condition(name: str, value: Expression, scalars: Mapping[str, Scalar], model: str) -> str:
    scalar = scalars.get(name)
    if scalar is None:
        raise _Wrong(f"{model} has no field {name}")
    column = identifier(scalar.column)
    unlike = isinstance(value, Object)
    if isinstance(value, Object):
        if len(value.members) != 1:
            raise _Wrong("an object within where has one key: { not: value }")
        key, value = value.members[0]
        if key != "not":
            raise _Wrong(f"an object within where knows only not, not {key}")
    if isinstance(value, Name) and value.text == "null":
        return f"{column} IS {'NOT ' if unlike else ''}NULL"
    return f"{column} {'!=' if unlike else '='} {_value(scalar, value)}"


def _value(scalar: Scalar, value: Expression) -> str:
    if isinstance(value, Name) and value.text in ("true", "false"):
        if scalar.type != "Boolean":
            raise _Wrong(f"{scalar.name} is of type {scalar.type}, {value.text} is a Boolean")
        return value.text
    if not isinstance(value, Text | Number):
        raise _Wrong(f"true, false, null, a text, a number or {{ not: ... }} is expected, not {shown(value)}")
    wanted = Text if scalar.enum is not None else _FITS.get(scalar.type)
    if scalar.unsupported is None and (wanted is None or not isinstance(value, wanted)):
        kind = "text" if isinstance(value, Text) else "number"
        raise _Wrong(f"{scalar.name} is of type {scalar.type}, {shown(value)} is a {kind}")
    return literal(value.value) if isinstance(value, Text) else value.text
