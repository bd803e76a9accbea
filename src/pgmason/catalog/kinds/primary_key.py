"""A primary key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgmason.catalog.clauses import constraint_address, create_key, makes_index, waits_for_partitions
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind

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
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(attnum, i)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.i),
       CASE WHEN x.indnatts = x.indnkeyatts THEN '{{}}' ELSE
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(x.indkey) WITH ORDINALITY AS u(attnum, i)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
             WHERE u.i > x.indnkeyatts ORDER BY u.i) END,
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


def key_fields(row: Any) -> dict[str, Any]:
    """The fields of a primary key or unique constraint from the row's own."""
    return {
        "columns": tuple(row[0]),
        "include": tuple(row[1]),
        "deferrable": row[2],
        "deferred": row[3],
        "definition": row[4],
        "without_overlaps": row[5],
        "partition_of": (row[6], row[7], row[8]) if row[6] is not None else None,
    }


KIND = Kind(
    name="primary key",
    state=PrimaryKey,
    path_length=3,
    query=lambda version: key_query(version, "p"),
    build=lambda row: PrimaryKey(**key_fields(row)),
    address=constraint_address,
    create=create_key,
    makes=makes_index,
    waits_for=waits_for_partitions,
)
