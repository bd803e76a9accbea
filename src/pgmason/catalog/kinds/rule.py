"""A rewrite rule; the one that makes a view a view is part of the view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.kinds.trigger import FIRES, SWITCH
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Rule"]

# pg_rewrite.ev_type (manual, 53.43). A rule on select is always _RETURN, which no query here reads.
_EVENTS = {"1": "select", "2": "update", "3": "insert", "4": "delete"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: the event that it rewrites, whether INSTEAD, when it fires (as a trigger's), the server's words."""

    event: str
    instead: bool
    fires: str
    definition: str


def _address(identity: ObjectId, _: Rule) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("RULE {} ON {}").format(Identifier(identity.own_name), Identifier(*identity.path[:2]))


def _create(identity: ObjectId, rule: Rule, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    yield SQL(rule.definition)
    if rule.fires != "origin":
        yield SQL("ALTER TABLE {} {} RULE {}").format(
            Identifier(*identity.path[:2]),
            SQL(SWITCH[rule.fires]),
            Identifier(identity.own_name),
        )


KIND = Kind(
    name="rule",
    state=Rule,
    path_length=3,
    rows=(Rows(catalog="pg_rewrite", condition="o.rulename <> '_RETURN'"),),
    query=f"""
SELECT r.tableoid, r.oid, 0, n.nspname, c.relname, r.rulename,
       r.ev_type, r.is_instead, r.ev_enabled, pg_catalog.pg_get_ruledef(r.oid)
FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}""",
    build=lambda row: Rule(
        event=_EVENTS[row[0]], instead=row[1], fires=FIRES[row[2]], definition=row[3].rstrip().removesuffix(";")
    ),
    address=_address,
    create=_create,
)
