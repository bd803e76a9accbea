"""Columns stand in a row in the order in which they were declared, each at a multiple of its own size.

A boolean before a bigint takes eight bytes. Those of eight bytes first, then those of four, of two and of one, then
texts and their like, and nothing is wasted. That is free on the day the table is made, and a rewrite afterwards: so it
is said of new tables alone. (PostgreSQL manual, Table Row Layout)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.table import Table
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.indexes import qualified
from pgmason.rules.fixes import identifiers
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ColumnsInAWastefulOrder", "padding_bytes"]

# (length, alignment) in bytes of types of one length: pg_type.typlen and typalign.
_LAID_OUT = {
    "bigint": (8, 8), "double precision": (8, 8), "money": (8, 8), "interval": (16, 8),
    "time without time zone": (8, 8), "time with time zone": (12, 8),
    "timestamp with time zone": (8, 8), "timestamp without time zone": (8, 8),
    "integer": (4, 4), "real": (4, 4), "date": (4, 4), "oid": (4, 4),
    "smallint": (2, 2), "boolean": (1, 1), "uuid": (16, 1),
}  # fmt: skip
_ENUM = (4, 4)
_WORD = 8  # bytes: less is lost at the end of the row, which is a multiple of it


class ColumnsInAWastefulOrder(MigrationRule):
    severity = Severity.STYLE
    optional = True
    title = "The columns of a new table stand in an order that wastes bytes in each row."
    effect = "The table, its cache and its backups are larger than what they hold."
    bad = """\
CREATE TABLE orders (
  paid boolean NOT NULL,
  id bigint PRIMARY KEY,
  sent boolean NOT NULL,
  placed_at timestamptz NOT NULL
);
"""
    good = """\
-- migration
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  placed_at timestamptz NOT NULL,
  paid boolean NOT NULL,
  sent boolean NOT NULL
);
"""
    cannot_see = (
        "What stands behind the first text: where that begins depends on the row. Nor NULLs, which take nothing."
    )
    brief = "Types fit what they hold."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        enums = {qualified(identity.path) for identity, _ in migration.after.of(Enum)}
        for effect in migration.done:
            for change in effect.created:
                table = change.object
                state = migration.after.objects.get(table) if table.kind == "table" else None
                if not isinstance(state, Table) or state.partition_of is not None or state.inherits:
                    continue
                columns = [
                    (column.own_name, _ENUM if own.type in enums else _LAID_OUT.get(own.type))
                    for column, own in migration.after.columns(table)
                ]
                best = sorted(columns, key=_rank)
                wasted = padding_bytes([how for _, how in columns]) - padding_bytes([how for _, how in best])
                if wasted < _WORD:
                    continue
                yield self.finding(
                    migration,
                    effect,
                    ObjectId("table", table.path),
                    message=f"{wasted} bytes of each row of {table.name} are there because of the order of its columns",
                    fix=f"-- in this order: {identifiers(name for name, _ in best)}",
                )


def _rank(column: tuple[str, tuple[int, int] | None]) -> int:
    """Where a column goes: by its alignment, the largest first; those of no one length last."""
    return -column[1][1] if column[1] is not None else 0


def padding_bytes(columns: Sequence[tuple[int, int] | None]) -> int:
    """What lies between columns of these (length, alignment), as far as that is known: up to the first of no one
    length (None), or to the end of the row, which is a multiple of eight bytes."""
    at = padding = 0
    for column in columns:
        if column is None:
            return padding
        length, alignment = column
        gap = -at % alignment
        padding += gap
        at += gap + length
    return padding + -at % _WORD
