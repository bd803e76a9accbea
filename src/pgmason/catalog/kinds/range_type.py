"""A range type, and the multirange type that comes with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN, Kind, Shell, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "RangeType"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeType:
    """A range type over `subtype`, its fields as CREATE TYPE names them; functions in the server's words.

    `operator_class` and `collation` are (schema, name) where they are not the default of the subtype. `multirange`
    is (schema, name), None before PostgreSQL 14.
    """

    subtype: str
    operator_class: tuple[str, str] | None
    collation: tuple[str, str] | None
    canonical: str | None
    subtype_diff: str | None
    multirange: tuple[str, str] | None


def _address(identity: ObjectId, _: RangeType) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("TYPE {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, range_: RangeType, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import definition

    def name(path: tuple[str, str] | None) -> Composable | None:
        return None if path is None else Identifier(*path)

    yield definition(
        SQL("CREATE {} AS RANGE").format(_address(identity, range_)),
        (
            ("SUBTYPE", range_.subtype),
            ("SUBTYPE_OPCLASS", name(range_.operator_class)),
            ("COLLATION", name(range_.collation)),
            ("CANONICAL", range_.canonical),
            ("SUBTYPE_DIFF", range_.subtype_diff),
            ("MULTIRANGE_TYPE_NAME", name(range_.multirange)),
        ),
    )


def _begin(identity: ObjectId, range_: RangeType, _: Catalog) -> Iterator[Composable]:
    """The name alone, which is enough for the canonical function to be made."""
    from psycopg.sql import SQL

    yield SQL("CREATE {}").format(_address(identity, range_))


# rngmultitypid came with 14, so it is read through to_jsonb, which gives NULL on an older server.
KIND = Kind(
    name="range type",
    state=RangeType,
    path_length=2,
    rows=(Rows(catalog="pg_type", column="typtype", letters="r"),),
    query=f"""
SELECT t.tableoid, t.oid, 0, n.nspname, t.typname,
       pg_catalog.format_type(r.rngsubtype, NULL), o.nspname, o.opcname, l.nspname, l.collname,
       NULLIF(r.rngcanonical::text, '-'), NULLIF(r.rngsubdiff::text, '-'), m.nspname, m.typname
FROM pg_catalog.pg_range r
JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype
LEFT JOIN (SELECT oc.oid, os.nspname, oc.opcname FROM pg_catalog.pg_opclass oc
           JOIN pg_catalog.pg_namespace os ON os.oid = oc.opcnamespace WHERE NOT oc.opcdefault) o
       ON o.oid = r.rngsubopc
LEFT JOIN (SELECT lc.oid, ls.nspname, lc.collname FROM pg_catalog.pg_collation lc
           JOIN pg_catalog.pg_namespace ls ON ls.oid = lc.collnamespace) l
       ON l.oid = r.rngcollation AND r.rngcollation <> s.typcollation
LEFT JOIN (SELECT mt.oid, ms.nspname, mt.typname FROM pg_catalog.pg_type mt
           JOIN pg_catalog.pg_namespace ms ON ms.oid = mt.typnamespace) m
       ON m.oid = (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::oid
WHERE {NOT_OWN} AND {not_member("t")}""",
    build=lambda row: RangeType(
        subtype=row[0],
        operator_class=(row[1], row[2]) if row[1] is not None else None,
        collation=(row[3], row[4]) if row[3] is not None else None,
        canonical=row[5],
        subtype_diff=row[6],
        multirange=(row[7], row[8]) if row[7] is not None else None,
    ),
    address=_address,
    create=_create,
    shell=Shell(begin=_begin, complete=_create, needs=lambda needed: needed.kind == "schema"),
)
