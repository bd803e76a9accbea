"""An index, also the one behind a primary key or unique constraint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.clauses import attach_index, index_settings
from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.numbers import Numbers
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog

__all__ = ["KIND", "Index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index.

    `keys` are its key expressions in order, a plain column by its name as pg_get_indexdef prints it;
    `key_columns` says for each key which column it is, or None for an expression. `operators` holds for each key
    its operator class, collation and ordering in words; two indexes with equal `keys`, `operators`, `method` and
    `predicate` serve the same queries. `include` are the columns carried beside the key. `constraint` names the
    constraint that it serves. `partition_of` is the index of the partitioned parent that it is attached to.

    `options` are its storage parameters, `tablespace` is None for the database's own. `statistics_targets` are those
    of ALTER INDEX ... SET STATISTICS, by the position of the expression. `clustered`: its table is CLUSTER ON it;
    `replica_identity`: it tells rows apart in logical replication.
    """

    table: tuple[str, str]
    method: str
    unique: bool
    keys: tuple[str, ...]
    key_columns: tuple[str | None, ...]
    operators: tuple[str, ...]
    include: tuple[str, ...]
    predicate: str | None
    nulls_not_distinct: bool
    valid: bool
    constraint: str | None
    partition_of: tuple[str, str] | None
    definition: str
    options: tuple[str, ...] = ()
    tablespace: str | None = None
    statistics_targets: tuple[tuple[int, int], ...] = ()
    clustered: bool = False
    replica_identity: bool = False


def _named(row: Any, numbers: Numbers) -> Index:
    table, key_count = row[4], row[5]
    columns = numbers.each(table, row[6])
    # of a plain column pg_get_indexdef says its quoted name, after a longer search
    keys = row[10] or tuple(identifier(column or "") for column in columns[:key_count])
    return Index(
        table=(row[0], row[1]),
        method=row[2],
        unique=row[3],
        keys=tuple(keys[:key_count]),
        key_columns=columns[:key_count],
        operators=tuple(_operators(row[7], row[8], row[9], numbers)),
        include=tuple(column for column in columns[key_count:] if column is not None),
        predicate=row[11],
        nulls_not_distinct=row[12],
        valid=row[13],
        constraint=row[14],
        partition_of=(row[15], row[16]) if row[15] is not None else None,
        definition=row[17],
        options=tuple(row[18] or ()),
        tablespace=row[19],
        statistics_targets=tuple(zip(row[20], row[21], strict=True)) if row[20] else (),
        clustered=row[22],
        replica_identity=row[23],
    )


def _operators(
    classes: Sequence[int], collations: Sequence[int], options: Sequence[int], numbers: Numbers
) -> Iterator[str]:
    """Each key in words; the bits of its option are INDOPTION_DESC 1 and INDOPTION_NULLS_FIRST 2 (pg_index.h)."""
    for operator_class, collation, option in zip(classes, collations, options, strict=True):
        words = [numbers.operator_classes[operator_class]]
        if collation:
            words.append(numbers.collations[collation])
        if option & 1:
            words.append("desc")
        if option & 2:
            words.append("nulls first")
        yield " ".join(words)


def _address(identity: ObjectId, _: Index) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("INDEX {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, index: Index, catalog: Catalog) -> Iterator[Composable]:
    """The index, unless a key makes it or it is left out."""
    from psycopg.sql import SQL

    if index.constraint is not None or _left_out(identity, index, catalog) is not None:
        return
    yield SQL(index.definition)
    yield from index_settings(identity, catalog)
    if index.partition_of is not None:
        yield attach_index(identity, index.partition_of)


def _left_out(_: ObjectId, index: Index, catalog: Catalog) -> str | None:
    """One that is not valid: no statement makes it so. That of a partitioned table becomes valid when those of all
    partitions are attached."""
    if index.valid:
        return None
    table = catalog.objects.get(ObjectId("table", index.table))
    if table is not None and table.partition_key is not None:
        return None
    return "it is not valid: left over from a CREATE INDEX CONCURRENTLY that failed"


def _waits_for(_: ObjectId, index: Index, catalog: Catalog) -> Iterator[ObjectId]:
    """What must be there first: the partitions, as before a key, and the parent's index."""
    if index.constraint is None:
        yield from catalog.partitions.get(index.table, ())
        if index.partition_of is not None:
            yield ObjectId("index", index.partition_of)


def _query(version: int) -> str:
    """NULLS NOT DISTINCT came with 15. A statistics target was -1 where never set until 17 made it NULL."""
    return f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname,
       tn.nspname, t.relname, am.amname, x.indisunique, x.indrelid, x.indnkeyatts,
       x.indkey::int2[], x.indclass::oid[], x.indcollation::oid[], x.indoption::int2[],
       CASE WHEN x.indexprs IS NOT NULL
            THEN ARRAY(SELECT pg_catalog.pg_get_indexdef(c.oid, i, true)
                       FROM pg_catalog.generate_series(1, x.indnkeyatts) AS i ORDER BY i) END,
       pg_catalog.pg_get_expr(x.indpred, x.indrelid),
       {"x.indnullsnotdistinct" if version >= 150000 else "false"},
       x.indisvalid, k.conname, pn.nspname, p.relname, pg_catalog.pg_get_indexdef(c.oid),
       c.reloptions, s.spcname, g.positions, g.targets,
       x.indisclustered, x.indisreplident
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_am am ON am.oid = c.relam
LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN (SELECT a.attrelid, pg_catalog.array_agg(a.attnum::integer ORDER BY a.attnum) AS positions,
                  pg_catalog.array_agg(a.attstattarget::integer ORDER BY a.attnum) AS targets
           FROM pg_catalog.pg_attribute a WHERE a.attstattarget >= 0 AND a.attnum > 0 GROUP BY a.attrelid) g
       ON g.attrelid = c.oid
WHERE t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't' AND {NOT_OWN_RELATION}
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')"""


KIND = Kind(
    name="index",
    state=Index,
    path_length=2,
    query=_query,
    named=_named,
    address=_address,
    create=_create,
    waits_for=_waits_for,
    left_out=_left_out,
)
