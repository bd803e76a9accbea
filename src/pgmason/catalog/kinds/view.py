"""A view."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind

__all__ = ["KIND", "View", "view_query"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view: names and types of its columns in order, its query as the server prints it, its options, sorted."""

    columns: tuple[tuple[str, str], ...]
    definition: str
    options: tuple[str, ...]


def view_query(relkind: str) -> str:
    """The query for views ('v') or materialized views ('m')."""
    return f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       ARRAY(SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       pg_catalog.pg_get_viewdef(c.oid), coalesce(c.reloptions, '{{}}')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = '{relkind}' AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}"""


KIND = Kind(
    name="view",
    state=View,
    path_length=2,
    query=view_query("v"),
    build=lambda row: View(
        columns=tuple(zip(row[0], row[1], strict=True)), definition=row[2], options=tuple(sorted(row[3]))
    ),
)
