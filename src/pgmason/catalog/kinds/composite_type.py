"""A composite type that stands by itself; the row type of a table is part of the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "CompositeType"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeType:
    """A composite type: the name of each attribute and its type in the server's words, in order.

    A collation other than that of the type is told with it: `text COLLATE "C"`.
    """

    attributes: tuple[tuple[str, str], ...]


def _address(identity: ObjectId, _: CompositeType) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("TYPE {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, composite: CompositeType, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import listed, verbatim

    yield listed(
        SQL("CREATE {} AS").format(_address(identity, composite)),
        [SQL("{} {}").format(Identifier(name), verbatim(type_)) for name, type_ in composite.attributes],
    )


def _columns(row: Sequence[Any]) -> Iterator[tuple[tuple[int, int, int], str]]:
    """The attributes as pg_description knows them: by the relation behind the type, dropped ones counted."""
    for number, name in zip(row[-1], row[5], strict=True):
        yield (row[-3], row[-2], number), name


def _attributes(expression: str) -> str:
    return f"""ARRAY(SELECT {expression}
             FROM pg_catalog.pg_attribute a
             LEFT JOIN pg_catalog.pg_type b ON b.oid = a.atttypid
             LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation AND a.attcollation <> b.typcollation
             LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)"""


# The object is the type; the last three fields tell where pg_description keeps the comments on its attributes.
KIND = Kind(
    name="composite type",
    state=CompositeType,
    path_length=2,
    rows=(Rows(catalog="pg_class", column="relkind", letters="c"),),
    query=f"""
SELECT t.tableoid, t.oid, 0, n.nspname, c.relname,
       {_attributes("a.attname::text")},
       {
        _attributes(
            "pg_catalog.format_type(a.atttypid, a.atttypmod)"
            " || CASE WHEN l.oid IS NULL THEN '' ELSE pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname) END"
        )
    },
       c.tableoid, c.oid, {_attributes("a.attnum::integer")}
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = c.reltype
WHERE c.relkind = 'c' AND {NOT_OWN_RELATION}""",
    build=lambda row: CompositeType(attributes=tuple(zip(row[0], row[1], strict=True))),
    columns=_columns,
    address=_address,
    create=_create,
)
