"""A CHECK constraint of a table; those of a domain belong to the domain."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind

__all__ = ["KIND", "Check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A CHECK: the columns it reads, sorted by name, whether old rows were checked, and the server's words for it."""

    columns: tuple[str, ...]
    validated: bool
    definition: str


KIND = Kind(
    name="check",
    state=Check,
    path_length=3,
    query=f"""
SELECT k.tableoid, k.oid, 0, n.nspname, c.relname, k.conname,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) ORDER BY a.attname),
       k.convalidated, pg_catalog.pg_get_constraintdef(k.oid)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'c' AND k.conislocal AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND {NOT_OWN_RELATION}""",
    build=lambda row: Check(columns=tuple(row[0]), validated=row[1], definition=row[2]),
)
