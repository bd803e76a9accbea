"""A column of a table."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind

__all__ = ["KIND", "Column"]

_IDENTITY = {"a": "always", "d": "by default", "": None}
_GENERATED = {"s": "stored", "v": "virtual", "": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's state, as `format_type` and `pg_get_expr` print it with an empty search_path.

    `default` is the expression of an ordinary default; of a generated column it is `expression`.
    `collation` is (schema, name) where it is not the one of the type.
    """

    type: str
    not_null: bool
    default: str | None
    identity: str | None
    generated: str | None
    expression: str | None
    collation: tuple[str, str] | None


KIND = Kind(
    name="column",
    state=Column,
    path_length=3,
    query=f"""
SELECT c.tableoid, c.oid, a.attnum, n.nspname, c.relname, a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, co.nspname, co.collname
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN (SELECT l.oid, ln.nspname, l.collname FROM pg_catalog.pg_collation l
           JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace) co
       ON co.oid = a.attcollation
      AND a.attcollation <> (SELECT t.typcollation FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid)
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}""",
    build=lambda row: Column(
        type=row[0],
        not_null=row[1],
        default=None if row[4] else row[2],
        identity=_IDENTITY[row[3]],
        generated=_GENERATED[row[4]],
        expression=row[2] if row[4] else None,
        collation=(row[5], row[6]) if row[5] is not None else None,
    ),
)
