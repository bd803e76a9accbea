"""A row security policy; whether a table has row security on is the table's own state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Policy"]

# pg_policy.polcmd (manual, 53.38).
_COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy: permissive or restrictive, for one command or all, for `roles` (sorted; `public` is everybody).

    `using` and `check` are the expressions as the server prints them; None where the policy has none.
    """

    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None


def _address(identity: ObjectId, _: Policy) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("POLICY {} ON {}").format(Identifier(identity.own_name), Identifier(*identity.path[:2]))


def _create(identity: ObjectId, policy: Policy, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    # No role can have the name public (CREATE ROLE refuses it), so the word is free to mean everybody.
    roles = [SQL("PUBLIC") if role == "public" else Identifier(role) for role in policy.roles]
    parts: list[Composable] = [SQL("CREATE"), _address(identity, policy)]
    if not policy.permissive:
        parts.append(SQL("AS RESTRICTIVE"))
    if policy.command != "all":
        parts.append(SQL("FOR " + policy.command.upper()))
    if policy.roles != ("public",):
        parts += [SQL("TO"), SQL(", ").join(roles)]
    if policy.using is not None:
        parts.append(SQL("USING ({})").format(SQL(policy.using)))
    if policy.check is not None:
        parts.append(SQL("WITH CHECK ({})").format(SQL(policy.check)))
    yield SQL(" ").join(parts)


KIND = Kind(
    name="policy",
    state=Policy,
    path_length=3,
    rows=(Rows(catalog="pg_policy"),),
    query=f"""
SELECT p.tableoid, p.oid, 0, n.nspname, c.relname, p.polname, p.polpermissive, p.polcmd,
       CASE WHEN 0 = ANY (p.polroles) THEN ARRAY['public'] ELSE ARRAY(
           SELECT pg_catalog.pg_get_userbyid(u.role)::text COLLATE "C" FROM pg_catalog.unnest(p.polroles) AS u(role)
           ORDER BY 1) END,
       pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND {NOT_OWN_RELATION}""",
    build=lambda row: Policy(
        permissive=row[0], command=_COMMANDS[row[1]], roles=tuple(row[2]), using=row[3], check=row[4]
    ),
    address=_address,
    create=_create,
)
