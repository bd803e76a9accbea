"""An index, also the one behind a primary key or unique constraint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind

__all__ = ["KIND", "Index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index.

    `keys` are its key expressions in order, a plain column by its name as pg_get_indexdef prints it;
    `key_columns` says for each key which column it is, or None for an expression. `operators` holds for each key
    its operator class, collation and ordering in words; two indexes with equal `keys`, `operators`, `method` and
    `predicate` serve the same queries. `include` are the columns carried beside the key. `constraint` names the
    constraint that it serves. `partition_of` is the index of the partitioned parent that it is attached to.
    """

    table: tuple[str, str]
    method: str
    unique: bool
    keys: tuple[str, ...]
    key_columns: tuple[str | None, ...]
    operators: tuple[str, ...]
    include: tuple[str, ...]
    predicate: str | None
    nulls_not_distinct: bool
    valid: bool
    constraint: str | None
    partition_of: tuple[str, str] | None
    definition: str


def _build(row: Any) -> Index:
    keys_count = row[4]
    return Index(
        table=(row[0], row[1]),
        method=row[2],
        unique=row[3],
        keys=tuple(row[5][:keys_count]),
        key_columns=tuple(row[6][:keys_count]),
        operators=tuple(row[7]),
        include=tuple(row[6][keys_count:]),
        predicate=row[8],
        nulls_not_distinct=row[9],
        valid=row[10],
        constraint=row[11],
        partition_of=(row[12], row[13]) if row[12] is not None else None,
        definition=row[14],
    )


# indoption bits (manual 53.26 and access/amapi: INDOPTION_DESC 1, INDOPTION_NULLS_FIRST 2). indnullsnotdistinct
# came with 15, so it is read through to_jsonb, which gives NULL on an older server.
KIND = Kind(
    name="index",
    state=Index,
    path_length=2,
    query=f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname,
       tn.nspname, t.relname, am.amname, x.indisunique, x.indnkeyatts,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(c.oid, i, true)
             FROM pg_catalog.generate_series(1, x.indnatts) AS i ORDER BY i),
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(x.indkey) WITH ORDINALITY AS u(attnum, i)
             LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.attnum AND u.attnum <> 0
             ORDER BY u.i),
       ARRAY(SELECT pg_catalog.concat_ws(' ', o.opcname, l.collname,
                    CASE WHEN x.indoption[i] & 1 = 1 THEN 'desc' END,
                    CASE WHEN x.indoption[i] & 2 = 2 THEN 'nulls first' END)
             FROM pg_catalog.generate_series(0, x.indnkeyatts - 1) AS i
             LEFT JOIN pg_catalog.pg_opclass o ON o.oid = x.indclass[i]
             LEFT JOIN pg_catalog.pg_collation l ON l.oid = x.indcollation[i]
             ORDER BY i),
       pg_catalog.pg_get_expr(x.indpred, x.indrelid),
       coalesce((pg_catalog.to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false),
       x.indisvalid, k.conname, pn.nspname, p.relname, pg_catalog.pg_get_indexdef(c.oid)
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_am am ON am.oid = c.relam
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't' AND {NOT_OWN_RELATION}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')""",
    build=_build,
)
