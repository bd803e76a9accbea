"""An access method: how tables or indexes are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import Kind, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "AccessMethod"]

_TYPES = {"i": "index", "t": "table"}  # pg_am.amtype (manual 53.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessMethod:
    """An access method for tables or for indexes, and the function that answers for it."""

    type: str
    handler: str


def _address(identity: ObjectId, _: AccessMethod) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("ACCESS METHOD {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, method: AccessMethod, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import verbatim

    yield SQL("CREATE {} TYPE {} HANDLER {}").format(
        _address(identity, method), verbatim(method.type.upper()), verbatim(method.handler)
    )


# Objects below 16384 came with initdb (FirstNormalObjectId, access/transam.h).
KIND = Kind(
    name="access method",
    state=AccessMethod,
    path_length=1,
    rows=(Rows(catalog="pg_am"),),
    query=f"""
SELECT a.tableoid, a.oid, 0, a.amname, a.amtype, a.amhandler::text
FROM pg_catalog.pg_am a
WHERE a.oid >= 16384 AND {not_member("a")}""",
    build=lambda row: AccessMethod(type=_TYPES[row[0]], handler=row[1]),
    address=_address,
    create=_create,
)
