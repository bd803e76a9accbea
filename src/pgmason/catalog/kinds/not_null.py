"""A NOT NULL constraint that has a comment (18); what else there is to say of one, its column says."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.clauses import constraint_address
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.presence import Rows

__all__ = ["KIND", "NotNull"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNull:
    """A NOT NULL constraint: the column that it is of."""

    column: str


KIND = Kind(
    name="not null",
    state=NotNull,
    path_length=3,
    rows=(Rows(catalog="pg_constraint", column="contype", letters="n"),),
    # Before 18 pg_constraint has no such rows.
    query=f"""
SELECT k.tableoid, k.oid, 0, n.nspname, c.relname, k.conname, a.attname
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
JOIN pg_catalog.pg_description d ON d.classoid = k.tableoid AND d.objoid = k.oid
WHERE k.contype = 'n' AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}""",
    build=lambda row: NotNull(column=row[0]),
    address=constraint_address,
)
