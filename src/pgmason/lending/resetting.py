"""Can a used clone be made as new more quickly than another one is made, and is it then as new?

`fresh_state` notes what a new clone is like; `reset` empties the tables that were empty, winds the sequences back, and
answers whether the database is the same again. It is not where anything else was touched: a table that came with rows,
a catalog, a materialized view, a large object; nor where a transaction is open, or somebody holds a lock. Then nothing
is concluded, and another clone is taken. What is compared are the sizes of files, and numbers of rows and of
transactions, never text: a few milliseconds for some hundred tables.

What it cannot see: settings of the database and of roles (ALTER DATABASE and ALTER ROLE, which the confined role may
not as it comes), and statistics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["FreshState", "fresh_state", "reset"]

LARGEST_TABLE_ROWS = 5_000  # that came with the schema: a larger one is not read again after each test
LOCK_TIMEOUT_MS = 200

_RELATIONS = """
SELECT c.oid, n.nspname, c.relname, c.relkind::text, pg_catalog.pg_relation_size(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.oid OPERATOR(pg_catalog.>=) 16384 AND c.relkind IN ('r', 'm') AND c.relpersistence IN ('p', 'u')
  AND n.nspname !~ '^pg_' ORDER BY c.oid
"""
_SEQUENCES = """
SELECT c.oid::pg_catalog.int8, pg_catalog.pg_sequence_last_value(c.oid) FROM pg_catalog.pg_class c
WHERE c.relkind = 'S' AND c.oid OPERATOR(pg_catalog.>=) 16384 ORDER BY c.oid
"""
_OTHERS = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity
               WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
                 AND xact_start IS NOT NULL)
    OR EXISTS (SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
               WHERE l.locktype = 'advisory' AND d.datname = pg_catalog.current_database())
"""
_REFERENCES = "SELECT conrelid, confrelid FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid <> confrelid"
# Rows of a catalog that are not PostgreSQL's own (16384 is FirstNormalObjectId in transam.h): how many, and the newest.
_CATALOGS = {
    "pg_attribute": "attrelid",
    "pg_attrdef": "oid",
    "pg_constraint": "oid",
    "pg_index": "indexrelid",
    "pg_proc": "oid",
    "pg_trigger": "oid",
    "pg_type": "oid",
    "pg_policy": "oid",
    "pg_rewrite": "oid",
    "pg_enum": "oid",
    "pg_sequence": "seqrelid",
    "pg_extension": "oid",
    "pg_largeobject_metadata": "oid",
    "pg_statistic_ext": "oid",
    "pg_description": "objoid",
    "pg_publication": "oid",
    "pg_default_acl": "oid",
    "pg_operator": "oid",
    "pg_cast": "oid",
    "pg_collation": "oid",
    "pg_ts_config": "oid",
    "pg_ts_dict": "oid",
}
# Of schemas all: public has a fixed identifier below that.
_SCHEMAS = """
SELECT 'pg_namespace', pg_catalog.count(*), pg_catalog.max(xmin::pg_catalog.text::pg_catalog.int8)
FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
"""
_CATALOG_MARK = " UNION ALL ".join(
    f"SELECT '{name}', pg_catalog.count(*), pg_catalog.max(xmin::pg_catalog.text::pg_catalog.int8)"  # noqa: S608
    f" FROM pg_catalog.{name} WHERE {key} OPERATOR(pg_catalog.>=) 16384"
    for name, key in _CATALOGS.items()
)
# TRUNCATE writes pg_class, too, so of that only what a change of the schema changes.
_CLASSES = """
SELECT 'pg_class', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(
    pg_catalog.concat_ws('/', oid, relname, relnamespace, relrowsecurity, relforcerowsecurity, reloptions, relacl,
                         relowner, relkind, relpersistence), 0))
FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.>=) 16384
"""
_MARKS = f"{_CATALOG_MARK} UNION ALL {_SCHEMAS} UNION ALL {_CLASSES}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshState:
    """What a clone was like when it was new. `empty` are its empty tables by identifier, with schema and name; `filled`
    has a mark of each table that came with rows, and `others` the size of each materialized view."""

    empty: Mapping[int, tuple[str, str]]
    filled: Mapping[int, tuple[str, str, tuple[int, int]]]
    others: Mapping[int, int]
    sequences: Mapping[int, int | None]
    references: tuple[tuple[int, int], ...]
    catalogs: tuple[tuple[str, int, int | None], ...]


def fresh_state(observer: Connection[Any]) -> FreshState | None:
    """The state of a clone that nobody has used; None where it has more rows than are worth reading after each test."""
    empty: dict[int, tuple[str, str]] = {}
    filled: dict[int, tuple[str, str, tuple[int, int]]] = {}
    others: dict[int, int] = {}
    for oid, schema, name, kind, size in observer.execute(_RELATIONS).fetchall():
        if kind != "r":
            others[oid] = size
        elif size == 0:
            empty[oid] = (schema, name)
        else:
            mark = _rows_mark(observer, schema, name)
            if mark[0] > LARGEST_TABLE_ROWS:
                return None
            filled[oid] = (schema, name, mark)
    return FreshState(
        empty=empty,
        filled=filled,
        others=others,
        sequences=dict(observer.execute(_SEQUENCES).fetchall()),
        references=tuple(sorted(observer.execute(_REFERENCES).fetchall())),
        catalogs=_catalogs(observer),
    )


def reset(observer: Connection[Any], fresh: FreshState) -> bool:
    """Make the database as new; whether it is."""
    import psycopg
    from psycopg import sql

    try:
        busy = observer.execute(_OTHERS).fetchone()
        if busy is None or busy[0] or _catalogs(observer) != fresh.catalogs:
            return False
        now = {oid: (kind, size) for oid, _, _, kind, size in observer.execute(_RELATIONS).fetchall()}
        if any(now.get(oid) != ("m", size) for oid, size in fresh.others.items()):
            return False
        if any(_rows_mark(observer, schema, name) != mark for schema, name, mark in fresh.filled.values()):
            return False
        touched = {oid for oid in fresh.empty if now[oid][1] > 0}
        with observer.transaction():
            observer.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{LOCK_TIMEOUT_MS}ms")))
            if touched:
                names = [sql.Identifier(*fresh.empty[oid]) for oid in sorted(_with_referrers(touched, fresh))]
                observer.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))
            for oid, value in observer.execute(_SEQUENCES).fetchall():
                before = fresh.sequences.get(oid)
                if value != before:
                    observer.execute(
                        "SELECT pg_catalog.setval(s.seqrelid::pg_catalog.regclass, COALESCE(%s, s.seqstart), %s)"
                        " FROM pg_catalog.pg_sequence s WHERE s.seqrelid = %s",
                        [before, before is not None, oid],
                    )
    except (psycopg.Error, KeyError):  # a lock, a reference from a table with rows, a table that is gone
        return False
    return True


def _with_referrers(touched: set[int], fresh: FreshState) -> set[int]:
    """The tables to be emptied together: TRUNCATE refuses a table that another one refers to, unless that is named."""
    together = set(touched)
    while True:
        more = {one for one, referred in fresh.references if referred in together and one in fresh.empty} - together
        if not more:
            return together
        together |= more


def _rows_mark(observer: Connection[Any], schema: str, name: str) -> tuple[int, int]:
    """How many rows, and which transactions wrote them: an UPDATE changes the second, a DELETE the first."""
    from psycopg import sql

    query = "SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(xmin::pg_catalog.text::pg_catalog.int8), 0) FROM {}"
    row = observer.execute(sql.SQL(query).format(sql.Identifier(schema, name))).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _catalogs(observer: Connection[Any]) -> tuple[tuple[str, int, int | None], ...]:
    rows = observer.execute(_MARKS).fetchall()
    return tuple((str(name), int(count), None if mark is None else int(mark)) for name, count, mark in rows)
