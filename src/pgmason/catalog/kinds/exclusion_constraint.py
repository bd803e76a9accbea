"""An exclusion constraint: no two rows for which all its operators hold."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.clauses import constraint_address, create_key, makes_index, waits_for_partitions
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.presence import Rows

__all__ = ["KIND", "ExclusionConstraint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionConstraint:
    """An exclusion constraint.

    `keys` are its columns and expressions in key order, `columns` the plain columns among them, `operators` one a
    key, schema-qualified where they are not PostgreSQL's own; `method` is that of its index. The predicate and all
    the rest stand in `definition`. `partition_of` is the constraint (schema, table, name) of the partitioned parent
    that it belongs to.
    """

    method: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    operators: tuple[str, ...]
    deferrable: bool
    deferred: bool
    definition: str
    partition_of: tuple[str, str, str] | None = None


KIND = Kind(
    name="exclusion constraint",
    state=ExclusionConstraint,
    path_length=3,
    rows=(Rows(catalog="pg_constraint", column="contype", letters="x"),),
    query=f"""
SELECT k.tableoid, k.oid, 0, n.nspname, c.relname, k.conname, am.amname,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(k.conindid, i, true)
             FROM pg_catalog.generate_series(1, pg_catalog.cardinality(k.conexclop)) AS i ORDER BY i),
       ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(attnum, i)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.i),
       ARRAY(SELECT CASE WHEN opn.nspname = 'pg_catalog' THEN o.oprname::text
                    ELSE pg_catalog.format('%I.%s', opn.nspname, o.oprname) END
             FROM pg_catalog.unnest(k.conexclop) WITH ORDINALITY AS u(operator, i)
             JOIN pg_catalog.pg_operator o ON o.oid = u.operator
             JOIN pg_catalog.pg_namespace opn ON opn.oid = o.oprnamespace ORDER BY u.i),
       k.condeferrable, k.condeferred, pg_catalog.pg_get_constraintdef(k.oid), pn.nspname, pc.relname, p.conname
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class x ON x.oid = k.conindid
JOIN pg_catalog.pg_am am ON am.oid = x.relam
LEFT JOIN pg_catalog.pg_constraint p ON p.oid = k.conparentid
LEFT JOIN pg_catalog.pg_class pc ON pc.oid = p.conrelid
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
WHERE k.contype = 'x' AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}""",
    build=lambda row: ExclusionConstraint(
        method=row[0],
        keys=tuple(row[1]),
        columns=tuple(row[2]),
        operators=tuple(row[3]),
        deferrable=row[4],
        deferred=row[5],
        definition=row[6],
        partition_of=(row[7], row[8], row[9]) if row[7] is not None else None,
    ),
    address=constraint_address,
    create=create_key,
    makes=makes_index,
    waits_for=waits_for_partitions,
)
