"""A conversion between two encodings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN, Kind, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Conversion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A conversion from encoding `source` to `target` by a function; whether it is the one taken by default."""

    source: str
    target: str
    function: str
    default: bool


def _address(identity: ObjectId, _: Conversion) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("CONVERSION {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, conversion: Conversion, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Literal

    from pgmason.catalog.definitions import verbatim

    yield SQL("CREATE {}{} FOR {} TO {} FROM {}").format(
        verbatim("DEFAULT " if conversion.default else ""),
        _address(identity, conversion),
        Literal(conversion.source),
        Literal(conversion.target),
        verbatim(conversion.function),
    )


KIND = Kind(
    name="conversion",
    state=Conversion,
    path_length=2,
    rows=(Rows(catalog="pg_conversion"),),
    query=f"""
SELECT o.tableoid, o.oid, 0, n.nspname, o.conname, pg_catalog.pg_encoding_to_char(o.conforencoding),
       pg_catalog.pg_encoding_to_char(o.contoencoding), o.conproc::text, o.condefault
FROM pg_catalog.pg_conversion o
JOIN pg_catalog.pg_namespace n ON n.oid = o.connamespace
WHERE {NOT_OWN} AND {not_member("o")}""",
    build=lambda row: Conversion(source=row[0], target=row[1], function=row[2], default=row[3]),
    address=_address,
    create=_create,
)
