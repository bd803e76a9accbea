"""A sequence that is an object of its own; the one behind an identity column is part of that column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.presence import Rows
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog

__all__ = ["KIND", "Sequence", "option_words", "unusual_options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A sequence. `owned_by` is the column (schema, table, column) that it goes with, as `serial` makes it.

    `unlogged` since 15: as its table is, unless it was told otherwise.
    """

    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    owned_by: tuple[str, str, str] | None
    unlogged: bool = False


def _address(identity: ObjectId, _: Sequence) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("SEQUENCE {}").format(Identifier(*identity.path))


# The greatest values of the integer types: where a sequence ends unless said otherwise.
_GREATEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
_WORDS = {
    "start": "START WITH",
    "increment": "INCREMENT BY",
    "minimum": "MINVALUE",
    "maximum": "MAXVALUE",
    "cache": "CACHE",
}


def unusual_options(
    type_: str, *, start: int, increment: int, minimum: int, maximum: int, cache: int, cycle: bool
) -> tuple[tuple[str, int | bool], ...]:
    """The options of a sequence that CREATE SEQUENCE would not choose by itself (manual, CREATE SEQUENCE)."""
    greatest = _GREATEST.get(type_, _GREATEST["bigint"])
    low, high = (1, greatest) if increment > 0 else (-greatest - 1, -1)
    found: tuple[tuple[str, int | bool, int | bool], ...] = (
        ("increment", increment, 1),
        ("minimum", minimum, low),
        ("maximum", maximum, high),
        ("start", start, minimum if increment > 0 else maximum),
        ("cache", cache, 1),
        ("cycle", cycle, False),
    )
    return tuple((key, value) for key, value, usual in found if value != usual)


def option_words(options: tuple[tuple[str, int | bool], ...]) -> Iterator[str]:
    """Options as CREATE SEQUENCE and GENERATED AS IDENTITY write them."""
    for key, value in options:
        if key == "cycle":
            yield "CYCLE"
        elif key in _WORDS:
            yield f"{_WORDS[key]} {value}"


def _create(identity: ObjectId, sequence: Sequence, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    options = unusual_options(
        sequence.type,
        start=sequence.start,
        increment=sequence.increment,
        minimum=sequence.minimum,
        maximum=sequence.maximum,
        cache=sequence.cache,
        cycle=sequence.cycle,
    )
    type_ = () if sequence.type == "bigint" else (f"AS {sequence.type}",)
    yield SQL("CREATE {}{}{}").format(
        SQL("UNLOGGED " if sequence.unlogged else ""),
        _address(identity, sequence),
        SQL("".join(f" {words}" for words in (*type_, *option_words(options)))),
    )


def _later(identity: ObjectId, state: Sequence, catalog: Catalog) -> Iterator[tuple[tuple[ObjectId, ...], Composable]]:
    from psycopg.sql import SQL, Identifier

    if state.owned_by is not None:
        owners = (ObjectId("column", state.owned_by), ObjectId("foreign table", state.owned_by[:2]))
        owner = tuple(one for one in owners if one in catalog.objects)
        yield owner, SQL("ALTER {} OWNED BY {}").format(_address(identity, state), Identifier(*state.owned_by))


KIND = Kind(
    name="sequence",
    state=Sequence,
    path_length=2,
    rows=(Rows(catalog="pg_class", column="relkind", letters="S"),),
    query=f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname,
       pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       tn.nspname, t.relname, a.attname, c.relpersistence = 'u'
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
LEFT JOIN pg_catalog.pg_depend d ON d.classid = c.tableoid AND d.objid = c.oid AND d.objsubid = 0
      AND d.refclassid = c.tableoid AND d.refobjsubid <> 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE c.relkind = 'S' AND d.deptype IS DISTINCT FROM 'i' AND {NOT_OWN_RELATION}""",
    build=lambda row: Sequence(
        type=row[0],
        start=row[1],
        increment=row[2],
        minimum=row[3],
        maximum=row[4],
        cache=row[5],
        cycle=row[6],
        owned_by=(row[7], row[8], row[9]) if row[7] is not None else None,
        unlogged=row[10],
    ),
    address=_address,
    create=_create,
    later=_later,
)
