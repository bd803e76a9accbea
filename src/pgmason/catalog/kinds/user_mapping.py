"""A user mapping: as whom a role reaches a foreign server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.foreign import Options, options_clause, options_query, read_options
from pgmason.catalog.kinds import Kind

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["HIDDEN", "KIND", "UserMapping"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMapping:
    """The path is (server, role), with `public` for everybody. `options` is None where the reader may not see them."""

    options: Options | None


# Who may see the options of a mapping, as the view pg_user_mappings decides it: the role itself, for everybody's the
# owner of the server, and a superuser.
HIDDEN = """NOT (
    m.umuser <> 0 AND m.usename = current_user AND (pg_catalog.pg_has_role(s.srvowner, 'USAGE')
        OR pg_catalog.has_server_privilege(s.oid, 'USAGE'))
    OR m.umuser = 0 AND pg_catalog.pg_has_role(s.srvowner, 'USAGE')
    OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user))"""


def _address(identity: ObjectId, mapping: UserMapping) -> Composable:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier

    server, role = identity.path
    whom = SQL("PUBLIC") if role == "public" else Identifier(role)
    return SQL("USER MAPPING FOR {} SERVER {}").format(whom, Identifier(server))


def _create(identity: ObjectId, mapping: UserMapping, catalog: Catalog) -> Iterator[Composable]:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL

    yield SQL("CREATE {}{}").format(_address(identity, mapping), options_clause(mapping.options or ()))


KIND = Kind(
    name="user mapping",
    state=UserMapping,
    path_length=2,
    query=f"""
SELECT 'pg_catalog.pg_user_mapping'::pg_catalog.regclass::oid, m.umid, 0, m.srvname, m.usename, {HIDDEN},
       {options_query("m.umoptions")}
FROM pg_catalog.pg_user_mappings m
JOIN pg_catalog.pg_foreign_server s ON s.oid = m.srvid""",
    build=lambda row: UserMapping(options=None if row[0] else read_options(row[1])),
    address=_address,
    create=_create,
    role=1,
)
