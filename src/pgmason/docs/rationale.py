"""Why is this index there?

The reason is derived from what the catalog shows: the constraint that the index serves, the foreign keys that it
covers (`rules.cover`), the uniqueness that it keeps, and else the shape of the queries that it answers. Whether any
query has that shape is not known here; the statistics of a live database say so (`tune`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.docs.addresses import anchor, title_of
from pgmason.docs.markdown import code, link
from pgmason.docs.model import Reference
from pgmason.rules.cover import shortfall

__all__ = ["keys_of", "rationale"]

# What a lookup through each access method is, over `{keys}` (manual, chapter 11 and the extensions' own).
_LOOKUPS = {
    "btree": "finds rows by {keys}",
    "hash": "finds rows whose {keys} is equal to a value",
    "gin": "searches inside {keys}",
    "gist": "finds what overlaps, contains or lies near {keys}",
    "spgist": "finds rows by {keys}, by prefix or by place",
    "brin": "skips blocks by {keys}; for rows that lie in that order on disk",
    "bloom": "finds rows by any combination of {keys}, equality only",
    "hnsw": "finds the nearest neighbours of {keys}",
    "ivfflat": "finds the nearest neighbours of {keys}",
}
# Operator classes that say more than their access method.
_BY_OPERATORS = {
    "gin_trgm_ops": "finds rows by a part of {keys} (LIKE '%part%', similarity)",
    "gist_trgm_ops": "finds rows by a part of {keys}, or by similarity",
    "tsvector_ops": "full-text search in {keys}",
    "jsonb_path_ops": "finds documents that contain given paths and values in {keys}",
    "text_pattern_ops": "finds rows by {keys}, also by prefix (LIKE 'start%')",
    "varchar_pattern_ops": "finds rows by {keys}, also by prefix (LIKE 'start%')",
}


def rationale(catalog: Catalog, index: Index, constraint: str | None, references: Sequence[Reference]) -> str:
    """One line of Markdown. `constraint` tells the constraint behind the index ("primary key"), None where it serves
    none; `references` are the foreign keys of its table."""
    reasons = []
    if not index.valid:
        reasons.append("**invalid**: no query uses it; build it again or drop it")
    if constraint is not None:
        reasons.append(f"serves the {constraint}")
    elif index.unique:
        nulls = ", NULL counted as a value" if index.nulls_not_distinct else ""
        rows = "two of these rows" if index.predicate else "two rows"
        reasons.append(f"unique: no {rows} have the same {' and '.join(keys_of(index))}{nulls}")
    served = [
        reference
        for reference in references
        if reference.identity.path[:2] == index.table and shortfall(catalog, index, reference.key) is None
    ]
    reasons += [
        f"covers the foreign key {', '.join(map(code, reference.key.columns))} → "
        f"{link(title_of(reference.parent), anchor('table', reference.parent))}"
        for reference in served
    ]
    longer = bool(served) and all(len(reference.key.columns) < len(index.keys) for reference in served)
    if constraint is None and not index.unique and (not served or longer):
        reasons.append(_lookup(index))
    if index.predicate is not None:
        reasons.append(f"partial: only rows where {code(index.predicate)}")
    if index.include:
        reasons.append(f"carries {', '.join(map(code, index.include))}, so that such queries need not visit the table")
    return "; ".join(reasons)


def keys_of(index: Index) -> tuple[str, ...]:
    """The keys of an index in order, as code, with their direction in words where it is not ascending."""
    return tuple(
        code(column if column is not None else key) + _direction(operators)
        for key, column, operators in zip(index.keys, index.key_columns, index.operators, strict=True)
    )


def _direction(operators: str) -> str:
    words = operators.split()
    descending, first = "desc" in words[1:], words[-2:] == ["nulls", "first"]
    # NULLs come first in a descending order by themselves (manual, CREATE INDEX)
    return (" descending" if descending else "") + (
        " nulls first" if first and not descending else " nulls last" if descending and not first else ""
    )


def _lookup(index: Index) -> str:
    known = [
        shape for operators in index.operators for word, shape in _BY_OPERATORS.items() if word in operators.split()
    ]
    shape = known[0] if known else _LOOKUPS.get(index.method, f"finds rows by {{keys}} through {code(index.method)}")
    then = ", then by " if index.method == "btree" else ", "
    return shape.format(keys=then.join(keys_of(index)))
