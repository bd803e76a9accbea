"""A base type that somebody made: functions that read and print its values, and how these lie in memory."""

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

__all__ = ["KIND", "BaseType"]

# pg_type.typalign and typstorage (manual 53.64), as CREATE TYPE spells them.
_ALIGNMENT = {"c": "char", "s": "int2", "i": "int4", "d": "double"}
_STORAGE = {"p": "plain", "e": "external", "m": "main", "x": "extended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseType:
    """A base type, its fields as CREATE TYPE names them; functions and types in the server's words.

    Of a shell, which is a name without a definition, all but `defined` say nothing. `length` is in bytes, -1 for
    variable and -2 for a C string.
    """

    defined: bool
    input: str | None
    output: str | None
    receive: str | None
    send: str | None
    typmod_in: str | None
    typmod_out: str | None
    analyze: str | None
    subscript: str | None
    length: int
    passed_by_value: bool
    alignment: str
    storage: str
    category: str
    preferred: bool
    default: str | None
    element: str | None
    delimiter: str
    collatable: bool


def _address(identity: ObjectId, _: BaseType) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("TYPE {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, base: BaseType, catalog: Catalog) -> Iterator[Composable]:
    """A shell is its name; so is a whole type first, for its functions to speak of."""
    yield from _begin(identity, base, catalog)
    if base.defined:
        yield from _complete(identity, base, catalog)


def _begin(identity: ObjectId, base: BaseType, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    yield SQL("CREATE {}").format(_address(identity, base))


def _complete(identity: ObjectId, base: BaseType, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Literal

    from pgmason.catalog.definitions import definition

    if not base.defined:
        return
    yield definition(
        SQL("CREATE {}").format(_address(identity, base)),
        (
            ("INPUT", base.input),
            ("OUTPUT", base.output),
            ("RECEIVE", base.receive),
            ("SEND", base.send),
            ("TYPMOD_IN", base.typmod_in),
            ("TYPMOD_OUT", base.typmod_out),
            ("ANALYZE", base.analyze),
            ("SUBSCRIPT", base.subscript),
            ("INTERNALLENGTH", "VARIABLE" if base.length < 0 else str(base.length)),
            ("ALIGNMENT", base.alignment),
            ("STORAGE", base.storage),
            ("CATEGORY", Literal(base.category)),
            ("PREFERRED", "true" if base.preferred else None),
            ("DEFAULT", None if base.default is None else Literal(base.default)),
            ("ELEMENT", base.element),
            ("DELIMITER", Literal(base.delimiter)),
            ("COLLATABLE", "true" if base.collatable else None),
        ),
        ("PASSEDBYVALUE",) if base.passed_by_value else (),
    )


# typsubscript came with 14, so it is read through to_jsonb, which gives NULL on an older server.
KIND = Kind(
    name="base type",
    state=BaseType,
    path_length=2,
    rows=(
        Rows(catalog="pg_proc", column="prokind", letters="fw"),
        Rows(catalog="pg_type", column="typtype", letters="p"),
    ),
    query=f"""
SELECT t.tableoid, t.oid, 0, n.nspname, t.typname,
       t.typisdefined, NULLIF(t.typinput::text, '-'), NULLIF(t.typoutput::text, '-'),
       NULLIF(t.typreceive::text, '-'), NULLIF(t.typsend::text, '-'),
       NULLIF(t.typmodin::text, '-'), NULLIF(t.typmodout::text, '-'), NULLIF(t.typanalyze::text, '-'),
       NULLIF(((pg_catalog.to_jsonb(t) ->> 'typsubscript')::pg_catalog.regproc)::text, '-'),
       t.typlen, t.typbyval, t.typalign, t.typstorage, t.typcategory, t.typispreferred, t.typdefault,
       CASE WHEN t.typelem <> 0 THEN pg_catalog.format_type(t.typelem, NULL) END, t.typdelim, t.typcollation <> 0
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE (t.typtype = 'b' OR t.typtype = 'p' AND NOT t.typisdefined) AND {NOT_OWN} AND {not_member("t")}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_type b WHERE b.typarray = t.oid)""",
    build=lambda row: BaseType(
        defined=row[0],
        input=row[1] if row[0] else None,
        output=row[2] if row[0] else None,
        receive=row[3],
        send=row[4],
        typmod_in=row[5],
        typmod_out=row[6],
        analyze=row[7],
        subscript=row[8],
        length=row[9],
        passed_by_value=row[10],
        alignment=_ALIGNMENT[row[11]],
        storage=_STORAGE[row[12]],
        category=row[13],
        preferred=row[14],
        default=row[15],
        element=row[16],
        delimiter=row[17],
        collatable=row[18],
    ),
    address=_address,
    create=_create,
    shell=Shell(begin=_begin, complete=_complete, needs=lambda needed: needed.kind == "schema"),
)
