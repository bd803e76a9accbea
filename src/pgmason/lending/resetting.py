"""Can a used clone be made as new more quickly than another one is made, and is it then as new?

`fresh_state` notes what a new clone is like (and so what every clone of the same template is like); `reset` empties the
tables that were empty, winds the sequences back, and answers whether the database is the same again. It is not where
anything else was touched: a table that came with rows, a catalog, a materialized view, a large object; nor where
somebody is still connected. Then nothing is concluded, and another clone is taken. What is compared are the sizes of
files, and numbers of rows and of transactions, never text: a few milliseconds for some hundred tables.

Few rows are deleted and the table vacuumed, which cuts its file to nothing; for many TRUNCATE is quicker, which makes
new files for the table, its indexes and every table that refers to it. Both are sent by a superuser, so no trigger and
no rule of the product's may fire: it is a replica's session, and a table with one that fires there too is not emptied.

What it cannot see: settings of the database and of roles (ALTER DATABASE and ALTER ROLE, which the confined role may
not as it comes), and the statistics of an emptied table, which say afterwards that it was looked at and is empty.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["FreshState", "fresh_state", "reset"]

LARGEST_TABLE_ROWS = 5_000  # that came with the schema: a larger one is not read again after each test
LOCK_TIMEOUT_MS = 200
LEAVING_SECONDS = 0.1  # a session that was closed just now is still there for a few milliseconds
FEW_BYTES = 2 << 20  # of one table, up to which its rows are deleted

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
               WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid())
"""
# tables on which something of the product's would run in a replica's session
_GUARDED = """
SELECT tgrelid FROM pg_catalog.pg_trigger WHERE tgenabled IN ('A', 'R')
UNION SELECT ev_class FROM pg_catalog.pg_rewrite WHERE ev_enabled IN ('A', 'R') AND ev_type <> '1'
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
    has a mark of each table that came with rows, and `others` the size of each materialized view. `guarded` are those
    that are not emptied, because the product has code that would run."""

    empty: Mapping[int, tuple[str, str]]
    filled: Mapping[int, tuple[str, str, tuple[int, int]]]
    others: Mapping[int, int]
    sequences: Mapping[int, int | None]
    references: tuple[tuple[int, int], ...]
    catalogs: tuple[tuple[str, int, int | None], ...]
    guarded: frozenset[int]


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
        guarded=frozenset(oid for (oid,) in observer.execute(_GUARDED).fetchall()),
    )


def reset(observer: Connection[Any], fresh: FreshState) -> bool:
    """Make the database as new; whether it is."""
    import psycopg

    try:
        if not _alone(observer):
            return False
        now = {oid: (kind, size) for oid, _, _, kind, size in observer.execute(_RELATIONS).fetchall()}
        if any(now.get(oid) != ("m", size) for oid, size in fresh.others.items()):
            return False
        touched = {oid: now[oid][1] for oid in fresh.empty if now[oid][1] > 0}
        few = {oid for oid, size in touched.items() if size <= FEW_BYTES}
        many = _with_referrers(touched.keys() - few, fresh)
        if fresh.guarded & (few | many):
            return False
        with observer.transaction():
            _lock(observer, [fresh.empty[oid] for oid in sorted(few | many)])
            # what is compared now stays so: who may change a trigger waits for our locks
            if _catalogs(observer) != fresh.catalogs:
                return False
            if any(_rows_mark(observer, schema, name) != mark for schema, name, mark in fresh.filled.values()):
                return False
            _empty(observer, fresh, few - many, many)
            _wind_back(observer, fresh)
        return _cut(observer, [fresh.empty[oid] for oid in sorted(few - many)])
    except (psycopg.Error, KeyError):  # a lock, a reference from a table with rows, a table that is gone
        return False


def _alone(observer: Connection[Any]) -> bool:
    """Whether nobody else is connected, after a moment's patience with who is leaving."""
    patience = time.monotonic() + LEAVING_SECONDS
    while True:
        row = observer.execute(_OTHERS).fetchone()
        if row is not None and not row[0]:
            return True
        if time.monotonic() > patience:
            return False
        time.sleep(0.003)


def _lock(observer: Connection[Any], tables: Sequence[tuple[str, str]]) -> None:
    from psycopg import sql

    observer.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{LOCK_TIMEOUT_MS}ms")))
    observer.execute("SET LOCAL session_replication_role = replica")
    if tables:
        names = [sql.Identifier(*table) for table in tables]
        observer.execute(sql.SQL("LOCK TABLE ONLY {}").format(sql.SQL(", ONLY ").join(names)))


def _empty(observer: Connection[Any], fresh: FreshState, few: Set[int], many: Set[int]) -> None:
    from psycopg import sql

    for oid in sorted(few):
        observer.execute(sql.SQL("DELETE FROM ONLY {}").format(sql.Identifier(*fresh.empty[oid])))
    if many:
        names = [sql.Identifier(*fresh.empty[oid]) for oid in sorted(many)]
        observer.execute(sql.SQL("TRUNCATE ONLY {}").format(sql.SQL(", ONLY ").join(names)))


def _wind_back(observer: Connection[Any], fresh: FreshState) -> None:
    for oid, value in observer.execute(_SEQUENCES).fetchall():
        before = fresh.sequences.get(oid)
        if value != before:
            observer.execute(
                "SELECT pg_catalog.setval(s.seqrelid::pg_catalog.regclass, COALESCE(%s, s.seqstart), %s)"
                " FROM pg_catalog.pg_sequence s WHERE s.seqrelid = %s",
                [before, before is not None, oid],
            )


def _cut(observer: Connection[Any], tables: Sequence[tuple[str, str]]) -> bool:
    """Take what was deleted out of the files; whether nothing is in them now."""
    from psycopg import sql

    if not tables:
        return True
    names = sql.SQL(", ").join(sql.Identifier(*table) for table in tables)
    observer.execute(sql.SQL("VACUUM (INDEX_CLEANUP ON, TRUNCATE ON) {}").format(names))
    sizes = {(schema, name): size for _, schema, name, _, size in observer.execute(_RELATIONS).fetchall()}
    return all(sizes[table] == 0 for table in tables)


def _with_referrers(touched: Set[int], fresh: FreshState) -> set[int]:
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

    query = "SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(xmin::pg_catalog.text::pg_catalog.int8), 0)"
    row = observer.execute(sql.SQL(query + " FROM ONLY {}").format(sql.Identifier(schema, name))).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _catalogs(observer: Connection[Any]) -> tuple[tuple[str, int, int | None], ...]:
    rows = observer.execute(_MARKS).fetchall()
    return tuple((str(name), int(count), None if mark is None else int(mark)) for name, count, mark in rows)
