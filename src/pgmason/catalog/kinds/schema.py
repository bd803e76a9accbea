"""A schema: a namespace. What it holds are objects of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN, Kind

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Schema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A schema that exists; it has no state beyond its name."""


def _address(identity: ObjectId, _: Schema) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("SCHEMA {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, state: Schema, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    if identity.path != ("public",):  # every new database has it
        yield SQL("CREATE {}").format(_address(identity, state))


KIND = Kind(
    name="schema",
    state=Schema,
    path_length=1,
    query=f"""
SELECT n.tableoid, n.oid, 0, n.nspname
FROM pg_catalog.pg_namespace n
WHERE {NOT_OWN}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = n.tableoid AND e.objid = n.oid AND e.deptype = 'e')""",
    build=lambda row: Schema(),
    address=_address,
    create=_create,
)
