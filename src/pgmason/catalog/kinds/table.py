"""A table, ordinary or partitioned, or a partition. Its columns and constraints are objects of their own."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind

__all__ = ["KIND", "Table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table's own state.

    `columns` names its columns in their order. `partition_key` is set on a partitioned table (`RANGE (month)`),
    `partition_of` and `partition_bound` on a partition, `inherits` on a child of old-style inheritance.
    """

    columns: tuple[str, ...]
    unlogged: bool
    partition_key: str | None
    partition_of: tuple[str, str] | None
    partition_bound: str | None
    inherits: tuple[tuple[str, str], ...]


KIND = Kind(
    name="table",
    state=Table,
    path_length=2,
    query=f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       c.relpersistence = 'u',
       pg_catalog.pg_get_partkeydef(c.oid),
       c.relispartition,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid),
       ARRAY(SELECT pn.nspname::text FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
             JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid ORDER BY i.inhseqno),
       ARRAY(SELECT p.relname::text FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
             WHERE i.inhrelid = c.oid ORDER BY i.inhseqno)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}""",
    build=lambda row: Table(
        columns=tuple(row[0]),
        unlogged=row[1],
        partition_key=row[2],
        partition_of=(row[5][0], row[6][0]) if row[3] else None,
        partition_bound=row[4],
        inherits=() if row[3] else tuple(zip(row[5], row[6], strict=True)),
    ),
)
