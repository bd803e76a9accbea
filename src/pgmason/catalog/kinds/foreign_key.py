"""A foreign key."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.clauses import constraint_address, create_constraint
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind

__all__ = ["KIND", "ForeignKey"]

# pg_constraint.confdeltype, confupdtype and confmatchtype (manual 53.13), as SQL spells them.
_ACTION = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_MATCH = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A foreign key: `columns` refer to `referenced_columns` of `references`, position by position.

    `on_delete_columns` are those that ON DELETE SET NULL or SET DEFAULT names, none where it means all. `enforced` is
    False for NOT ENFORCED, `period` True where the last column is compared by range (both 18).
    """

    columns: tuple[str, ...]
    references: tuple[str, str]
    referenced_columns: tuple[str, ...]
    on_delete: str
    on_update: str
    deferrable: bool
    deferred: bool
    validated: bool
    definition: str
    match: str = "SIMPLE"
    on_delete_columns: tuple[str, ...] = ()
    enforced: bool = True
    period: bool = False


def _query(version: int) -> str:
    """ON DELETE SET (columns) came with 15; NOT ENFORCED and PERIOD with 18."""
    named = """ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.confdelsetcols) WITH ORDINALITY AS u(attnum, i)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.i)"""
    return f"""
SELECT k.tableoid, k.oid, 0, n.nspname, c.relname, k.conname,
       ARRAY(SELECT (SELECT a.attname::text FROM pg_catalog.pg_attribute a
                     WHERE a.attrelid = k.conrelid AND a.attnum = u.attnum)
             FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u(attnum, i) ORDER BY u.i),
       rn.nspname, r.relname,
       ARRAY(SELECT (SELECT a.attname::text FROM pg_catalog.pg_attribute a
                     WHERE a.attrelid = k.confrelid AND a.attnum = u.attnum)
             FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u(attnum, i) ORDER BY u.i),
       k.confdeltype, k.confupdtype, k.condeferrable, k.condeferred, k.convalidated,
       pg_catalog.pg_get_constraintdef(k.oid), k.confmatchtype,
       {f"CASE WHEN k.confdelsetcols IS NULL THEN '{{}}' ELSE {named} END" if version >= 150000 else "'{}'::text[]"},
       {"k.conenforced, k.conperiod" if version >= 180000 else "true, false"}
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}"""


KIND = Kind(
    name="foreign key",
    state=ForeignKey,
    path_length=3,
    query=_query,
    build=lambda row: ForeignKey(
        columns=tuple(row[0]),
        references=(row[1], row[2]),
        referenced_columns=tuple(row[3]),
        on_delete=_ACTION[row[4]],
        on_update=_ACTION[row[5]],
        deferrable=row[6],
        deferred=row[7],
        validated=row[8],
        definition=row[9],
        match=_MATCH[row[10]],
        on_delete_columns=tuple(row[11]),
        enforced=row[12],
        period=row[13],
    ),
    address=constraint_address,
    create=create_constraint,
)
