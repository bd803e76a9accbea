"""A primary key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgmason.catalog.clauses import constraint_address, create_key, makes_index, waits_for_partitions
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.numbers import Numbers
from pgmason.catalog.presence import Rows

__all__ = ["KIND", "PrimaryKey", "key_fields", "key_query"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryKey:
    """A primary key: its columns in key order, what its index carries besides, and the server's own words for it.

    `without_overlaps`: the last column is a range that may not overlap (18). `partition_of` is the key (schema, table,
    name) of the partitioned parent that this one belongs to.
    """

    columns: tuple[str, ...]
    include: tuple[str, ...]
    deferrable: bool
    deferred: bool
    definition: str
    without_overlaps: bool = False
    partition_of: tuple[str, str, str] | None = None


def key_query(version: int, contype: str) -> str:
    """The query for primary keys ('p') or unique constraints ('u').

    Since 18, conkey of a key still lists key columns only and the index lists INCLUDE columns behind them
    (indnkeyatts); that of a temporal key says so in conperiod.
    """
    return f"""
SELECT k.tableoid, k.oid, 0, n.nspname, c.relname, k.conname,
       k.conrelid, k.conkey, x.indkey::int2[], x.indnkeyatts,
       k.condeferrable, k.condeferred, pg_catalog.pg_get_constraintdef(k.oid),
       {"k.conperiod" if version >= 180000 else "false"}, pn.nspname, pc.relname, p.conname
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index x ON x.indexrelid = k.conindid
LEFT JOIN pg_catalog.pg_constraint p ON p.oid = k.conparentid
LEFT JOIN pg_catalog.pg_class pc ON pc.oid = p.conrelid
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
WHERE k.contype = '{contype}' AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}"""


def key_fields(row: Any, numbers: Numbers) -> dict[str, Any]:
    """The fields of a primary key or unique constraint from the row's own."""
    return {
        "columns": numbers.named(row[0], row[1]),
        "include": numbers.named(row[0], row[2][row[3] :]),
        "deferrable": row[4],
        "deferred": row[5],
        "definition": row[6],
        "without_overlaps": row[7],
        "partition_of": (row[8], row[9], row[10]) if row[8] is not None else None,
    }


KIND = Kind(
    name="primary key",
    state=PrimaryKey,
    path_length=3,
    rows=(Rows(catalog="pg_constraint", column="contype", letters="p"),),
    query=lambda version: key_query(version, "p"),
    named=lambda row, numbers: PrimaryKey(**key_fields(row, numbers)),
    address=constraint_address,
    create=create_key,
    makes=makes_index,
    waits_for=waits_for_partitions,
)
