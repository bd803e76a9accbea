"""Which outcomes depend on rows that only production has, and which query tells?

A trace runs on a few rows that are valid by construction, so a statement that fails on other rows succeeds there: a
unique index on duplicates, NOT NULL on nulls, a CHECK or a key that some row does not keep, a narrower type. Each such
outcome is told with a query that gives a number in production: the statement succeeds where that is 0.

Pure: from what changed. Left to others: asking production. What this does not see: a failure inside the product's own
functions and triggers, a USING expression of its own, a CHECK's text (the query then names the constraint).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pgmason.effects.model import ObjectChange, RowDependence, Verb
from pgmason.names import ObjectId

__all__ = ["ForeignKeyColumns", "row_dependences"]

# Types into which every value of the ones before them fits (manual, 8.1 Numeric Types, 8.3 Character Types).
_WIDER = ("smallint", "integer", "bigint", "numeric")
_TEXTS = ("text", "character varying", "citext", "public.citext")
_TIMES = ("timestamp without time zone", "timestamp with time zone", "date")
_SAFE = {("real", "double precision"), ("cidr", "inet")}
_WITHOUT_EQUALITY = ("json", "xml", "point")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKeyColumns:
    """What a foreign key compares: its own `columns` with those `referenced` of the `parent` (schema, table)."""

    columns: tuple[str, ...]
    parent: tuple[str, ...]
    referenced: tuple[str, ...]


def row_dependences(
    changes: Sequence[ObjectChange], checks: Mapping[ObjectId, str], keys: Mapping[ObjectId, ForeignKeyColumns]
) -> tuple[RowDependence, ...]:
    """What depends on rows, in the order of the changes; nothing for tables that the file itself made.

    `checks` has the condition of each CHECK that was made or validated, as the server writes it, `keys` what each
    foreign key compares: of one that is only validated, the change itself says no columns.
    """
    made = {change.object for change in changes if change.verb is Verb.CREATED and change.of is None}
    found: list[RowDependence] = []
    for change in changes:
        table = change.of
        if table is None or table in made or (change.implied and change.object.kind != "index"):
            continue
        found += _of(change, table, checks, keys)
    return tuple(dict.fromkeys(found))


def _of(
    change: ObjectChange,
    table: ObjectId,
    checks: Mapping[ObjectId, str],
    keys: Mapping[ObjectId, ForeignKeyColumns],
) -> Iterator[RowDependence]:
    kind = change.object.kind
    validated = _now(change, "valid") == "yes" and (change.verb is Verb.CREATED or change.change("valid") is not None)
    if kind == "column" and change.verb is Verb.ALTERED:
        yield from _of_column(change, table)
    elif kind == "column" and change.verb is Verb.CREATED and _is_required(change):
        yield RowDependence(
            object=change.object,
            why=f"fails where {table.name} holds a row: the column is NOT NULL and has no default",
            query=f"SELECT count(*) FROM (SELECT FROM {_sql(table)} LIMIT 1) AS row",
        )
    elif kind == "index" and change.verb is Verb.CREATED and _now(change, "unique") == "yes":
        columns = (_now(change, "columns") or "").split(", ")
        if "(expression)" not in columns:
            yield _duplicates(change.object, table, columns)
    elif kind == "check" and validated and change.object in checks:
        yield RowDependence(
            object=change.object,
            why=f"fails where a row of {table.name} does not keep {change.object.own_name}",
            query=f"SELECT count(*) FROM {_sql(table)} WHERE NOT ({checks[change.object]})",
        )
    elif kind == "foreign key" and validated and change.object in keys:
        yield _orphans(change, table, keys[change.object])


def _of_column(change: ObjectChange, table: ObjectId) -> Iterator[RowDependence]:
    column = _quoted((change.now or change.object).own_name)
    not_null = change.change("not null")
    if not_null is not None and not_null.after == "yes":
        yield RowDependence(
            object=change.object,
            why=f"fails where {change.object.name} is null",
            query=f"SELECT count(*) FROM {_sql(table)} WHERE {column} IS NULL",
        )
    type_ = change.change("type")
    if type_ is not None and _may_not_fit(type_.before or "", type_.after or ""):
        yield RowDependence(
            object=change.object,
            why=f"may fail, or cut values short, where a value is no {type_.after} (from {type_.before})",
            query=(
                f"SELECT count(*) FROM {_sql(table)}"
                f" WHERE {column} IS NOT NULL AND ({column}::{type_.after})::{type_.before} IS DISTINCT FROM {column}"
            ),
        )


def _may_not_fit(before: str, after: str) -> bool:
    """Whether a value of one type may be none of the other, or another one, and a query can tell."""
    old, old_size = _sized(before)
    new, new_size = _sized(after)
    if old in _WITHOUT_EQUALITY or new in _WITHOUT_EQUALITY or (new in _TEXTS and not new_size) or (old, new) in _SAFE:
        return False
    if old in _WIDER and new in _WIDER and not new_size:
        return _WIDER.index(new) < _WIDER.index(old)
    if old in _TIMES and new in _TIMES:
        return new == "date" or (bool(new_size) and new_size < (old_size or (6,)))
    if old == new == "numeric" and old_size and new_size:
        (digits, scale), (more, new_scale) = (*old_size, 0)[:2], (*new_size, 0)[:2]
        return new_scale < scale or more - new_scale < digits - scale
    if old == new and old_size and new_size:
        return new_size < old_size
    return not (old == new and not new_size)


def _sized(type_name: str) -> tuple[str, tuple[int, ...]]:
    """`character varying(10)` as its name and (10,); `timestamp(3) without time zone` likewise."""
    name, bracket, rest = type_name.partition("(")
    if not bracket:
        return type_name, ()
    sizes, _, behind = rest.partition(")")
    numbers = tuple(int(part) for part in sizes.split(",") if part.strip().lstrip("-").isdigit())
    return (name.strip() + behind).strip(), numbers


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_required(change: ObjectChange) -> bool:
    return _now(change, "not null") == "yes" and not any(
        _now(change, name) for name in ("default", "identity", "generated")
    )


def _duplicates(index: ObjectId, table: ObjectId, columns: Sequence[str]) -> RowDependence:
    names = ", ".join(_quoted(column) for column in columns)
    known = " AND ".join(f"{_quoted(column)} IS NOT NULL" for column in columns)
    return RowDependence(
        object=index,
        why=f"fails where two rows of {table.name} have the same {', '.join(columns)}",
        query=(
            f"SELECT count(*) FROM (SELECT FROM {_sql(table)} WHERE {known}"
            f" GROUP BY {names} HAVING count(*) > 1) AS same"
        ),
    )


def _orphans(change: ObjectChange, table: ObjectId, key: ForeignKeyColumns) -> RowDependence:
    columns, parent = key.columns, ".".join(map(_quoted, key.parent))
    joined = " AND ".join(
        f"p.{_quoted(one)} = c.{_quoted(other)}" for one, other in zip(key.referenced, columns, strict=False)
    )
    known = " AND ".join(f"c.{_quoted(column)} IS NOT NULL" for column in columns)
    return RowDependence(
        object=change.object,
        why=f"fails where a row of {table.name} refers to no row of {parent}",
        query=(
            f"SELECT count(*) FROM {_sql(table)} AS c WHERE {known}"
            f" AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {joined})"
        ),
    )


def _now(change: ObjectChange, name: str) -> str | None:
    one = change.change(name)
    return one.after if one is not None else None


def _sql(table: ObjectId) -> str:
    return ".".join(_quoted(part) for part in table.path)
