"""A foreign key."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.clauses import constraint_address, create_constraint
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.presence import Rows

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
    return f"""
SELECT k.tableoid, k.oid, 0, n.nspname, c.relname, k.conname,
       k.conrelid, k.conkey, rn.nspname, r.relname, k.confrelid, k.confkey,
       k.confdeltype, k.confupdtype, k.condeferrable, k.condeferred, k.convalidated,
       pg_catalog.pg_get_constraintdef(k.oid), k.confmatchtype,
       {"k.confdelsetcols" if version >= 150000 else "NULL::int2[]"},
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
    rows=(Rows(catalog="pg_constraint", column="contype", letters="f"),),
    query=_query,
    named=lambda row, numbers: ForeignKey(
        columns=numbers.named(row[0], row[1]),
        references=(row[2], row[3]),
        referenced_columns=numbers.named(row[4], row[5]),
        on_delete=_ACTION[row[6]],
        on_update=_ACTION[row[7]],
        deferrable=row[8],
        deferred=row[9],
        validated=row[10],
        definition=row[11],
        match=_MATCH[row[12]],
        on_delete_columns=numbers.named(row[0], row[13] or ()),
        enforced=row[14],
        period=row[15],
    ),
    address=constraint_address,
    create=create_constraint,
)
