"""An operator."""

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

__all__ = ["KIND", "Operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """An operator, its fields as CREATE OPERATOR names them; types and functions in the server's words.

    `left` is None for a prefix operator. `commutator` and `negator` are operators (`public.=`).
    """

    left: str | None
    right: str | None
    result: str
    function: str
    commutator: str | None
    negator: str | None
    restrict: str | None
    join: str | None
    hashes: bool
    merges: bool


def _address(identity: ObjectId, _: Operator) -> Composable:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import verbatim

    return SQL("OPERATOR {} ({})").format(_name(identity), verbatim(identity.path[2]))


def _name(identity: ObjectId) -> Composable:
    """The name with its schema; an operator's own name is never quoted."""
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import verbatim

    return SQL("{}.{}").format(Identifier(identity.path[0]), verbatim(identity.path[1]))


def _create(identity: ObjectId, operator: Operator, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import definition

    def named(operator: str | None) -> str | None:
        return None if operator is None else f"OPERATOR({operator})"

    yield definition(
        SQL("CREATE OPERATOR {}").format(_name(identity)),
        (
            ("FUNCTION", operator.function),
            ("LEFTARG", operator.left),
            ("RIGHTARG", operator.right),
            ("COMMUTATOR", named(operator.commutator)),
            ("NEGATOR", named(operator.negator)),
            ("RESTRICT", operator.restrict),
            ("JOIN", operator.join),
        ),
        [word for word, said in (("HASHES", operator.hashes), ("MERGES", operator.merges)) if said],
    )


def _operator(column: str) -> str:
    return f"""(SELECT pg_catalog.format('%I.%s', s.nspname, x.oprname)
        FROM pg_catalog.pg_operator x JOIN pg_catalog.pg_namespace s ON s.oid = x.oprnamespace
        WHERE x.oid = o.{column})"""


def _type(column: str) -> str:
    return f"CASE WHEN o.{column} <> 0 THEN pg_catalog.format_type(o.{column}, NULL) END"


# An operator without a function is a promise of another operator, that of its commutator or negator: told with it.
KIND = Kind(
    name="operator",
    state=Operator,
    path_length=3,
    rows=(Rows(catalog="pg_operator"),),
    query=f"""
SELECT o.tableoid, o.oid, 0, n.nspname, o.oprname,
       pg_catalog.concat_ws(', ', coalesce({_type("oprleft")}, 'NONE'), coalesce({_type("oprright")}, 'NONE')),
       {_type("oprleft")}, {_type("oprright")}, pg_catalog.format_type(o.oprresult, NULL), o.oprcode::text,
       {_operator("oprcom")}, {_operator("oprnegate")}, NULLIF(o.oprrest::text, '-'), NULLIF(o.oprjoin::text, '-'),
       o.oprcanhash, o.oprcanmerge
FROM pg_catalog.pg_operator o
JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE o.oprcode <> 0 AND {NOT_OWN} AND {not_member("o")}""",
    address=_address,
    create=_create,
    build=lambda row: Operator(
        left=row[0],
        right=row[1],
        result=row[2],
        function=row[3],
        commutator=row[4],
        negator=row[5],
        restrict=row[6],
        join=row[7],
        hashes=row[8],
        merges=row[9],
    ),
)
