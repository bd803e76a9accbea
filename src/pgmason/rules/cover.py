"""Does an index serve the check of a foreign key, as PostgreSQL would run it?

When a row of the referenced table is deleted or its key changes, PostgreSQL looks for rows that still point at it:
`... FROM ONLY child WHERE $1 = a AND $2 = b` (ri_triggers.c). An index covers the key when that query reads a
handful of blocks *whatever the data*: what is only fast while a column happens to have many values is no cover.

Measured on PostgreSQL 15 and 18, 100,000 rows in 1,137 blocks, key (a, b), deleting one row of the parent:

    index                            a has 2 values        b has 2 values        cover
    none                             all 100,000 rows      all 100,000 rows      no
    (a, b), (b, a), (a, b, x)        0 rows                0 rows                yes
    (a), hash (a), (a) INCLUDE (b)   half the table        2 rows                no, unless `a` alone is a key
    (a, x, b)                        half of the index     few blocks            no, likewise
    (x, a, b)                        the whole index       the whole index       no
    (a, b) WHERE a IS NOT NULL       0 rows                0 rows                yes: `$1 = a` implies it
    (a, b) WHERE x ...               all                   all                   no
    BRIN (a, b)                      all                   all                   no
    GiST (a, b)                      0 rows                0 rows                yes, with btree_gist
    GIN (a, b), with btree_gin       0 rows, once vacuum has emptied its pending list      no: up to 4 MB of it are read

Also measured: text_pattern_ops, DESC and NULLS FIRST serve the check; an index of another collation than the
column's does not; nor does any index where the two types meet only through a cast (integer referencing numeric);
GiST needs the very same type on both sides. `(b)` alone covers (a, b) where the referenced `b` is unique by
itself: its rows are then exactly the rows to find.
What a bloom, SP-GiST or trigram index could do, and domains whose base type differs, are not looked into.
"""

from __future__ import annotations

from itertools import permutations

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId, quoted
from pgmason.rules.fixes import identifier
from pgmason.rules.tables import partitions

__all__ = ["NARROWS", "casts_to_compare", "covered", "shortfall"]

NARROWS = "finds rows by"  # how a shortfall begins where the index leads with part of the key

# Types that `=` compares without casting the referencing column: the btree operator families that span types
# (pg_amop, amoplefttype <> amoprighttype, PostgreSQL 15), and varchar, which is text in binary.
_TOGETHER = (
    frozenset({"smallint", "integer", "bigint"}),
    frozenset({"text", "character varying"}),
    frozenset({"real", "double precision"}),
    frozenset({"date", "timestamp without time zone", "timestamp with time zone"}),
)
_ONE_WAY = frozenset({("name", "text")})  # a referencing name is compared as it is; a referencing text is not
# What btree_gist brings equality for: gist_X_ops.
_SCALAR_STEMS = """
    bit bool bpchar bytea cash cidr date enum float4 float8 inet int2 int4 int8 interval macaddr macaddr8 numeric oid
    text time timestamp timestamptz timetz uuid vbit
"""
_SCALARS = frozenset(_SCALAR_STEMS.split())
_METHODS = {
    "brin": "is BRIN, which only points at ranges of blocks",
    "gin": "is GIN, whose list of pending rows is read whole",
}
_COLLATED = frozenset({"text", "character varying", "character"})


def covered(catalog: Catalog, table: ObjectId, key: ForeignKey) -> bool:
    """Whether the rows of `table` that hold a given key are found through an index.

    A partitioned table is covered by its own valid index, or where each of its partitions is covered by itself.
    """
    if any(shortfall(catalog, index, key) is None for _, index in catalog.indexes(table)):
        return True
    parts = partitions(catalog, table)
    return bool(parts) and all(covered(catalog, part, key) for part in parts)


def shortfall(catalog: Catalog, index: Index, key: ForeignKey) -> str | None:
    """Why an index does not serve the check of `key`, in words that follow its name; None where it does.

    The words are "" where the index has nothing to do with the key, so that nobody would expect it to.
    """
    columns = set(key.columns)
    touched = [column for column in (*index.key_columns[:1], *index.include) if column in columns]
    if not touched and not columns.issubset({column for column in index.key_columns if column is not None}):
        return ""
    if not index.valid:
        return "is not valid"
    if index.predicate is not None and index.predicate not in _implied_predicates(key, index):
        return "is partial"
    if index.method not in ("btree", "hash", "gist"):
        return _METHODS.get(index.method, f"is {index.method}")
    for column, operators in zip(index.key_columns, index.operators, strict=True):
        if column in columns:
            reason = _operator_shortfall(catalog, index, column, operators, key)
            if reason:
                return reason
    found = _leading(index, columns)
    if columns == found or (found and (_finds_one_row(index, found) or _is_key_of_parent(catalog, key, found))):
        return None
    if not found:
        return f"begins with {quoted(index.key_columns[0])}" if index.key_columns[0] else "begins with an expression"
    return f"{NARROWS} {_listed([column for column in key.columns if column in found])} only"


def casts_to_compare(catalog: Catalog, table: ObjectId, key: ForeignKey) -> tuple[str, str, str, str] | None:
    """The first column of a key that is cast to be compared: (column, its type, referenced column, its type).

    No index on such a column serves the check. None where there is none, or where a type is not PostgreSQL's own.
    """
    for column, target in zip(key.columns, key.referenced_columns, strict=True):
        ours = catalog.objects.get(ObjectId("column", (*table.path, column)))
        theirs = catalog.objects.get(ObjectId("column", (*key.references, target)))
        if isinstance(ours, Column) and isinstance(theirs, Column) and not _compare_as_they_are(ours.type, theirs.type):
            return column, ours.type, target, theirs.type
    return None


def _compare_as_they_are(ours: str, theirs: str) -> bool:
    one, other = _base(ours), _base(theirs)
    if one == other or "." in one or "." in other:
        return True
    return any(one in family and other in family for family in _TOGETHER) or (one, other) in _ONE_WAY


def _base(type_name: str) -> str:
    """A type without its modifier: `timestamp(3) without time zone` -> `timestamp without time zone`."""
    before, opening, rest = type_name.partition("(")
    return before + rest.partition(")")[2] if opening else before


def _operator_shortfall(catalog: Catalog, index: Index, column: str, operators: str, key: ForeignKey) -> str | None:
    """Why equality on one key column cannot be looked up in this index."""
    operator_class, _, rest = operators.partition(" ")
    ours = catalog.objects.get(ObjectId("column", (*index.table, column)))
    target = key.referenced_columns[key.columns.index(column)]
    theirs = catalog.objects.get(ObjectId("column", (*key.references, target)))
    if index.method == "gist":
        if operator_class.removeprefix("gist_").removesuffix("_ops") not in _SCALARS:
            return f"has no equality on {quoted(column)} ({operator_class})"
        if isinstance(ours, Column) and isinstance(theirs, Column) and _base(ours.type) != _base(theirs.type):
            return f"compares {_base(ours.type)} with its like only, not with {_base(theirs.type)}"
    if isinstance(ours, Column) and _base(ours.type) in _COLLATED:
        own = ours.collation[1] if ours.collation else "default"
        sorted_by = _collation(rest)
        if sorted_by and sorted_by != own:
            return f"sorts {quoted(column)} by the collation {quoted(sorted_by)}, not by the column's own"
    return None


def _collation(rest: str) -> str:
    """The collation in what follows the operator class: `de-x-icu desc nulls first` -> `de-x-icu`."""
    return f" {rest}".removesuffix(" nulls first").removesuffix(" desc").lstrip()


def _leading(index: Index, columns: set[str]) -> set[str]:
    """The key's columns that lead the index, before its first key that is something else."""
    found: set[str] = set()
    for column in index.key_columns:
        if column not in columns:
            break
        found.add(column)
    return found


def _finds_one_row(index: Index, found: set[str]) -> bool:
    return index.unique and set(index.key_columns) == found


def _is_key_of_parent(catalog: Catalog, key: ForeignKey, found: set[str]) -> bool:
    """Whether the referenced counterparts of `found` identify a row of the parent by themselves."""
    targets = {target for column, target in zip(key.columns, key.referenced_columns, strict=True) if column in found}
    return any(
        index.unique and index.valid and index.predicate is None and targets.issuperset(index.key_columns)
        for _, index in catalog.indexes(ObjectId("table", key.references))
    )


def _implied_predicates(key: ForeignKey, index: Index) -> frozenset[str]:
    """Every predicate, as the server prints it, that says no more than: these columns of the key are not NULL.

    `$1 = a` can only hold where `a IS NOT NULL`, and the planner knows it (predtest.c, strict operators).
    """
    printed = dict(zip(index.key_columns, index.keys, strict=True))
    tests = [f"({printed.get(column, identifier(column))} IS NOT NULL)" for column in key.columns]
    implied = {f"(NOT {test.replace(' IS NOT NULL)', ' IS NULL)')})" for test in tests}
    for size in range(1, min(len(tests), 4) + 1):
        for chosen in permutations(tests, size):
            implied.add(chosen[0] if size == 1 else "(" + " AND ".join(chosen) + ")")
    return frozenset(implied)


def _listed(columns: list[str]) -> str:
    return ", ".join(quoted(column) for column in columns)
