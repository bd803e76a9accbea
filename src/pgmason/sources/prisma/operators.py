"""Which operator classes does the language know, for which method of index and which type?

A table of Prisma's names. A class that is not in it is written `raw("...")`, and nothing is checked of it but by
PostgreSQL. (Prisma schema reference, "Index operator classes"; validations.rs of its PostgreSQL connector)
"""

from __future__ import annotations

import re

from pgmason.sources.prisma.meaning import Scalar
from pgmason.sources.prisma.tree import Arity

__all__ = ["METHODS", "known", "misfit", "sql_name"]

# As `type:` names them, and what CREATE INDEX says; B-tree needs no words.
METHODS: dict[str, str | None] = {
    "BTree": None, "Hash": "HASH", "Gist": "GIST", "Gin": "GIN", "SpGist": "SPGIST", "Brin": "BRIN",
}  # fmt: skip

_THREE = ("Bloom", "MinMax", "MinMaxMulti")
# BRIN: the stem of the classes for a native type, and which of them there are.
_BRIN: dict[str, tuple[str, tuple[str, ...]]] = {
    "Bit": ("Bit", ("MinMax",)),
    "VarBit": ("VarBit", ("MinMax",)),
    "Char": ("Bpchar", ("Bloom", "MinMax")),
    "ByteA": ("Bytea", ("Bloom", "MinMax")),
    "Date": ("Date", _THREE),
    "Real": ("Float4", _THREE),
    "DoublePrecision": ("Float8", _THREE),
    "Inet": ("Inet", ("Inclusion", *_THREE)),
    "SmallInt": ("Int2", _THREE),
    "Integer": ("Int4", _THREE),
    "BigInt": ("Int8", _THREE),
    "Decimal": ("Numeric", _THREE),
    "Oid": ("Oid", _THREE),
    "Text": ("Text", ("Bloom", "MinMax")),
    "VarChar": ("Text", ("Bloom", "MinMax")),
    "Timestamp": ("Timestamp", _THREE),
    "Timestamptz": ("TimestampTz", _THREE),
    "Time": ("Time", _THREE),
    "Timetz": ("TimeTz", _THREE),
    "Uuid": ("Uuid", _THREE),
}
_CLASSES: dict[str, frozenset[str]] = {
    "Gist": frozenset({"InetOps"}),
    "Gin": frozenset({"JsonbOps", "JsonbPathOps", "ArrayOps"}),
    "SpGist": frozenset({"InetOps", "TextOps"}),
    "Brin": frozenset(f"{stem}{ending}Ops" for stem, endings in _BRIN.values() for ending in endings),
}
_ALL = frozenset().union(*_CLASSES.values())
_WORDS = re.compile(r"(?<=[a-z0-9])(?=MinMax|Multi|Bloom|Inclusion|Path|Ops)|(?<=MinMax)(?=Multi|Ops)")


def known(name: str) -> bool:
    """Whether the language has a class of that name."""
    return name in _ALL


def sql_name(name: str) -> str:
    """`Int4MinMaxMultiOps` is int4_minmax_multi_ops."""
    return "_".join(_WORDS.split(name)).lower()


def misfit(method: str, scalar: Scalar, name: str | None) -> str | None:
    """Why a field cannot be in an index of that method with that class; None where it can."""
    if name is not None and name not in _CLASSES.get(method, ()):
        return f"the operator class {name} is none of the {method} index"
    if method not in _CLASSES or _fits(method, scalar, name):
        return None
    if name is not None:
        return f"the operator class {name} does not fit the type of {scalar.name}"
    return f"a {method} index has no operator class for the type of {scalar.name}; say one with ops"


def _fits(method: str, scalar: Scalar, name: str | None) -> bool:
    if scalar.unsupported is not None:
        return name is None
    native = scalar.native.name if scalar.native is not None else None
    is_list = scalar.arity is Arity.LIST
    match method:
        case "Gist":
            return native == "Inet" and name == "InetOps"
        case "Gin":
            if is_list:
                return name in (None, "ArrayOps")
            return native == "JsonB" and name in (None, "JsonbOps", "JsonbPathOps")
        case "SpGist":
            if native == "Inet":
                return name in (None, "InetOps")
            return native in ("Text", "VarChar", "Char") and name in (None, "TextOps")
        case _:
            if native not in _BRIN:
                return False
            stem, endings = _BRIN[native]
            return name is None or name in {f"{stem}{ending}Ops" for ending in endings}
