"""How does schema.prisma say a column's type, as `format_type` prints it?

The language's own type alone where it means exactly that, with an `@db.` attribute where another is meant, else
`Unsupported("...")`. A list is a list of whatever dimensions. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.domain import Domain
from pgmason.catalog.model import Catalog
from pgmason.sources.prisma.types import DEFAULTS, NativeType

__all__ = ["ColumnType", "base_type", "column_type", "domains_of", "text_literal"]

# What format_type prints, less what stands in brackets, and Prisma's name for it.
_NATIVE: Mapping[str, tuple[str, str]] = {
    "smallint": ("Int", "SmallInt"),
    "integer": ("Int", "Integer"),
    "oid": ("Int", "Oid"),
    "bigint": ("BigInt", "BigInt"),
    "real": ("Float", "Real"),
    "double precision": ("Float", "DoublePrecision"),
    "numeric": ("Decimal", "Decimal"),
    "money": ("Decimal", "Money"),
    "text": ("String", "Text"),
    "character varying": ("String", "VarChar"),
    "character": ("String", "Char"),
    "bit": ("String", "Bit"),
    "bit varying": ("String", "VarBit"),
    "uuid": ("String", "Uuid"),
    "xml": ("String", "Xml"),
    "inet": ("String", "Inet"),
    "citext": ("String", "Citext"),
    "boolean": ("Boolean", "Boolean"),
    "timestamp without time zone": ("DateTime", "Timestamp"),
    "timestamp with time zone": ("DateTime", "Timestamptz"),
    "date": ("DateTime", "Date"),
    "time without time zone": ("DateTime", "Time"),
    "time with time zone": ("DateTime", "Timetz"),
    "json": ("Json", "Json"),
    "jsonb": ("Json", "JsonB"),
    "bytea": ("Bytes", "ByteA"),
}
_PRECISE = re.compile(r"(?P<head>[a-z ]+?)\((?P<numbers>\d+(?:,-?\d+)?)\)(?P<tail>[a-z ]*)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """`name` is the field's type without brackets, `scalar` the language's own ("" for an enum or unsupported)."""

    name: str
    scalar: str
    native: str | None
    is_list: bool

    @property
    def supported(self) -> bool:
        return not self.name.startswith("Unsupported")


def column_type(text: str, enums: Mapping[str, str], datasource: str = "db") -> ColumnType:
    """The type; `enums` are names of the language by what format_type prints, `datasource` the prefix of `@db.`."""
    is_list = text.endswith("[]")
    own = text.removesuffix("[]")
    if own in enums:
        return ColumnType(name=enums[own], scalar="", native=None, is_list=is_list)
    found = _native(own)
    if found is None:
        said = f"Unsupported({text_literal(own)})"
        return ColumnType(name=said, scalar="", native=None, is_list=is_list)
    scalar, native = found
    attribute = None
    if DEFAULTS[scalar] != native:
        numbers = f"({', '.join(map(str, native.arguments))})" if native.arguments else ""
        attribute = f"@{datasource}.{native.name}{numbers}"
    return ColumnType(name=scalar, scalar=scalar, native=attribute, is_list=is_list)


def domains_of(catalog: Catalog) -> dict[str, str]:
    """The type of every domain, by the name that format_type prints."""
    return {".".join(map(identifier, one.path)): state.type for one, state in catalog.of(Domain)}


def base_type(domains: Mapping[str, str], type_: str) -> str:
    """The type below a domain, as Prisma looks through it; any other type as it is. `domains` by `domains_of`."""
    while type_ in domains:
        type_ = domains[type_]
    return type_


def text_literal(text: str) -> str:
    """A text in quotes, as the language reads it: as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _native(text: str) -> tuple[str, NativeType] | None:
    numbers: tuple[int, ...] = ()
    bare = text.removeprefix("public.") if text == "public.citext" else text
    match = _PRECISE.match(bare)
    if match is not None:
        bare = match["head"] + match["tail"]
        numbers = tuple(map(int, match["numbers"].split(",")))
    if bare not in _NATIVE:
        return None
    scalar, name = _NATIVE[bare]
    if (name == "Char" and not numbers) or (name == "Decimal" and numbers and not 0 <= numbers[1] <= numbers[0]):
        return None
    return scalar, NativeType(name, numbers)
