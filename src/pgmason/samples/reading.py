"""What does PostgreSQL say that a row of each table must satisfy?

One transaction with an empty search_path, so that every name in an expression comes qualified and every name and
operator of ours is PostgreSQL's own; five set-based queries sent as one pipeline, whatever the size of the schema.
Tables of extensions, temporary tables and foreign tables are left out.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pgmason.samples.shape import Check, Column, ForeignKey, Shape, Table, Type, UniqueSet

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["read_shape"]

_WANTED = """
    c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid = c.tableoid AND e.objid = c.oid AND e.deptype = 'e')"""

# Of pg_trigger.tgtype: 2^2 is INSERT (catalog/pg_trigger.h). Of pg_rewrite.ev_type: 3 is INSERT.
_TABLES = f"""
SELECT c.oid, n.nspname, c.relname, c.relkind = 'p', r.root, pg_catalog.pg_relation_size(c.oid) > 0,
       c.relrowsecurity AND c.relforcerowsecurity,
       ARRAY(SELECT ARRAY[t.tgname::text, t.tgenabled::text] FROM pg_catalog.pg_trigger t
             WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 4 <> 0
             ORDER BY t.tgname),
       ARRAY(SELECT ARRAY[w.rulename::text, w.ev_enabled::text] FROM pg_catalog.pg_rewrite w
             WHERE w.ev_class = c.oid AND w.ev_type = '3' AND w.ev_enabled <> 'D' ORDER BY w.rulename),
       CASE WHEN c.relispartition AND c.relkind = 'r' THEN pg_catalog.pg_get_partition_constraintdef(c.oid) END,
       EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) a
               JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = a.relid AND p.partstrat = 'h'
               WHERE c.relispartition)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (SELECT NULLIF(pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid, c.oid) AS root
                   WHERE c.relispartition) r ON true
WHERE {_WANTED}
ORDER BY n.nspname, c.relname"""

# A sequence belongs to a column by its identity, or is named by the column's default.
_COLUMNS = f"""
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> '', a.attidentity <> '',
       ARRAY(SELECT ARRAY[sn.nspname::text, sc.relname::text, q.seqmax::text]
             FROM pg_catalog.pg_depend e
             JOIN pg_catalog.pg_sequence q
               ON q.seqrelid = CASE WHEN e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = d.oid
                                    THEN e.refobjid ELSE e.objid END AND q.seqincrement > 0
             JOIN pg_catalog.pg_class sc ON sc.oid = q.seqrelid
             JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
             WHERE (e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.objid = d.oid)
                OR (a.attidentity <> '' AND e.refclassid = c.tableoid AND e.refobjid = c.oid
                    AND e.refobjsubid = a.attnum AND e.deptype = 'i')
             ORDER BY 1)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND {_WANTED}
ORDER BY a.attrelid, a.attnum"""

_TYPES = f"""
WITH RECURSIVE needed (oid) AS (
    SELECT a.atttypid FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND {_WANTED}
  UNION
    SELECT m.oid FROM needed
    JOIN pg_catalog.pg_type t ON t.oid = needed.oid
    CROSS JOIN LATERAL (
        SELECT t.typbasetype AS oid WHERE t.typtype = 'd'
        UNION ALL SELECT t.typelem WHERE t.typcategory = 'A'
        UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid
        UNION ALL SELECT g.rngtypid FROM pg_catalog.pg_range g WHERE g.rngmultitypid = t.oid
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                  WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) m
)
SELECT t.oid, n.nspname, t.typname, t.typtype, t.typcategory,
       CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END, t.typbasetype, t.typtypmod, t.typnotnull,
       coalesce((SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid),
                (SELECT g.rngtypid FROM pg_catalog.pg_range g WHERE g.rngmultitypid = t.oid), 0),
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
       ARRAY(SELECT ARRAY[a.atttypid::bigint, a.atttypmod] FROM pg_catalog.pg_attribute a
             WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY a.attnum),
       ARRAY(SELECT pg_catalog.pg_get_expr(k.conbin, 0) FROM pg_catalog.pg_constraint k
             WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname)
FROM needed
JOIN pg_catalog.pg_type t ON t.oid = needed.oid
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"""

# A foreign key of a partition is a copy with conrelid of its own; one that refers to a partition of the table that is
# meant is PostgreSQL's bookkeeping.
_CONSTRAINTS = f"""
SELECT k.conrelid, k.conname, k.contype, k.conkey, k.confrelid, k.confkey, k.confmatchtype = 'f',
       pg_catalog.pg_get_expr(k.conbin, k.conrelid)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
WHERE k.contype IN ('c', 'f') AND NOT (k.contype = 'f' AND k.conparentid <> 0 AND p.relispartition) AND {_WANTED}
ORDER BY k.conrelid, k.conname"""

# Columns inside expressions are those that pg_depend records for the index.
_UNIQUES = f"""
SELECT i.indrelid, x.relname, i.indkey::smallint[], i.indnkeyatts, pg_catalog.pg_get_expr(i.indpred, i.indrelid),
       i.indisexclusion, i.indisprimary OR %s,
       ARRAY(SELECT e.refobjsubid FROM pg_catalog.pg_depend e
             WHERE e.classid = c.tableoid AND e.objid = x.oid AND e.refclassid = c.tableoid AND e.refobjid = c.oid
               AND e.refobjsubid > 0 AND i.indexprs IS NOT NULL)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE (i.indisunique OR i.indisexclusion) AND {_WANTED}
ORDER BY i.indrelid, x.relname"""


def read_shape(connection: Connection[Any]) -> Shape:
    """What rows must satisfy in the connected database. The connection must be idle and is left so.

    Takes no lock beyond ACCESS SHARE on pg_catalog. Raises psycopg.Error as the server gives it.
    """
    nulls_equal = "i.indnullsnotdistinct" if connection.info.server_version >= 150000 else "false"
    with connection.transaction(), connection.pipeline():
        connection.execute("SET LOCAL search_path = ''")
        connection.execute("SET LOCAL jit = off")
        tables = connection.execute(_TABLES)
        columns = connection.execute(_COLUMNS)
        types = connection.execute(_TYPES)
        constraints = connection.execute(_CONSTRAINTS)
        uniques = connection.execute(_UNIQUES.replace("%s", nulls_equal).encode())
        table_rows = tables.fetchall()
        column_rows = columns.fetchall()
        type_rows = types.fetchall()
        constraint_rows = constraints.fetchall()
        unique_rows = uniques.fetchall()
    of_table: dict[int, list[Column]] = defaultdict(list)
    for oid, number, name, type, modifier, spelled, not_null, expression, generated, identity, sequences in column_rows:
        of_table[oid].append(
            Column(
                number=number,
                name=name,
                type=type,
                modifier=modifier,
                spelled=spelled,
                not_null=not_null,
                default=None if generated else expression,
                expression=expression if generated else None,
                identity=identity,
                sequences=tuple((schema, sequence, int(most)) for schema, sequence, most in sequences),
            )
        )
    checks: dict[int, list[Check]] = defaultdict(list)
    keys: dict[int, list[ForeignKey]] = defaultdict(list)
    for oid, name, kind, numbers, parent, referenced, full, expression in constraint_rows:
        if kind == "c":
            checks[oid].append(Check(name=name, columns=tuple(numbers or ()), expression=expression))
        else:
            keys[oid].append(
                ForeignKey(name=name, columns=tuple(numbers), parent=parent, referenced=tuple(referenced), full=full)
            )
    sets: dict[int, list[UniqueSet]] = defaultdict(list)
    for oid, name, numbers, key_columns, predicate, exclusion, equal, within in unique_rows:
        own = numbers[:key_columns]
        sets[oid].append(
            UniqueSet(
                name=name,
                columns=frozenset(number for number in (*own, *within) if number > 0),
                predicate=predicate,
                exact=not exclusion and 0 not in own,
                nulls_equal=equal,
            )
        )
    shaped = {}
    for oid, schema, name, partitioned, root, has_rows, forced, triggers, rules, bound, by_hash in table_rows:
        numbers = {column.name: column.number for column in of_table[oid]}
        own_checks = checks[oid]
        if bound:
            columns_in = _columns_in(bound, numbers)
            own_checks = [*own_checks, Check(name=None, columns=columns_in, expression=bound, scattered=by_hash)]
        shaped[oid] = Table(
            oid=oid,
            schema=schema,
            name=name,
            partitioned=partitioned,
            root=root,
            has_rows=has_rows,
            row_security_forced=forced,
            triggers=tuple((trigger, enabled) for trigger, enabled in triggers),
            rules=tuple((rule, enabled) for rule, enabled in rules),
            columns=tuple(of_table[oid]),
            checks=tuple(own_checks),
            uniques=tuple(sets[oid]),
            foreign_keys=tuple(keys[oid]),
        )
    return Shape(
        tables=shaped,
        types={
            row[0]: Type(
                oid=row[0],
                schema=row[1],
                name=row[2],
                kind=row[3],
                category=row[4],
                element=row[5],
                base=row[6],
                base_modifier=row[7],
                not_null=row[8],
                subtype=row[9],
                labels=tuple(row[10]),
                attributes=tuple((type, modifier) for type, modifier in row[11]),
                checks=tuple(row[12]),
            )
            for row in type_rows
        },
    )


def _columns_in(expression: str, numbers: dict[str, int]) -> tuple[int, ...]:
    from pgmason.statements import read_condition

    condition = read_condition(expression)
    return tuple(numbers[name] for name in condition.columns if name in numbers) if condition else ()
