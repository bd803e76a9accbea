"""An aggregate function: what it remembers from row to row, and the functions that move it on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.kinds import Kind
from pgmason.catalog.kinds.function import PARALLEL, routine_query
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Aggregate"]

# pg_aggregate.aggkind and aggfinalmodify (manual 53.1), as CREATE AGGREGATE spells them.
_FORM = {"n": "normal", "o": "ordered-set", "h": "hypothetical-set"}
_MODIFY = {"r": "READ_ONLY", "s": "SHAREABLE", "w": "READ_WRITE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """An aggregate, its fields as CREATE AGGREGATE names them; functions and types in the server's words.

    `form` is normal, ordered-set or hypothetical-set. `arguments` are as in its statement, `ORDER BY` included.
    The fields that begin with m are those of the moving-aggregate mode. Sizes are in bytes, 0 for unsaid.
    """

    form: str
    arguments: str
    signature: str
    sfunc: str
    stype: str
    sspace: int
    finalfunc: str | None
    finalfunc_extra: bool
    finalfunc_modify: str
    combinefunc: str | None
    serialfunc: str | None
    deserialfunc: str | None
    initcond: str | None
    msfunc: str | None
    minvfunc: str | None
    mstype: str | None
    msspace: int
    mfinalfunc: str | None
    mfinalfunc_extra: bool
    mfinalfunc_modify: str
    minitcond: str | None
    sortop: str | None
    parallel: str


def _build(row: Sequence[Any]) -> Aggregate:
    return Aggregate(
        form=_FORM[row[0]],
        arguments=row[1],
        signature=row[2],
        sfunc=row[3],
        stype=row[4],
        sspace=row[5],
        finalfunc=row[6],
        finalfunc_extra=row[7],
        finalfunc_modify=_MODIFY[row[8]],
        combinefunc=row[9],
        serialfunc=row[10],
        deserialfunc=row[11],
        initcond=row[12],
        msfunc=row[13],
        minvfunc=row[14],
        mstype=row[15],
        msspace=row[16],
        mfinalfunc=row[17],
        mfinalfunc_extra=row[18],
        mfinalfunc_modify=_MODIFY[row[19]],
        minitcond=row[20],
        sortop=row[21],
        parallel=PARALLEL[row[22]],
    )


def _address(identity: ObjectId, aggregate: Aggregate) -> Composable:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import verbatim

    return SQL("AGGREGATE {}({})").format(Identifier(*identity.path[:2]), verbatim(aggregate.signature or "*"))


def _create(identity: ObjectId, aggregate: Aggregate, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier, Literal

    from pgmason.catalog.definitions import definition, verbatim

    # What PostgreSQL takes where nothing is said: an ordered set's final function may sort what it is handed.
    unsaid = "READ_ONLY" if aggregate.form == "normal" else "READ_WRITE"

    def modify(function: str | None, said: str) -> str | None:
        return said if function is not None and said != unsaid else None

    head = SQL("CREATE AGGREGATE {}({})").format(Identifier(*identity.path[:2]), verbatim(aggregate.arguments or "*"))
    flags = [
        word
        for word, said in (
            ("FINALFUNC_EXTRA", aggregate.finalfunc_extra),
            ("MFINALFUNC_EXTRA", aggregate.mfinalfunc_extra),
            ("HYPOTHETICAL", aggregate.form == "hypothetical-set"),
        )
        if said
    ]
    parts = (
        ("SFUNC", aggregate.sfunc),
        ("STYPE", aggregate.stype),
        ("SSPACE", str(aggregate.sspace) if aggregate.sspace else None),
        ("FINALFUNC", aggregate.finalfunc),
        ("FINALFUNC_MODIFY", modify(aggregate.finalfunc, aggregate.finalfunc_modify)),
        ("COMBINEFUNC", aggregate.combinefunc),
        ("SERIALFUNC", aggregate.serialfunc),
        ("DESERIALFUNC", aggregate.deserialfunc),
        ("INITCOND", None if aggregate.initcond is None else Literal(aggregate.initcond)),
        ("MSFUNC", aggregate.msfunc),
        ("MINVFUNC", aggregate.minvfunc),
        ("MSTYPE", aggregate.mstype),
        ("MSSPACE", str(aggregate.msspace) if aggregate.msspace else None),
        ("MFINALFUNC", aggregate.mfinalfunc),
        ("MFINALFUNC_MODIFY", modify(aggregate.mfinalfunc, aggregate.mfinalfunc_modify)),
        ("MINITCOND", None if aggregate.minitcond is None else Literal(aggregate.minitcond)),
        ("SORTOP", aggregate.sortop),
        ("PARALLEL", aggregate.parallel.upper() if aggregate.parallel != "unsafe" else None),
    )
    yield definition(head, parts, flags)


# A function's name with its schema where PostgreSQL would not find it by the bare name; NULL where there is none.
def _function(column: str) -> str:
    return f"NULLIF(a.{column}::text, '-')"


KIND = Kind(
    name="aggregate",
    state=Aggregate,
    path_length=3,
    rows=(Rows(catalog="pg_proc", column="prokind", letters="a"),),
    query=routine_query(
        "'a'",
        f"""
       a.aggkind, pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.pg_get_function_identity_arguments(p.oid),
       a.aggtransfn::text, pg_catalog.format_type(a.aggtranstype, NULL), a.aggtransspace,
       {_function("aggfinalfn")}, a.aggfinalextra, a.aggfinalmodify, {_function("aggcombinefn")},
       {_function("aggserialfn")}, {_function("aggdeserialfn")}, a.agginitval,
       {_function("aggmtransfn")}, {_function("aggminvtransfn")},
       CASE WHEN a.aggmtranstype <> 0 THEN pg_catalog.format_type(a.aggmtranstype, NULL) END, a.aggmtransspace,
       {_function("aggmfinalfn")}, a.aggmfinalextra, a.aggmfinalmodify, a.aggminitval,
       (SELECT pg_catalog.format('OPERATOR(%I.%s)', s.nspname, o.oprname)
        FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace
        WHERE o.oid = a.aggsortop), p.proparallel""",
        join="JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid",
    ),
    build=_build,
    address=_address,
    create=_create,
)
