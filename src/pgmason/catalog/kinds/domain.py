"""A domain; its constraints are objects of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN, Kind, Shell, not_member
from pgmason.catalog.kinds.domain_constraint import DomainConstraint
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Domain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A domain over `type`, as format_type prints it; `default` is an expression in the server's words.

    `collation` is (schema, name) where it is not the one of the type.
    """

    type: str
    not_null: bool
    default: str | None
    collation: tuple[str, str] | None


def _address(identity: ObjectId, _: Domain) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("DOMAIN {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, domain: Domain, catalog: Catalog) -> Iterator[Composable]:
    yield _statement(identity, domain, catalog, domain.default)


def _statement(identity: ObjectId, domain: Domain, catalog: Catalog, default: str | None) -> Composable:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import verbatim

    words: list[Composable] = [SQL("CREATE {} AS {}").format(_address(identity, domain), verbatim(domain.type))]
    if domain.collation is not None:
        words.append(SQL("COLLATE {}").format(Identifier(*domain.collation)))
    if default is not None:
        words.append(SQL("DEFAULT {}").format(verbatim(default)))
    constraints = [(one, catalog.objects[one]) for one in _makes(identity, domain, catalog)]
    if domain.not_null and not any(constraint.not_null for _, constraint in constraints):
        words.append(verbatim("NOT NULL"))
    named = (
        SQL("CONSTRAINT {} {}").format(Identifier(one.own_name), verbatim(constraint.definition))
        for one, constraint in constraints
    )
    return SQL("\n    ").join([SQL(" ").join(words), *named])


def _begin(identity: ObjectId, domain: Domain, catalog: Catalog) -> Iterator[Composable]:
    """The domain without its default, which may call a function that speaks of the domain."""
    yield _statement(identity, domain, catalog, None)


def _complete(identity: ObjectId, domain: Domain, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import verbatim

    if domain.default is not None:
        yield SQL("ALTER {} SET DEFAULT {}").format(_address(identity, domain), verbatim(domain.default))


def _makes(identity: ObjectId, _: Domain, catalog: Catalog) -> Iterator[ObjectId]:
    """The constraints that CREATE DOMAIN can make: those that wait for nothing, and are checked."""
    for one, constraint in catalog.members(DomainConstraint, identity):
        if constraint.not_null or (constraint.validated and catalog.needs(one) <= {identity}):
            yield one


# What a default may speak of; a domain stands on schemas, types and collations besides.
_IN_DEFAULTS = ("function", "aggregate", "operator", "cast", "sequence")

KIND = Kind(
    name="domain",
    state=Domain,
    path_length=2,
    rows=(Rows(catalog="pg_type", column="typtype", letters="d"),),
    query=f"""
SELECT t.tableoid, t.oid, 0, n.nspname, t.typname,
       pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typnotnull,
       coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::pg_catalog.regclass), t.typdefault),
       ln.nspname, l.collname
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_collation l ON l.oid = t.typcollation AND t.typcollation <> b.typcollation
LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
WHERE t.typtype = 'd' AND {NOT_OWN} AND {not_member("t")}""",
    build=lambda row: Domain(
        type=row[0],
        not_null=row[1],
        default=row[2],
        collation=(row[3], row[4]) if row[3] is not None else None,
    ),
    address=_address,
    create=_create,
    makes=_makes,
    shell=Shell(begin=_begin, complete=_complete, needs=lambda needed: needed.kind not in _IN_DEFAULTS),
)
