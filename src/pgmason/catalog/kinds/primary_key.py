"""A primary key."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind

__all__ = ["KIND", "PrimaryKey", "key_query"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryKey:
    """A primary key: its columns in key order, what its index carries besides, and the server's own words for it."""

    columns: tuple[str, ...]
    include: tuple[str, ...]
    deferrable: bool
    deferred: bool
    definition: str


def key_query(contype: str) -> str:
    """The query for primary keys ('p') or unique constraints ('u').

    Constraints that a partition has from its parent are the parent's (conparentid). Since 18, conkey of a key
    still lists key columns only and the index lists INCLUDE columns behind them (indnkeyatts).
    """
    return f"""
SELECT k.tableoid, k.oid, 0, n.nspname, c.relname, k.conname,
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(attnum, i)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.i),
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(x.indkey) WITH ORDINALITY AS u(attnum, i)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
             WHERE u.i > x.indnkeyatts ORDER BY u.i),
       k.condeferrable, k.condeferred, pg_catalog.pg_get_constraintdef(k.oid)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index x ON x.indexrelid = k.conindid
WHERE k.contype = '{contype}' AND k.conparentid = 0 AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}"""


KIND = Kind(
    name="primary key",
    state=PrimaryKey,
    path_length=3,
    query=key_query("p"),
    build=lambda row: PrimaryKey(
        columns=tuple(row[0]), include=tuple(row[1]), deferrable=row[2], deferred=row[3], definition=row[4]
    ),
)
