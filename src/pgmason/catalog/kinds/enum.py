"""An enum type and its labels."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import NOT_OWN, Kind

__all__ = ["KIND", "Enum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """An enum type: its labels in their sort order."""

    labels: tuple[str, ...]


KIND = Kind(
    name="enum",
    state=Enum,
    path_length=2,
    query=f"""
SELECT t.tableoid, t.oid, 0, n.nspname, t.typname,
       ARRAY(SELECT l.enumlabel::text FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder)
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'e' AND {NOT_OWN}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')""",
    build=lambda row: Enum(labels=tuple(row[0])),
)
