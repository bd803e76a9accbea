"""A cast from one type to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import Kind, not_member, not_part
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Cast"]

# pg_cast.castcontext and castmethod (manual 53.10).
_CONTEXT = {"e": "explicit", "a": "assignment", "i": "implicit"}
_METHOD = {"f": "function", "i": "inout", "b": "binary"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A cast: when it is applied (explicit, assignment, implicit), how (function, inout, binary), and the function."""

    context: str
    method: str
    function: str | None


def _address(identity: ObjectId, _: Cast) -> Composable:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import verbatim

    return SQL("CAST ({} AS {})").format(*map(verbatim, identity.path))


def _create(identity: ObjectId, cast: Cast, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import verbatim

    how = {"function": f"WITH FUNCTION {cast.function}", "inout": "WITH INOUT", "binary": "WITHOUT FUNCTION"}
    when = {"explicit": "", "assignment": " AS ASSIGNMENT", "implicit": " AS IMPLICIT"}
    yield SQL("CREATE {} {}{}").format(
        _address(identity, cast), verbatim(how[cast.method]), verbatim(when[cast.context])
    )


# Objects below 16384 came with initdb (FirstNormalObjectId, access/transam.h).
KIND = Kind(
    name="cast",
    state=Cast,
    path_length=2,
    rows=(Rows(catalog="pg_cast"),),
    query=f"""
SELECT k.tableoid, k.oid, 0, pg_catalog.format_type(k.castsource, NULL), pg_catalog.format_type(k.casttarget, NULL),
       k.castcontext, k.castmethod, CASE WHEN k.castfunc <> 0 THEN k.castfunc::pg_catalog.regprocedure::text END
FROM pg_catalog.pg_cast k
WHERE k.oid >= 16384 AND {not_member("k")} AND {not_part("k")}""",
    build=lambda row: Cast(context=_CONTEXT[row[0]], method=_METHOD[row[1]], function=row[2]),
    address=_address,
    create=_create,
)
