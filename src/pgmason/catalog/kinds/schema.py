"""A schema: a namespace. What it holds are objects of their own."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import NOT_OWN, Kind

__all__ = ["KIND", "Schema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A schema that exists; it has no state beyond its name."""


KIND = Kind(
    name="schema",
    state=Schema,
    path_length=1,
    query=f"""
SELECT n.tableoid, n.oid, 0, n.nspname
FROM pg_catalog.pg_namespace n
WHERE {NOT_OWN}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = n.tableoid AND e.objid = n.oid AND e.deptype = 'e')""",
    build=lambda row: Schema(),
)
