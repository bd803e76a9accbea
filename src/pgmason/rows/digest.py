"""Do two tables hold the same rows?

A digest of contents, whatever the order of the rows in the heap. Blind to nothing: each value is hashed together with
the key of its row, so values swapped between rows show; NULL is counted apart from every value; sums, not exclusive
ors, so a row that is there twice shows. Without a key, whole rows are hashed instead, and columns tell only which
values they hold. Values are compared as PostgreSQL writes them, with every setting that changes how pinned: 1.0 and
1.00 differ, and so does a float in its last bit.

Hashes are 64 bits and made for spreading, not for secrecy: chance does not fool the digest, an adversary could.
The scan is cut into ranges of blocks that several sessions read at once, all of one snapshot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection, sql

__all__ = ["TableDigest", "digest_table", "digest_tables"]

# A range of blocks below this is not worth a session.
BLOCKS_OF_A_RANGE = 4096
# Two sums for each row, so that 128 bits have to agree.
_SEEDS = (0, 7_046_029_254_386_353_131)

_PINNED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "search_path": "",
    "statement_timeout": "0",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDigest:
    """The contents of one table: its rows, the digest of all, and one for each column in name order.

    `key`: the columns that rows were told apart by, () where whole rows were hashed.
    """

    table: tuple[str, str]
    rows: int
    digest: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    def differs_in(self, other: TableDigest) -> tuple[str, ...]:
        """The columns whose values differ; () where only rows as wholes do (tables without a key)."""
        ours, theirs = dict(self.columns), dict(other.columns)
        return tuple(sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)))


def digest_tables(
    sessions: Sequence[Connection[Any]],
    tables: Sequence[tuple[str, str]],
    *,
    without: Mapping[tuple[str, str], Collection[str]] | None = None,
) -> dict[tuple[str, str], TableDigest]:
    """The digest of each table, all of one snapshot, read by all the sessions together.

    `without` leaves columns of a table out; where one of them is in its key, rows are told apart by what is left.

    The sessions are in autocommit and of one database; each is in one read-only transaction meanwhile, with settings of
    its own, and as it was afterwards. A table that is not there, or may not be read, raises what PostgreSQL raises.
    """
    with ExitStack() as stack:
        for number, session in enumerate(sessions):
            stack.enter_context(session.transaction(force_rollback=True))
            session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if number == 0:
                exported = session.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
            else:
                from psycopg import sql

                assert exported is not None
                session.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(exported[0])))
            for name, value in _PINNED.items():
                session.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, value])
        return {table: _digest(sessions, *table, frozenset((without or {}).get(table, ()))) for table in tables}


def digest_table(sessions: Sequence[Connection[Any]], schema: str, name: str) -> TableDigest:
    """The digest of one table; see `digest_tables`."""
    return digest_tables(sessions, [(schema, name)])[schema, name]


_PARTS = """
WITH RECURSIVE part(oid) AS (
  SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = %(schema)s AND c.relname = %(name)s
  UNION ALL
  SELECT i.inhrelid FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent = part.oid)
SELECT n.nspname, c.relname, pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8,
       c.relkind = 'r'
  FROM part JOIN pg_catalog.pg_class c ON c.oid = part.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'f', 'm') ORDER BY 1, 2
"""

_COLUMNS = """
SELECT a.attname::text,
       a.attnum = ANY ((SELECT i.indkey FROM pg_catalog.pg_index i
                         WHERE i.indrelid = a.attrelid AND i.indisprimary)::int2[])
  FROM pg_catalog.pg_attribute a
 WHERE a.attrelid = (SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                      WHERE n.nspname = %(schema)s AND c.relname = %(name)s)
   AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname
"""


def _digest(sessions: Sequence[Connection[Any]], schema: str, name: str, without: frozenset[str]) -> TableDigest:
    asked = {"schema": schema, "name": name}
    columns = sessions[0].execute(_COLUMNS, asked).fetchall()
    key = [column for column, in_key in columns if in_key]
    if without.intersection(key):
        key = []
    names = [column for column, _ in columns if column not in without]
    ranges = [
        (part_schema, part, *bounds)
        for part_schema, part, blocks, is_table in sessions[0].execute(_PARTS, asked).fetchall()
        for bounds in (_ranges(blocks, len(sessions)) if is_table else [(None, None)])
    ]
    waiting = list(reversed(ranges))

    def work_off(session: Connection[Any]) -> list[tuple[Any, ...]]:
        read = []
        while waiting:
            try:
                part_schema, part, low, high = waiting.pop()
            except IndexError:
                break
            row = session.execute(_sums(part_schema, part, names, key, low, high)).fetchone()
            assert row is not None
            read.append(row)
        return read

    if len(sessions) == 1 or len(ranges) <= 1:
        found = work_off(sessions[0])
    else:
        with ThreadPoolExecutor(len(sessions)) as pool:
            found = [row for rows in pool.map(work_off, sessions) for row in rows]
    width = 1 + len(_SEEDS) + 2 * len(names)
    sums = [sum(int(row[place] or 0) for row in found) for place in range(width)]
    return _table_digest((schema, name), names, sums, key)


def _ranges(blocks: int, sessions: int) -> list[tuple[int | None, int | None]]:
    """Ranges of blocks, the last one without an end; more than sessions, so that none waits long for another."""
    count = min(max(blocks // BLOCKS_OF_A_RANGE, 1), 4 * sessions) if sessions > 1 else 1
    cuts = [blocks * place // count for place in range(1, count)]
    return list(zip([None, *cuts], [*cuts, None], strict=True))


def _sums(
    schema: str, name: str, names: Sequence[str], key: Sequence[str], low: int | None, high: int | None
) -> sql.Composed:
    """One row: count, sums over whole rows for each seed, then a sum and a count for each column."""
    from psycopg import sql

    table = sql.Identifier(schema, name)
    texts = [sql.SQL("{}::pg_catalog.text").format(sql.Identifier("r", column)) for column in names]
    where: list[sql.Composable] = []
    if low is not None:
        where.append(sql.SQL("r.ctid >= {}::pg_catalog.tid").format(sql.Literal(f"({low},0)")))
    if high is not None:
        where.append(sql.SQL("r.ctid < {}::pg_catalog.tid").format(sql.Literal(f"({high},0)")))
    if key:
        # the hash of the key is the seed of every value's hash
        parts = sql.SQL(", ").join(sql.SQL("{}::pg_catalog.text").format(sql.Identifier("r", part)) for part in key)
        seed: sql.Composable = sql.SQL("pg_catalog.hashtextextended(ROW({})::pg_catalog.text, 0)").format(parts)
        rows = [
            sql.SQL("pg_catalog.sum(s)"),
            sql.SQL("pg_catalog.sum(pg_catalog.hashint8extended(s, {}))").format(sql.Literal(_SEEDS[1])),
        ]
    else:
        seed = sql.SQL("0::pg_catalog.int8")
        whole = sql.SQL("ROW({})::pg_catalog.text").format(
            sql.SQL(", ").join(sql.Identifier(f"c{place}") for place in range(len(names)))
        )
        rows = [
            sql.SQL("pg_catalog.sum(pg_catalog.hashtextextended({}, {}))").format(whole, sql.Literal(each))
            for each in _SEEDS
        ]
    of_columns: list[sql.Composable] = []
    for place in range(len(names)):
        column = sql.Identifier(f"c{place}")
        of_columns.append(sql.SQL("pg_catalog.sum(pg_catalog.hashtextextended({}, s))").format(column))
        of_columns.append(sql.SQL("pg_catalog.count({})").format(column))
    chosen = [sql.SQL("{} AS {}").format(text, sql.Identifier(f"c{place}")) for place, text in enumerate(texts)]
    # OFFSET 0 keeps the planner from working the seed out anew for every column
    return sql.SQL("SELECT {sums} FROM (SELECT {chosen} FROM ONLY {table} r {where} OFFSET 0) r").format(
        sums=sql.SQL(", ").join([sql.SQL("pg_catalog.count(*)"), *rows, *of_columns]),
        chosen=sql.SQL(", ").join([sql.SQL("{} AS s").format(seed), *chosen]),
        table=table,
        where=sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(where)) if where else sql.SQL(""),
    )


def _table_digest(table: tuple[str, str], names: Sequence[str], sums: Sequence[int], key: Sequence[str]) -> TableDigest:
    rows, whole, of_columns = sums[0], sums[1 : 1 + len(_SEEDS)], sums[1 + len(_SEEDS) :]
    columns = tuple(
        (name, _hex(name, rows, of_columns[2 * place], of_columns[2 * place + 1])) for place, name in enumerate(names)
    )
    return TableDigest(
        table=table,
        rows=rows,
        digest=_hex("rows", rows, *whole, *(digest for _, digest in columns)),
        columns=columns,
        key=tuple(key),
    )


def _hex(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
