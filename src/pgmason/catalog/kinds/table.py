"""A table, ordinary or partitioned, or a partition. Its columns and constraints are objects of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.create_table import begin_table, complete_table, create_table, made_with_table
from pgmason.catalog.keywords import dotted
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind, Shell
from pgmason.catalog.numbers import Numbers

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.names import ObjectId

__all__ = ["KIND", "Table"]

# pg_class.relreplident (manual, 53.11 pg_class); of an index, which says so itself.
_REPLICA_IDENTITY = {"d": "default", "f": "full", "n": "nothing", "i": "index"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table's own state.

    `columns` names its columns in their order. `partition_key` is set on a partitioned table (`RANGE (month)`),
    `partition_of` and `partition_bound` on a partition, `inherits` on a child of old-style inheritance, `of_type`
    (schema, name) on a table of a composite type. `options` are its storage parameters and those of its TOAST table
    (`toast.autovacuum_enabled=false`), as the server keeps them. `access_method` is None for heap, `tablespace` for
    the database's own. `replica_identity` is default, full, nothing or index.
    """

    columns: tuple[str, ...]
    unlogged: bool
    partition_key: str | None
    partition_of: tuple[str, str] | None
    partition_bound: str | None
    inherits: tuple[tuple[str, str], ...]
    of_type: tuple[str, str] | None = None
    options: tuple[str, ...] = ()
    access_method: str | None = None
    tablespace: str | None = None
    replica_identity: str = "default"
    row_security: bool = False
    row_security_forced: bool = False


def _address(identity: ObjectId, _: Table) -> Composable:
    from psycopg.sql import SQL

    return SQL(f"TABLE {dotted(identity.path)}")


def _named(row: Any, numbers: Numbers) -> Table:
    return Table(
        columns=numbers.all(row[0]),
        unlogged=row[1],
        partition_key=row[2],
        partition_of=(row[5][0], row[6][0]) if row[3] else None,
        partition_bound=row[4],
        inherits=() if row[3] or row[5] is None else tuple(zip(row[5], row[6], strict=True)),
        of_type=(row[7], row[8]) if row[7] is not None else None,
        options=(*(row[9] or ()), *(f"toast.{text}" for text in row[10] or ())),
        access_method=row[11],
        tablespace=row[12],
        replica_identity=_REPLICA_IDENTITY[row[13]],
        row_security=row[14],
        row_security_forced=row[15],
    )


KIND = Kind(
    name="table",
    state=Table,
    path_length=2,
    query=f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname,
       c.oid,
       c.relpersistence = 'u',
       pg_catalog.pg_get_partkeydef(c.oid),
       c.relispartition,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid),
       h.schemas, h.names,
       yn.nspname, y.typname, c.reloptions, o.reloptions, NULLIF(m.amname, 'heap'), s.spcname, c.relreplident,
       c.relrowsecurity, c.relforcerowsecurity
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_type y ON y.oid = c.reloftype
LEFT JOIN pg_catalog.pg_namespace yn ON yn.oid = y.typnamespace
LEFT JOIN pg_catalog.pg_class o ON o.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN (SELECT i.inhrelid, pg_catalog.array_agg(pn.nspname::text ORDER BY i.inhseqno) AS schemas,
                  pg_catalog.array_agg(p.relname::text ORDER BY i.inhseqno) AS names
           FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
           JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace GROUP BY i.inhrelid) h ON h.inhrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}""",
    named=_named,
    address=_address,
    create=create_table,
    makes=made_with_table,
    # Defaults and checks are where the functions come in that may speak of the table itself.
    shell=Shell(
        begin=begin_table,
        complete=complete_table,
        needs=lambda other: other.kind not in {"function", "aggregate", "operator", "sequence", "view"},
    ),
    covers=("row security", "replica identity", "table of a composite type", "storage parameters"),
)
