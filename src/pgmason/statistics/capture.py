"""Read production's shape from a live database: in one read-only transaction, as any user who may connect.

Sizes come from the file system, counts from pg_class and the cumulative statistics: no table is read, and no lock is
taken on one. A size waits for nobody; a table that an ALTER holds exclusively right now is waited for no longer than
the session's lock_timeout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgmason.errors import Unsupported
from pgmason.statistics.production import Activity, IndexFigures, Statistics, TableFigures

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["capture_statistics"]

OLDEST = 130000

# reltuples is -1 until the first VACUUM or ANALYZE (14 on; 0 before), then the counter of live rows is nearer.
_TABLES = """
SELECT n.nspname, c.relname,
       CASE WHEN c.reltuples > 0 OR (c.reltuples = 0 AND c.relpages = 0 AND s.n_live_tup = 0)
            THEN c.reltuples::pg_catalog.int8 ELSE s.n_live_tup END,
       pg_catalog.pg_table_size(c.oid) - coalesce(pg_catalog.pg_total_relation_size(NULLIF(c.reltoastrelid, 0)), 0),
       coalesce(pg_catalog.pg_total_relation_size(NULLIF(c.reltoastrelid, 0)), 0),
       coalesce(s.seq_scan, 0), coalesce(s.idx_scan, 0),
       coalesce(s.seq_tup_read, 0) + coalesce(s.idx_tup_fetch, 0),
       coalesce(s.n_tup_ins, 0), coalesce(s.n_tup_upd, 0), coalesce(s.n_tup_del, 0),
       rn.nspname, r.relname,
       ARRAY(SELECT ARRAY[x.relname::pg_catalog.text, pg_catalog.pg_relation_size(x.oid)::pg_catalog.text,
                          coalesce(t.idx_scan, 0)::pg_catalog.text]
             FROM pg_catalog.pg_index i
             JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relkind = 'i'
             LEFT JOIN pg_catalog.pg_stat_all_indexes t ON t.indexrelid = i.indexrelid
             WHERE i.indrelid = c.oid)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
LEFT JOIN pg_catalog.pg_class r ON c.relispartition AND r.oid = pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY n.nspname, c.relname"""

# pg_sequences tells the last number only to who may use or read the sequence.
_SEQUENCES = """
SELECT schemaname, sequencename, last_value FROM pg_catalog.pg_sequences ORDER BY schemaname, sequencename"""

_ABOUT = """
SELECT pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
       pg_catalog.current_setting('server_version'),
       (SELECT extract(epoch FROM pg_catalog.now() - coalesce(stats_reset, pg_catalog.pg_postmaster_start_time()))::int8
        FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database())"""


def capture_statistics(connection: Connection[Any]) -> Statistics:
    """The shape of the connected database. The connection must be idle and is left so.

    Raises Unsupported for a server before 13, and psycopg.Error as the server gives it.
    """
    if connection.info.server_version < OLDEST:
        version = connection.info.server_version // 10000
        raise Unsupported(f"the server is PostgreSQL {version}; 13 and newer are read")
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL search_path = ''")
        captured, server, seconds = connection.execute(_ABOUT).fetchone() or ("", "", None)
        rows = connection.execute(_TABLES).fetchall()
        sequences = connection.execute(_SEQUENCES).fetchall()
    tables = {}
    for row in rows:
        schema, name, count, size, toast, scans, index_scans, read, inserted, updated, deleted = row[:11]
        root_schema, root, indexes = row[11:]
        tables[schema, name] = TableFigures(
            rows=count,
            bytes=max(size, 0),
            toast_bytes=toast,
            indexes={index: IndexFigures(bytes=int(bytes), scans=int(used)) for index, bytes, used in indexes},
            activity=Activity(
                sequential_scans=scans,
                index_scans=index_scans,
                rows_read=read,
                inserted=inserted,
                updated=updated,
                deleted=deleted,
            ),
            partition_of=(root_schema, root) if root is not None else None,
        )
    return Statistics(
        captured=captured,
        server=server.split()[0],
        counted_seconds=max(seconds, 0) if seconds is not None else None,
        tables=tables,
        sequences={(schema, name): last for schema, name, last in sequences},
    )
