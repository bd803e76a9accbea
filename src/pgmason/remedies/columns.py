"""How does a table that is in use get a column whose value differs from row to row?

Empty first, with its default for what is written from then on; then the old rows in batches; then NOT NULL by a CHECK;
and an identity takes over from the sequence that numbered them.

These steps are not `equivalent`: the schema ends up the same, and the rows do not. Numbers are given in the order of
the key and not of the rows' places, values that are drawn are drawn at other moments, and running code meets NULL
between the first step and the last.
"""

from __future__ import annotations

from dataclasses import replace

from pgmason.catalog.keywords import identifier, literal
from pgmason.catalog.kinds.column import Column, chosen_name, column_clause, identity_clause
from pgmason.catalog.kinds.domain import Domain
from pgmason.catalog.kinds.domain_constraint import DomainConstraint
from pgmason.catalog.kinds.sequence import Sequence
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.remedies import File, Remedy, together
from pgmason.remedies.backfill import in_batches
from pgmason.remedies.constraints import not_null_by_check
from pgmason.remedies.indexes import qualified

__all__ = ["added_empty_then_filled", "column_added", "domain_with_rules"]


def column_added(column: ObjectId, state: Column) -> str:
    """ADD COLUMN in the server's own words."""
    return f"ALTER TABLE {qualified(column.path[:2])} ADD COLUMN {column_clause(column, state)}"


def added_empty_then_filled(catalog: Catalog, column: ObjectId, state: Column) -> Remedy | None:
    """The column as the catalog has it; None where steps cannot lead there.

    That is so for a generated column, for a domain that has rules of its own, and where no primary key lets the old
    rows be filled in batches. The table's own rows are read by VALIDATE alone.
    """
    name = identifier(column.own_name)
    if state.generated is not None or domain_with_rules(catalog, state) is not None:
        return None
    numbered = _numbering(catalog, column, state)
    default = _next(numbered) if numbered is not None else state.default
    filled = in_batches(catalog, column.relation, f"{name} = DEFAULT", f"{name} IS NULL")
    if default is None or filled is None or (numbered is None and state.identity is not None):
        return None
    table = f"ALTER TABLE {qualified(column.path[:2])}"
    bare = replace(state, default=None, identity=None, not_null=False)
    first = [f"{table} ADD COLUMN {column_clause(column, bare, not_null=False)}"]
    if numbered is not None:
        first = [
            f"CREATE SEQUENCE {qualified(numbered.path)} AS {state.type}",
            *first,
            f"ALTER SEQUENCE {qualified(numbered.path)} OWNED BY {qualified(column.path)}",
        ]
    first.append(f"{table} ALTER COLUMN {name} SET DEFAULT {default}")
    files = [together(*first), filled]
    if state.not_null:
        files += not_null_by_check(column).files
    if state.identity is not None and numbered is not None:
        files.append(_identity_instead(column, state, numbered))
    return Remedy(files=tuple(files))


def _numbering(catalog: Catalog, column: ObjectId, state: Column) -> ObjectId | None:
    """The sequence that the column's old rows are numbered from: serial's own, or one in the place of an identity's.

    None for a column that is not numbered, and for a sequence that somebody made to measure.
    """
    if state.identity is not None:
        usual = state.identity_sequence is None and not state.identity_options and not state.identity_shared
        return ObjectId("sequence", (column.path[0], chosen_name(column, "fill"))) if usual else None
    for sequence, made in catalog.of(Sequence):
        if made.owned_by == column.path and state.default == _next(sequence):
            return sequence
    return None


def _identity_instead(column: ObjectId, state: Column, numbered: ObjectId) -> File:
    """The identity, counting on from the sequence that filled the column. It takes an instant at any size."""
    table, name = f"ALTER TABLE {qualified(column.path[:2])}", identifier(column.own_name)
    relation, own = literal(qualified(column.path[:2])), literal(column.own_name)
    numbers = f"pg_get_serial_sequence({relation}, {own})"
    return together(
        f"{table} ALTER COLUMN {name} DROP DEFAULT",
        f"{table} ALTER COLUMN {name} ADD {identity_clause(state)}",
        f"SELECT setval({numbers}, {_next(numbered)})",
        f"DROP SEQUENCE {qualified(numbered.path)}",
    )


def _next(sequence: ObjectId) -> str:
    """The next number, in the server's own words."""
    return f"nextval({literal(qualified(sequence.path))}::regclass)"


def domain_with_rules(catalog: Catalog, state: Column) -> ObjectId | None:
    """The domain that a column is of, where it has rules that each value is held against; None for any other type."""
    for domain, own in catalog.of(Domain):
        if qualified(domain.path) == state.type:
            ruled = any(one.path[:2] == domain.path for one, _ in catalog.of(DomainConstraint))
            return domain if ruled or own.not_null else None
    return None
