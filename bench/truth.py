"""What does PostgreSQL itself say of a product's schema, asked by SQL of this file's own, through psql?

None of pgmason's code is used: neither its reading of catalogs nor its rules. The questions are the plain ones of the
brief; where pgmason's answer is meant to be finer, the reason is asked for here as well, so that a difference is
either explained by PostgreSQL or stays a difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.plain_server import PlainServer

__all__ = ["Comparison", "Truth", "compared", "truth_of"]

# A table of the product's own: not the system's, not an extension's, not temporary.
_TABLES = """
  SELECT c.oid, n.nspname || '.' || c.relname AS name, c.relispartition,
         EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid) AND NOT c.relispartition AS inherits
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')"""

_NAMES = f"WITH t AS ({_TABLES}) SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM t"

_KEYLESS = f"""
WITH t AS ({_TABLES})
SELECT coalesce(json_agg(json_build_object('table', name, 'partition', relispartition) ORDER BY name), '[]')
FROM t WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisprimary)"""

# An index begins with a key where its first columns, as many as the key has, are the key's columns in any order.
# `plainly`: by a valid btree index over all rows. `narrowed`: a valid one begins with some of the key's columns, whose
# counterparts hold a unique index of the parent by themselves. `cast`: the two sides are of different types.
_KEYS = f"""
WITH t AS ({_TABLES}), k AS (
  SELECT f.oid, f.conname, f.conrelid, f.confrelid, f.conkey, f.confkey, t.name
  FROM pg_constraint f JOIN t ON t.oid = f.conrelid WHERE f.contype = 'f' AND f.conparentid = 0
), i AS (
  SELECT x.indrelid, x.indisvalid, x.indpred IS NULL AS whole, x.indisunique, m.amname, x.indnkeyatts,
         string_to_array(x.indkey::text, ' ')::smallint[] AS cols
  FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_am m ON m.oid = c.relam
), begun AS (
  SELECT k.oid, i.indisvalid AND i.whole AND i.amname IN ('btree', 'hash') AS plainly
  FROM k JOIN i ON i.indrelid = k.conrelid AND cardinality(k.conkey) <= i.indnkeyatts
  WHERE i.cols[1:cardinality(k.conkey)] @> k.conkey AND i.cols[1:cardinality(k.conkey)] <@ k.conkey
), narrowed AS (
  SELECT k.oid FROM k
  JOIN i ON i.indrelid = k.conrelid AND i.indisvalid AND i.whole
  JOIN LATERAL generate_series(1, i.indnkeyatts) AS size ON i.cols[1:size] <@ k.conkey
  JOIN i AS p ON p.indrelid = k.confrelid AND p.indisunique AND p.indisvalid AND p.whole
  WHERE p.cols[1:p.indnkeyatts] <@ ARRAY(SELECT k.confkey[array_position(k.conkey, a)] FROM unnest(i.cols[1:size]) AS a)
)
SELECT coalesce(json_agg(json_build_object(
  'name', k.name || '.' || k.conname, 'table', k.name,
  'columns', (SELECT string_agg(a.attname, ', ' ORDER BY a.attname) FROM pg_attribute a
              WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)),
  'begun', EXISTS (SELECT FROM begun b WHERE b.oid = k.oid),
  'plainly', EXISTS (SELECT FROM begun b WHERE b.oid = k.oid AND b.plainly),
  'narrowed', EXISTS (SELECT FROM narrowed b WHERE b.oid = k.oid),
  'cast', EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS u(a, b)
                  JOIN pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = u.a
                  JOIN pg_attribute cb ON cb.attrelid = k.confrelid AND cb.attnum = u.b
                  WHERE ca.atttypid <> cb.atttypid)
) ORDER BY k.name, k.conname), '[]') FROM k"""

_MOMENTS = f"""
WITH t AS ({_TABLES})
SELECT coalesce(json_agg(json_build_object(
  'table', t.name, 'column', a.attname, 'partition', t.relispartition, 'inherited', a.attinhcount > 0,
  'domain', y.typtype = 'd') ORDER BY t.name, a.attnum), '[]')
FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type y ON y.oid = a.atttypid
WHERE a.atttypid = 'timestamp'::regtype OR (y.typtype = 'd' AND y.typbasetype = 'timestamp'::regtype)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The answers, as PostgreSQL gave them, each sorted by name."""

    tables: tuple[str, ...]
    keyless: tuple[Mapping[str, Any], ...]
    keys: tuple[Mapping[str, Any], ...]
    moments: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One count, by PostgreSQL and by pgmason. `explained` and `unexplained` are the differences, a line each."""

    what: str
    postgresql: int
    pgmason: int
    explained: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()


def truth_of(server: PlainServer, database: str) -> Truth:
    """Ask PostgreSQL. Raises AssertionError where a query fails."""
    return Truth(
        tables=tuple(server.ask(database, _NAMES)),
        keyless=tuple(server.ask(database, _KEYLESS)),
        keys=tuple(server.ask(database, _KEYS)),
        moments=tuple(server.ask(database, _MOMENTS)),
    )


def compared(truth: Truth, findings: Sequence[Mapping[str, Any]], catalog: Mapping[str, Any]) -> tuple[Comparison, ...]:
    """Truth beside pgmason's answers: `findings` of `check --format json`, `catalog` of `schema show --format json`."""
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for finding in findings:
        by_rule.setdefault(finding["code"], []).append(finding)
    told = {".".join(entry["path"]) for entry in catalog["objects"].get("table", ())}
    keyless = {_path(finding) for finding in by_rule.get("table-without-primary-key", ())}
    return (
        _sets("tables", set(truth.tables), told, {}),
        _sets(
            "tables without a primary key",
            {one["table"] for one in truth.keyless},
            keyless,
            {one["table"]: "a partition; judged through its parent" for one in truth.keyless if one["partition"]},
        ),
        _keys(truth, by_rule.get("foreign-key-without-index", ())),
        _moments(truth, by_rule.get("timestamp-without-time-zone", ())),
    )


def _path(finding: Mapping[str, Any]) -> str:
    return ".".join(finding["object"]["path"]) if finding["object"] else ""


def _sets(what: str, postgresql: set[str], pgmason: set[str], reasons: Mapping[str, str]) -> Comparison:
    explained: list[str] = []
    unexplained: list[str] = []
    for name in sorted(postgresql ^ pgmason):
        side = "PostgreSQL" if name in postgresql else "pgmason"
        line = f"{name}: only {side} counts it"
        (explained if name in reasons else unexplained).append(f"{line}; {reasons[name]}" if name in reasons else line)
    return Comparison(
        what=what,
        postgresql=len(postgresql),
        pgmason=len(pgmason),
        explained=tuple(explained),
        unexplained=tuple(unexplained),
    )


def _keys(truth: Truth, findings: Sequence[Mapping[str, Any]]) -> Comparison:
    """Foreign keys by table and columns: two keys over the same columns miss the same index."""
    subject = {key["name"]: f"{key['table']} ({key['columns']})" for key in truth.keys}
    reasons = {}
    for key in truth.keys:
        name = subject[key["name"]]
        if not key["begun"] and key["narrowed"]:
            reasons[name] = "an index begins with columns of it that are unique in the parent by themselves"
        elif key["begun"] and not key["plainly"]:
            reasons[name] = "the index that begins with it is partial, invalid or of a method that does not serve"
        elif key["begun"] and key["cast"]:
            reasons[name] = "its two sides are of different types"
    return _sets(
        "foreign keys that no index begins with",
        {subject[key["name"]] for key in truth.keys if not key["begun"]},
        {subject.get(_path(finding), _path(finding)) for finding in findings},
        reasons,
    )


def _moments(truth: Truth, findings: Sequence[Mapping[str, Any]]) -> Comparison:
    """By columns where pgmason says one sentence for the whole product, otherwise by tables."""
    own = [one for one in truth.moments if not one["partition"] and not one["inherited"] and not one["domain"]]
    passed = [one for one in truth.moments if one not in own]
    explained = [
        f"{one['table']}.{one['column']}: only PostgreSQL counts it; of a partition, a parent table or a domain"
        for one in passed
    ]
    habit = [finding for finding in findings if finding["object"] is None]
    if habit:
        count = int(habit[0]["message"].split()[0])
        wrong = () if count == len(own) else (f"pgmason counts {count}, PostgreSQL {len(own)} of the product's own",)
        what, expected = "timestamp columns without time zone", len(truth.moments)
        return Comparison(
            what=what, postgresql=expected, pgmason=count, explained=tuple(explained), unexplained=wrong
        )  # fmt: skip
    return _sets(
        "tables with timestamp columns without time zone",
        {one["table"] for one in truth.moments},
        {_path(finding) for finding in findings},
        {one["table"]: "of a partition, a parent table or a domain" for one in passed} if passed else {},
    )
