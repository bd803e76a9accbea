"""What is an object of the database called in schema.prisma?

Models and enums are PascalCase, fields camelCase, as Prisma's own documents have them; a name that is so already
stays, any other is mapped. A name is a letter with letters, digits and underscores behind it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["Taken", "field_name", "model_name", "plural", "value_name"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*\Z")
_CAMEL = re.compile(r"[a-z][A-Za-z0-9]*\Z")
_BREAKS = re.compile(r"[^A-Za-z0-9]+")
_OTHERS = re.compile(r"[^A-Za-z0-9_]")
# What Prisma refuses as the name of a model or enum, in PascalCase: its scalars and the client's own class
# (psl/parser-database, reserved_model_names.rs). Its other reserved words start with a small letter.
_RESERVED = frozenset(
    [
        "PrismaClient",
        "Unsupported",
        "String",
        "Int",
        "BigInt",
        "Float",
        "Decimal",
        "Boolean",
        "DateTime",
        "Json",
        "Bytes",
    ]
)


class Taken:
    """Names in use; `free` gives the first of some that is not, and takes it."""

    __slots__ = ("_names",)

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = set(names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def take(self, name: str) -> str:
        self._names.add(name)
        return name

    def free(self, *wished: str) -> str:
        """The first wish that nobody has; the last with a number behind it where all are taken."""
        for name in wished:
            if name not in self._names:
                return self.take(name)
        number = 2
        while f"{wished[-1]}{number}" in self._names:
            number += 1
        return self.take(f"{wished[-1]}{number}")


def model_name(name: str) -> str:
    """`order_lines` is OrderLines; a name that Prisma refuses gets Model behind it."""
    made = name if _PASCAL.match(name) else "".join(_capital(part) for part in _parts(name))
    made = made if _NAME.match(made) else f"Model{made}"
    return f"{made}Model" if made in _RESERVED else made


def field_name(name: str) -> str:
    """`created_at` is createdAt, `ID` is id; what begins with a digit gets field before it."""
    if _CAMEL.match(name):
        return name
    parts = _parts(name)
    made = "".join([_small(parts[0]), *map(_capital, parts[1:])]) if parts else ""
    return made if _NAME.match(made) else f"field{made}"


def value_name(label: str) -> str:
    """The label of an enum, as near to itself as the language lets it: `NC-17` is NC_17."""
    if _NAME.match(label):
        return label
    made = _OTHERS.sub("_", label).lstrip("_")
    return made if _NAME.match(made) else f"VALUE_{made}".rstrip("_")


def plural(name: str) -> str:
    """A name for many: `order` is orders, `category` is categories; one that ends in s stays."""
    if name.endswith("s"):
        return name
    if name.endswith("y") and name[-2:-1] not in tuple("aeiou"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("x", "ch", "sh")) else f"{name}s"


def _parts(name: str) -> list[str]:
    return [part for part in _BREAKS.split(name) if part]


def _capital(part: str) -> str:
    return part[0].upper() + (part[1:].lower() if part.isupper() else part[1:])


def _small(part: str) -> str:
    """The first word in small letters: `ID` is id, `URLOf` is urlOf, `UserId` is userId."""
    head = re.match(r"[A-Z]+(?![a-z])|[A-Z]", part)
    return part if head is None else head.group().lower() + part[head.end() :]
