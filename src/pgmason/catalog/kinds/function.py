"""A function, also one for windows; its whole text is what pg_get_functiondef prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN, Kind, Shell, not_member, not_part
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "PARALLEL", "Function", "created", "routine_query"]

# Every argument but the columns of RETURNS TABLE, which the result tells.
_SIGNATURE = """
       (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ',
                   CASE a.mode WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'INOUT' WHEN 'v' THEN 'VARIADIC' END,
                   CASE WHEN a.name <> '' THEN pg_catalog.quote_ident(a.name) END,
                   pg_catalog.format_type(a.type, NULL)), ', ' ORDER BY a.position)
        FROM ROWS FROM (pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])),
                        pg_catalog.unnest(p.proargmodes), pg_catalog.unnest(p.proargnames))
             WITH ORDINALITY AS a(type, mode, name, position)
        WHERE a.mode IS DISTINCT FROM 't')"""

# pg_proc.provolatile and proparallel (manual 53.39), as SQL spells them.
_VOLATILITY = {"i": "immutable", "s": "stable", "v": "volatile"}
PARALLEL = {"s": "safe", "r": "restricted", "u": "unsafe"}
# What the arguments and the result of a routine stand on, for which an empty body is enough.
_IN_SIGNATURES = frozenset(
    {"schema", "extension", "enum", "domain", "composite type", "range type", "base type"}
    | {"table", "view", "materialized view", "foreign table"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function.

    `arguments` and `returns` are in the server's words, `cost` and `rows` as it prints numbers; `signature` are the
    arguments without their defaults.
    `support` is the planner's support function, `settings` are the parameters set while it runs (`name=value`).
    `definition` is the whole statement, its body included.
    """

    arguments: str
    signature: str
    returns: str
    language: str
    window: bool
    volatility: str
    strict: bool
    security_definer: bool
    leakproof: bool
    parallel: str
    cost: str
    rows: str
    support: str | None
    settings: tuple[str, ...]
    definition: str


def routine_query(kinds: str, fields: str, *, join: str = "") -> str:
    """The query for routines whose pg_proc.prokind is in `kinds` (SQL), as p of schema n in language l."""
    return f"""
SELECT p.tableoid, p.oid, 0, n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes), {fields}
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang {join}
WHERE p.prokind IN ({kinds}) AND {NOT_OWN} AND {not_member("p")} AND {not_part("p")}"""


def _address(identity: ObjectId, _: Function) -> Composable:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import verbatim

    return SQL("FUNCTION {}({})").format(Identifier(*identity.path[:2]), verbatim(identity.path[2]))


def created(definition: str) -> str:
    """The server's CREATE OR REPLACE as CREATE: in an empty database there is nothing to replace."""
    return "CREATE " + definition.removeprefix("CREATE OR REPLACE ").rstrip("\n")


def _begin(identity: ObjectId, function: Function, catalog: Catalog) -> Iterator[Composable]:
    """The function with an empty body, which nobody checks yet: its own may call what calls the function.

    A default of its own may call it as well, or another that is not there yet, and its body may leave arguments to
    their defaults.
    """
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import verbatim

    def stub(words: str, arguments: str) -> Composable:
        return SQL("{} FUNCTION {}({}) RETURNS {} LANGUAGE sql AS ''").format(
            verbatim(words), Identifier(*identity.path[:2]), verbatim(arguments), verbatim(function.returns)
        )

    needed = catalog.needs(identity) if " DEFAULT " in function.arguments else frozenset()
    if identity in needed:
        yield stub("CREATE", function.signature)
        yield stub("CREATE OR REPLACE", function.arguments)
    elif any(one.kind == "function" and one.path[1] in function.arguments for one in needed):
        yield stub("CREATE", function.signature)  # a default calls what is made later
    else:
        yield stub("CREATE", function.arguments)


def _complete(_: ObjectId, function: Function, __: Catalog) -> Iterator[Composable]:
    from pgmason.catalog.definitions import verbatim

    yield verbatim(function.definition.rstrip("\n"))


def _create(_: ObjectId, function: Function, __: Catalog) -> Iterator[Composable]:
    from pgmason.catalog.definitions import verbatim

    yield verbatim(created(function.definition))


KIND = Kind(
    name="function",
    state=Function,
    path_length=3,
    rows=(Rows(catalog="pg_proc", column="prokind", letters="fw"),),
    query=routine_query(
        "'f', 'w'",
        f"""
       pg_catalog.pg_get_function_arguments(p.oid), {_SIGNATURE}, pg_catalog.pg_get_function_result(p.oid), l.lanname,
       p.prokind = 'w', p.provolatile, p.proisstrict, p.prosecdef, p.proleakproof, p.proparallel,
       p.procost::text, p.prorows::text, NULLIF(p.prosupport::text, '-'), coalesce(p.proconfig, '{{}}'),
       pg_catalog.pg_get_functiondef(p.oid)""",
    ),
    build=lambda row: Function(
        arguments=row[0],
        signature=row[1] or "",
        returns=row[2],
        language=row[3],
        window=row[4],
        volatility=_VOLATILITY[row[5]],
        strict=row[6],
        security_definer=row[7],
        leakproof=row[8],
        parallel=PARALLEL[row[9]],
        cost=row[10],
        rows=row[11],
        support=row[12],
        settings=tuple(row[13]),
        definition=row[14],
    ),
    address=_address,
    create=_create,
    shell=Shell(begin=_begin, complete=_complete, needs=lambda needed: needed.kind in _IN_SIGNATURES),
)
