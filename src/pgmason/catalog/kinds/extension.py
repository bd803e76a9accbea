"""An extension as installed. Its members are its own business and are read nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import Kind

__all__ = ["KIND", "Extension"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An installed extension: the schema of its members, and its version."""

    schema: str
    version: str


KIND = Kind(
    name="extension",
    state=Extension,
    path_length=1,
    query="""
SELECT x.tableoid, x.oid, 0, x.extname, n.nspname, x.extversion
FROM pg_catalog.pg_extension x
JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
WHERE x.extname <> 'plpgsql'""",
    build=lambda row: Extension(schema=row[0], version=row[1]),
)
