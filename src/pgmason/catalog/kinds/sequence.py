"""A sequence that is an object of its own; the one behind an identity column is part of that column."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind

__all__ = ["KIND", "Sequence"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A sequence. `owned_by` is the column (schema, table, column) that it goes with, as `serial` makes it."""

    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    owned_by: tuple[str, str, str] | None


KIND = Kind(
    name="sequence",
    state=Sequence,
    path_length=2,
    query=f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname,
       pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       tn.nspname, t.relname, a.attname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
LEFT JOIN pg_catalog.pg_depend d ON d.classid = c.tableoid AND d.objid = c.oid AND d.objsubid = 0
      AND d.refclassid = c.tableoid AND d.refobjsubid <> 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE c.relkind = 'S' AND d.deptype IS DISTINCT FROM 'i' AND {NOT_OWN_RELATION}""",
    build=lambda row: Sequence(
        type=row[0],
        start=row[1],
        increment=row[2],
        minimum=row[3],
        maximum=row[4],
        cache=row[5],
        cycle=row[6],
        owned_by=(row[7], row[8], row[9]) if row[7] is not None else None,
    ),
)
