"""Which type of SQLAlchemy's is a PostgreSQL type, and what does Python call its values?

Types are read as `format_type` prints them with an empty search_path. One that SQLAlchemy has no class for, or would
write otherwise, is a `PgType`: the server's own words. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.column import Column

__all__ = ["WrittenType", "written_type"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenType:
    """A type as Python source, its Python class, and what must be imported for both: (module, name)."""

    source: str
    python: str
    imports: tuple[tuple[str, str], ...]


_SA, _PG = "sqlalchemy", "sqlalchemy.dialects.postgresql"
# PostgreSQL's name: (SQLAlchemy's class, its arguments, its module, Python's class, Python's module).
_PLAIN = {
    "bigint": ("BigInteger", "", _SA, "int", None),
    "integer": ("Integer", "", _SA, "int", None),
    "smallint": ("SmallInteger", "", _SA, "int", None),
    "text": ("Text", "", _SA, "str", None),
    "character varying": ("String", "", _SA, "str", None),
    "boolean": ("Boolean", "", _SA, "bool", None),
    "date": ("Date", "", _SA, "date", "datetime"),
    "timestamp with time zone": ("DateTime", "timezone=True", _SA, "datetime", "datetime"),
    "timestamp without time zone": ("DateTime", "", _SA, "datetime", "datetime"),
    "time without time zone": ("Time", "", _SA, "time", "datetime"),
    "uuid": ("Uuid", "", _SA, "UUID", "uuid"),
    "bytea": ("LargeBinary", "", _SA, "bytes", None),
    "numeric": ("Numeric", "", _SA, "Decimal", "decimal"),
    "double precision": ("Double", "", _SA, "float", None),
    "real": ("REAL", "", _SA, "float", None),
    "json": ("JSON", "", _PG, "Any", "typing"),
    "jsonb": ("JSONB", "", _PG, "Any", "typing"),
    "inet": ("INET", "", _PG, "str", None),
    "cidr": ("CIDR", "", _PG, "str", None),
    "macaddr": ("MACADDR", "", _PG, "str", None),
    "tsvector": ("TSVECTOR", "", _PG, "str", None),
    "interval": ("INTERVAL", "", _PG, "timedelta", "datetime"),
}
_WITH_NUMBERS = (
    (re.compile(r"character varying\((\d+)\)"), "String", "str", None),
    (re.compile(r"character\((\d+)\)"), "CHAR", "str", None),
    (re.compile(r"numeric\((\d+),(\d+)\)"), "Numeric", "Decimal", "decimal"),
)


def written_type(column: Column, enums: Mapping[str, str]) -> WrittenType:
    """The type of a column. `enums` are the Python names of the module's enums, by their type's name."""
    if column.collation is not None:
        collation = ".".join(identifier(part) for part in column.collation)
        return _verbatim(f"{column.type} COLLATE {collation}")
    base = column.type.removesuffix("[]")
    found = _element(base, enums)
    if found is None:
        return _verbatim(column.type)
    if base == column.type:
        return found
    return WrittenType(
        source=f"ARRAY({found.source})",
        python=f"list[{found.python}]",
        imports=(*found.imports, (_PG, "ARRAY")),
    )


def _element(name: str, enums: Mapping[str, str]) -> WrittenType | None:
    if name in enums:
        return WrittenType(source=enums[name], python="str", imports=())
    plain = _PLAIN.get(name)
    if plain is not None:
        made, arguments, module, python, origin = plain
        source = f"{made}({arguments})" if arguments else made
        return WrittenType(source=source, python=python, imports=_imports(module, made, origin, python))
    for pattern, made, python, origin in _WITH_NUMBERS:
        match = pattern.fullmatch(name)
        if match is not None:
            source = f"{made}({', '.join(match.groups())})"
            return WrittenType(source=source, python=python, imports=_imports(_SA, made, origin, python))
    return None


def _imports(module: str, made: str, origin: str | None, python: str) -> tuple[tuple[str, str], ...]:
    return ((module, made), *(((origin, python),) if origin is not None else ()))


def _verbatim(words: str) -> WrittenType:
    imports = (("typing", "Any"), ("sqlalchemy.types", "UserDefinedType"))
    return WrittenType(source=f"PgType({words!r})", python="Any", imports=imports)
