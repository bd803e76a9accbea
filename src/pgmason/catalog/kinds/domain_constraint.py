"""A constraint of a domain: a CHECK, or a NOT NULL that has more to tell than that it is there."""

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

__all__ = ["KIND", "DomainConstraint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainConstraint:
    """A constraint of a domain: whether values that exist were checked, and the server's words for it.

    From PostgreSQL 17 on NOT NULL is a constraint with a name. It is read as one only where somebody chose the name
    or commented on it; whether a domain is NOT NULL is told by the domain itself, on every major.
    """

    not_null: bool
    validated: bool
    definition: str


def _address(identity: ObjectId, _: DomainConstraint) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("CONSTRAINT {} ON DOMAIN {}").format(Identifier(identity.own_name), Identifier(*identity.path[:2]))


def _create(identity: ObjectId, constraint: DomainConstraint, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import verbatim

    yield SQL("ALTER DOMAIN {} ADD CONSTRAINT {} {}").format(
        Identifier(*identity.path[:2]), Identifier(identity.own_name), verbatim(constraint.definition)
    )


KIND = Kind(
    name="domain constraint",
    state=DomainConstraint,
    path_length=3,
    rows=(Rows(catalog="pg_type", column="typtype", letters="d"),),
    query=f"""
SELECT k.tableoid, k.oid, 0, n.nspname, t.typname, k.conname,
       k.contype = 'n', k.convalidated, pg_catalog.pg_get_constraintdef(k.oid)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_type t ON t.oid = k.contypid
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE {NOT_OWN} AND {not_member("t")}
  AND (k.contype = 'c' OR k.contype = 'n' AND (
        k.conname <> pg_catalog.concat(t.typname, '_not_null')
        OR EXISTS (SELECT FROM pg_catalog.pg_description d WHERE d.classoid = k.tableoid AND d.objoid = k.oid)))""",
    build=lambda row: DomainConstraint(not_null=row[0], validated=row[1], definition=row[2]),
    address=_address,
    create=_create,
)
