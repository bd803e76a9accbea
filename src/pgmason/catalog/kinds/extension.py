"""An extension as installed. Its members are its own business and are read nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import Kind

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Extension"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An installed extension: the schema of its members, and its version."""

    schema: str
    version: str


def _address(identity: ObjectId, _: Extension) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("EXTENSION {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, state: Extension, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    yield SQL("CREATE {} WITH SCHEMA {}").format(_address(identity, state), Identifier(state.schema))


KIND = Kind(
    name="extension",
    state=Extension,
    path_length=1,
    query="""
SELECT x.tableoid, x.oid, 0, x.extname, n.nspname, x.extversion
FROM pg_catalog.pg_extension x
JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
WHERE x.extname <> 'plpgsql'""",
    build=lambda row: Extension(schema=row[0], version=row[1]),
    address=_address,
    create=_create,
)
