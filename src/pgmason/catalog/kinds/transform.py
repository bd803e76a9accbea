"""A transform: how values of a type are handed to a procedural language."""

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

__all__ = ["KIND", "Transform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """A transform: the functions that turn a value from SQL's form and back, in the server's words."""

    from_sql: str | None
    to_sql: str | None


def _address(identity: ObjectId, _: Transform) -> Composable:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import verbatim

    return SQL("TRANSFORM FOR {} LANGUAGE {}").format(verbatim(identity.path[0]), Identifier(identity.path[1]))


def _create(identity: ObjectId, transform: Transform, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import listed, verbatim

    ways = [("FROM SQL", transform.from_sql), ("TO SQL", transform.to_sql)]
    yield listed(
        SQL("CREATE {}").format(_address(identity, transform)),
        [verbatim(f"{way} WITH FUNCTION {function}") for way, function in ways if function is not None],
    )


KIND = Kind(
    name="transform",
    state=Transform,
    path_length=2,
    rows=(Rows(catalog="pg_transform"),),
    query=f"""
SELECT f.tableoid, f.oid, 0, pg_catalog.format_type(f.trftype, NULL), l.lanname,
       CASE WHEN f.trffromsql <> 0 THEN f.trffromsql::pg_catalog.regprocedure::text END,
       CASE WHEN f.trftosql <> 0 THEN f.trftosql::pg_catalog.regprocedure::text END
FROM pg_catalog.pg_transform f
JOIN pg_catalog.pg_language l ON l.oid = f.trflang
WHERE {not_member("f")}""",
    build=lambda row: Transform(from_sql=row[0], to_sql=row[1]),
    address=_address,
    create=_create,
)
