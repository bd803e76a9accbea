"""A foreign server: where a foreign-data wrapper finds data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.foreign import Options, options_clause, options_query, read_options
from pgmason.catalog.kinds import Kind, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "ForeignServer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignServer:
    """A server: its wrapper, its options, and the type and version that mean something to the wrapper."""

    wrapper: str
    type: str | None
    version: str | None
    options: Options


def _address(identity: ObjectId, server: ForeignServer) -> Composable:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier

    return SQL("SERVER {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, server: ForeignServer, catalog: Catalog) -> Iterator[Composable]:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier, Literal

    parts = [SQL("CREATE SERVER {}").format(Identifier(*identity.path))]
    if server.type is not None:
        parts.append(SQL(" TYPE {}").format(Literal(server.type)))
    if server.version is not None:
        parts.append(SQL(" VERSION {}").format(Literal(server.version)))
    parts.append(SQL(" FOREIGN DATA WRAPPER {}").format(Identifier(server.wrapper)))
    yield SQL("").join([*parts, options_clause(server.options)])


KIND = Kind(
    name="foreign server",
    state=ForeignServer,
    path_length=1,
    rows=(Rows(catalog="pg_foreign_server"),),
    query=f"""
SELECT s.tableoid, s.oid, 0, s.srvname, w.fdwname, s.srvtype, s.srvversion, {options_query("s.srvoptions")}
FROM pg_catalog.pg_foreign_server s
JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
WHERE {not_member("s")}""",
    build=lambda row: ForeignServer(wrapper=row[0], type=row[1], version=row[2], options=read_options(row[3])),
    address=_address,
    create=_create,
)
