"""Which arguments does an attribute have, by their names?

Prisma lets one argument of most attributes stand without its name; an unknown one, one said twice and a surplus one
are faults.
"""

from __future__ import annotations

from collections.abc import Sequence

from pgmason.sources.prisma.faults import Faults
from pgmason.sources.prisma.tree import Argument, Array, Attribute, Call, Expression, Name, Text, described, shown

__all__ = ["by_name", "field_names", "list_of", "text_of"]


def by_name(
    attribute: Attribute | Call,
    known: Sequence[str],
    *,
    file: str,
    faults: Faults,
    unnamed: str | None = None,
    prisma: str = "No such argument",
) -> dict[str, Expression]:
    """The arguments by their names; one without a name is `unnamed`. `prisma` is how it tells an unknown one."""
    found: dict[str, Expression] = {}
    for argument in attribute.arguments:
        name = argument.name if argument.name is not None else unnamed
        if name is None or name not in known:
            faults.add(file, argument, _unknown(attribute, argument, known), prisma)
        elif name in found:
            prisma = f'Argument "{name}" is already specified'
            if argument.name is None:
                prisma = "You provided multiple unnamed arguments"
            faults.add(file, argument, f"the argument {name} is said twice", prisma)
        else:
            found[name] = argument.value
    return found


def _unknown(attribute: Attribute | Call, argument: Argument, known: Sequence[str]) -> str:
    said = argument.name if argument.name is not None else shown(argument.value)
    takes = ", ".join(known) or "no argument"
    return f"{attribute.name} takes {takes}; it has no {said}"


def text_of(arguments: dict[str, Expression], name: str, attribute: str, *, file: str, faults: Faults) -> str | None:
    """An argument that must be a text, and not an empty one; None where it is left out or wrong."""
    value = arguments.get(name)
    if value is None:
        return None
    if not isinstance(value, Text):
        prisma = f"Expected a string value, but received {described(value)}"
        faults.add(file, value, f"{name} is a text in quotes, not {shown(value)}", prisma)
        return None
    if not value.value:
        faults.attribute(file, value, f"@{attribute.lstrip('@')}", f"{name} must not be empty")
        return None
    return value.value


def list_of(value: Expression) -> tuple[Expression, ...]:
    """The items of a list; a single value stands for a list of one."""
    return value.items if isinstance(value, Array) else (value,)


def field_names(value: Expression, *, file: str, faults: Faults) -> list[str] | None:
    """The names of fields in a list; None where something else is in it."""
    names = []
    for item in list_of(value):
        if not isinstance(item, Name):
            prisma = f"Expected a constant literal value, but received {described(item)}"
            faults.add(file, item, f"a field's name is expected, not {shown(item)}", prisma)
            return None
        names.append(item.text)
    return names
