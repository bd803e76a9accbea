"""The privileges that objects which a role will make come with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.facets import Grant, acl_changes, grant_from_row, privilege_statements
from pgmason.catalog.kinds import Kind
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "DefaultPrivileges"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultPrivileges:
    """What ALTER DEFAULT PRIVILEGES said. The path is (role, schema or "" for all, kind of object: "tables").

    `grants` are (privilege, grantee, grantable, revoked): with no schema what differs from the privileges that
    PostgreSQL gives by itself, else what is added in the schema. Grantee None is the role itself, `public` everybody.
    """

    grants: tuple[tuple[str, str | None, bool, bool], ...]

    @property
    def grantees(self) -> frozenset[str | None]:
        """The roles that get or lose something."""
        return frozenset(grantee for _, grantee, _, _ in self.grants)


def _build(row: Any) -> DefaultPrivileges:
    grants = (grant_from_row(item) for item in row[0] or ())
    return DefaultPrivileges(
        grants=tuple((grant.privilege, grant.grantee, grant.grantable, grant.revoked) for grant in grants)
    )


def _create(identity: ObjectId, state: DefaultPrivileges, catalog: Catalog) -> Iterator[Composable]:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier

    role, schema, objects = identity.path
    prefix = SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} ").format(Identifier(role))
    if schema:
        prefix = SQL("{}IN SCHEMA {} ").format(prefix, Identifier(schema))
    grants = [
        Grant(privilege=privilege, grantee=grantee, grantable=grantable, revoked=revoked)
        for privilege, grantee, grantable, revoked in state.grants
    ]
    yield from privilege_statements(grants, SQL(objects.upper()), owner=role, prefix=prefix)


# pg_default_acl.defaclobjtype (manual, system catalogs) and what acldefault calls the same. A default of one schema is
# added to the others, so it is told against nothing.
_BASE = """CASE WHEN d.defaclnamespace = 0 THEN pg_catalog.acldefault(
    CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole) END"""


KIND = Kind(
    name="default privileges",
    state=DefaultPrivileges,
    path_length=3,
    rows=(Rows(catalog="pg_default_acl"),),
    query=f"""
SELECT d.tableoid, d.oid, 0, pg_catalog.pg_get_userbyid(d.defaclrole)::text, coalesce(n.nspname::text, ''),
       CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
            WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END,
       (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
                 g.revoked, g.privilege, g.grantee, g.grantable, g.grantor) ORDER BY NOT g.revoked, g.position)
        FROM ({acl_changes("d.defaclacl", _BASE, "d.defaclrole")}) g)
FROM pg_catalog.pg_default_acl d
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace""",
    build=_build,
    create=_create,
    role=0,
)
