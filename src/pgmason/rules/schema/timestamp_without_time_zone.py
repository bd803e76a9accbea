"""`timestamp` stores what a clock on some wall showed, not when it happened.

Written by a session in one zone and read by one in another it names a different moment; in the night the clocks go
back, one hour of it means two. `timestamptz` takes the same 8 bytes and stores the moment itself. The values are
only as right as the promise that every writer used UTC, and nothing in the database holds anyone to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId, quoted
from pgmason.rules.fixes import LOCK_TIMEOUT, identifier, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import judged_tables, own_columns

__all__ = ["TimestampWithoutTimeZone"]

# From how many columns on, and from which share of them, `timestamp` is a habit of the product: said once, because
# it is one decision to take and not one a table.
_HABIT_COLUMNS = 10
_HABIT_SHARE = 0.8


class TimestampWithoutTimeZone(SchemaRule):
    severity = Severity.RISK
    title = "A point in time stored without its zone."
    effect = "A session in another time zone reads and writes other moments, silently; one hour a year is ambiguous."
    bad = "CREATE TABLE shipment (\n  id uuid PRIMARY KEY,\n  shipped_at timestamp\n);\n"
    good = "CREATE TABLE shipment (\n  id uuid PRIMARY KEY,\n  shipped_at timestamptz\n);\n"
    cannot_see = (
        "Which zone the stored values are in: the fix is right for UTC only. It keeps the heap because the session's"
        " zone is UTC and the new type's precision is 6 (timestamptz(3) rewrites). Each index on the column is rebuilt"
        " under ACCESS EXCLUSIVE, and a view on the column has to be dropped before: on a large indexed table take a"
        " new column, filled in batches, and swap. A time of day meant for every zone (opening hours) is rightly"
        " without one, and a calendar day is a date."
    )
    brief = "Proper types: a moment is stored as a moment."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        without: dict[ObjectId, list[str]] = {}
        zoned = 0
        for table, _ in judged_tables(catalog):
            for column, state in own_columns(catalog, table):
                if state.type.startswith("timestamp") and state.type.endswith(" without time zone"):
                    without.setdefault(table, []).append(column.own_name)
                elif state.type.startswith("timestamp") and state.type.endswith(" with time zone"):
                    zoned += 1
        count = sum(len(columns) for columns in without.values())
        if count + zoned >= _HABIT_COLUMNS and count >= _HABIT_SHARE * (count + zoned):
            table, columns = next(iter(without.items()))
            yield self.finding(
                schema,
                None,
                detail="habit",
                message=f"{count} of {count + zoned} timestamp columns have no time zone, in {len(without)} tables",
                fix=lines("-- for one table; new columns first: make them timestamptz", *_fix(schema, table, columns)),
            )
            return
        for table, columns in without.items():
            yield self.finding(
                schema,
                table,
                # A column more is another fault than the one that was accepted.
                detail=", ".join(sorted(columns)),
                message=f"{table.name}: {', '.join(quoted(column) for column in columns)}"
                f" {'is' if len(columns) == 1 else 'are'} timestamp without time zone",
                fix=lines(*_fix(schema, table, columns)),
            )


def _fix(schema: SchemaInput, table: ObjectId, columns: list[str]) -> list[str]:
    # timestamptz(3), Prisma's usual, rewrites the heap even from timestamp(3); no precision and 6 keep it (15 and 18).
    kind = "timestamptz(6)" if schema.product.format == "prisma" else "timestamptz"
    indexed = sorted(
        identity.own_name
        for identity, index in schema.catalog.indexes(table)
        if any(column in columns for column in (*index.key_columns, *index.include))
    )
    changes = ", ".join(f"ALTER COLUMN {identifier(column)} TYPE {kind}" for column in columns)
    days = [column for column in columns if column.lower().endswith("date")]
    statements = (
        [f"-- where {', '.join(quoted(day) for day in days)} means a calendar day, make it date instead"]
        if days
        else []
    )
    statements.append("-- right where the stored values are UTC; then the heap is kept, without reading it")
    if indexed:
        names = ", ".join(quoted(name) for name in indexed)
        statements.append(
            f"-- rebuilds {names} under ACCESS EXCLUSIVE: on a large table a new column, filled in batches, instead"
        )
    return [*statements, LOCK_TIMEOUT, "SET timezone = 'UTC';", f"ALTER TABLE {qualified(table.path)} {changes};"]
