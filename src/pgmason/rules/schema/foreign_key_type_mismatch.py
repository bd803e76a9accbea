"""A foreign key narrower than the key it points at fails on the day the parent outgrows it.

The usual case is an `integer` that refers to a `bigint`: it works for 2,147,483,647 parents, then the child cannot be
written. Both columns hold the same values, so they have the same type.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.domain import Domain
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables

__all__ = ["ForeignKeyTypeMismatch"]

_WIDTHS = {"smallint": 2, "integer": 4, "bigint": 8}  # bytes
_PARENT = "CREATE TABLE orders (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY\n);\n"
_INDEX = "CREATE INDEX line_order_id_idx ON line (order_id);\n"


def _child(kind: str) -> str:
    return f"CREATE TABLE line (\n  id uuid PRIMARY KEY,\n  order_id {kind} NOT NULL REFERENCES orders (id)\n);\n"


class ForeignKeyTypeMismatch(SchemaRule):
    severity = Severity.RISK
    title = "A foreign key column that cannot hold every key of the table it refers to."
    effect = "Writes of child rows fail once the parent's keys pass what the column can hold."
    bad = _PARENT + _child("integer") + _INDEX
    good = _PARENT + _child("bigint") + _INDEX
    cannot_see = (
        "How large the keys are. A column that is wider than what it refers to is harmless and not told; types that"
        " are cast to be compared are foreign-key-without-index's to tell. A view on the column has to be dropped"
        " before its type changes."
    )
    brief = "Proper types: two columns that hold one value have one type."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        for table, _ in judged_tables(catalog):
            for identity, key in catalog.foreign_keys(table):
                for column, target in zip(key.columns, key.referenced_columns, strict=True):
                    ours = _type(catalog, table.path, column)
                    theirs = _type(catalog, key.references, target)
                    if _is_narrower(ours, theirs):
                        yield self.finding(
                            schema,
                            identity,
                            detail=column,
                            message=f"{table.name}.{quoted(column)} is {ours} and references"
                            f" {'.'.join(map(quoted, key.references))}.{quoted(target)}, which is {theirs}",
                            fix=_fix(table, column, ours, theirs),
                        )


def _type(catalog: Catalog, table: tuple[str, ...], column: str) -> str:
    """A column's type, or the one below its domain."""
    state = catalog.objects.get(ObjectId("column", (*table, column)))
    kind = state.type if isinstance(state, Column) else ""
    domains = {identity.name: domain for identity, domain in catalog.of(Domain)} if "." in kind else {}
    while kind in domains:
        kind = domains[kind].type
    return kind


def _is_narrower(ours: str, theirs: str) -> bool:
    if ours in _WIDTHS and theirs in _WIDTHS:
        return _WIDTHS[ours] < _WIDTHS[theirs]
    one, other = _length(ours), _length(theirs)
    return one is not None and other is not None and one < other


def _length(kind: str) -> int | None:
    """The characters that `character varying(n)` holds; None for every other type."""
    name, _, rest = kind.partition("(")
    return int(rest[:-1]) if name == "character varying" and rest[:-1].isdigit() else None


def _fix(table: ObjectId, column: str, ours: str, theirs: str) -> str:
    change = f"ALTER TABLE {qualified(table.path)} ALTER COLUMN {identifier(column)} TYPE {theirs};"
    if ours in _WIDTHS:
        note = (
            "-- rewrites the table under ACCESS EXCLUSIVE: on a large one a new column, filled in batches, then swapped"
        )
        return lines(note, LOCK_TIMEOUT, change)
    return lines(LOCK_TIMEOUT, change)
