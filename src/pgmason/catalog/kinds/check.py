"""A CHECK constraint of a table; those of a domain belong to the domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.clauses import constraint_address, create_constraint
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.presence import Rows
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog

__all__ = ["KIND", "Check", "condition_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A CHECK: the columns it reads, sorted by name, whether old rows were checked, and the server's words for it.

    `inherited`: the constraint is a parent's, NOT VALID there and validated here; other checks that only parents
    declare are no objects of their own. `no_inherit`: children do not have it. `enforced` is False for NOT ENFORCED
    (18), which is never validated.
    """

    columns: tuple[str, ...]
    validated: bool
    definition: str
    no_inherit: bool = False
    enforced: bool = True
    inherited: bool = False


def condition_of(definition: str) -> str:
    """The condition in its parentheses, of a CHECK in the server's words: without what is said of it besides."""
    condition = definition.removeprefix("CHECK ")
    for besides in (" NOT ENFORCED", " NOT VALID", " NO INHERIT"):  # in the order from the end (ruleutils.c)
        condition = condition.removesuffix(besides)
    return condition


def _create(identity: ObjectId, check: Check, catalog: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    if check.inherited:
        yield SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(
            Identifier(*identity.path[:2]), Identifier(identity.own_name)
        )
    else:
        yield from create_constraint(identity, check, catalog)


def _waits_for(identity: ObjectId, check: Check, catalog: Catalog) -> Iterator[ObjectId]:
    """All tables below, so that a check that is added by itself is passed on as it is: NOT VALID there, too.

    One that was validated here waits for those of the parents.
    """
    if check.inherited:
        above = [identity.path[:2]]
        while above:
            parents = catalog.parents((above[-1][0], above.pop()[1]))
            yield from (ObjectId("check", (*parent, identity.own_name)) for parent in parents)
            above += parents
        return
    below = [identity.path[:2]] if not (check.validated or check.no_inherit) else []
    while below:
        children = catalog.children.get((below[-1][0], below.pop()[1]), ())
        yield from children
        below += [child.path for child in children]


KIND = Kind(
    name="check",
    state=Check,
    path_length=3,
    rows=(Rows(catalog="pg_constraint", column="contype", letters="c"),),
    query=lambda version: (
        f"""
SELECT k.tableoid, k.oid, 0, n.nspname, c.relname, k.conname,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) ORDER BY a.attname),
       k.convalidated, pg_catalog.pg_get_constraintdef(k.oid), k.connoinherit,
       {"k.conenforced" if version >= 180000 else "true"}, NOT k.conislocal
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'c' AND (k.conislocal OR k.convalidated AND EXISTS (
        SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_constraint p ON p.conrelid = i.inhparent
        WHERE i.inhrelid = c.oid AND p.contype = 'c' AND p.conname = k.conname AND NOT p.convalidated
          AND {"p.conenforced" if version >= 180000 else "true"}))
  AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  AND {NOT_OWN_RELATION}"""
    ),
    build=lambda row: Check(
        columns=tuple(row[0]), validated=row[1], definition=row[2], no_inherit=row[3], enforced=row[4], inherited=row[5]
    ),
    address=constraint_address,
    create=_create,
    waits_for=_waits_for,
)
