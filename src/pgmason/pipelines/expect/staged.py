"""What must hold among rows and tables: expectations that PostgreSQL judges over all staged rows at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.pipelines.model import Severity

if TYPE_CHECKING:
    from psycopg import sql

__all__ = ["Exists", "SqlHolds", "UniqueInRun"]

_ROW = "pgmason_row"


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueInRun:
    """No two rows of a run have the same values in these columns; all but the last of such rows fail.

    As UNIQUE does, a null equals nothing.
    """

    columns: tuple[str, ...]
    severity: Severity

    @property
    def name(self) -> str:
        return f"unique({', '.join(self.columns)})"

    @property
    def reason(self) -> str:
        return f"a later row has the same {', '.join(self.columns)}"

    def failing_rows(self, staging: sql.Composable) -> sql.Composable:
        from psycopg import sql

        columns = [sql.Identifier(column) for column in self.columns]
        return sql.SQL(
            "SELECT {row} FROM (SELECT {row}, pg_catalog.row_number() OVER (PARTITION BY {columns} ORDER BY {row} DESC)"
            " AS place FROM {staging} WHERE {known}) ranked WHERE place > 1"
        ).format(
            row=sql.Identifier(_ROW),
            columns=sql.SQL(", ").join(columns),
            staging=staging,
            known=sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(column) for column in columns),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exists:
    """The values of some columns are found together in a row of another table. A null among them passes.

    `self_reference`: a row of the same run may be the one that is found. `full`: nulls pass only all together, as
    MATCH FULL has it.
    """

    columns: tuple[str, ...]
    table: tuple[str, str]
    table_columns: tuple[str, ...]
    severity: Severity
    self_reference: bool = False
    full: bool = False
    named: str | None = None

    @property
    def name(self) -> str:
        if self.named is not None:
            return self.named
        return f"exists_in({', '.join(self.columns)}, {'.'.join(self.table)}.{', '.join(self.table_columns)})"

    @property
    def reason(self) -> str:
        return f"{', '.join(self.columns)} is not in {'.'.join(self.table)}"

    def failing_rows(self, staging: sql.Composable) -> sql.Composable:
        from psycopg import sql

        def same(other: str) -> sql.Composed:
            pairs = zip(self.columns, self.table_columns, strict=True)
            return sql.SQL(" AND ").join(
                sql.SQL("{} = {}").format(sql.Identifier(other, theirs), sql.Identifier("s", own))
                for own, theirs in pairs
            )

        known = sql.SQL(" OR " if self.full else " AND ").join(
            sql.SQL("{} IS NOT NULL").format(sql.Identifier("s", own)) for own in self.columns
        )
        found: sql.Composable = sql.SQL("EXISTS (SELECT FROM {} p WHERE {})").format(
            sql.Identifier(*self.table), same("p")
        )
        if self.self_reference:
            found = sql.SQL("({} OR EXISTS (SELECT FROM {} q WHERE {}))").format(found, staging, same("q"))
        return sql.SQL("SELECT s.{} FROM {} s WHERE ({}) AND NOT {}").format(
            sql.Identifier(_ROW), staging, known, found
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlHolds:
    """An SQL condition over a row's columns in the target's types; null passes, as in a CHECK."""

    condition: str
    severity: Severity
    named: str | None = None
    told: str | None = None

    @property
    def name(self) -> str:
        return self.named or f"sql({self.condition})"

    @property
    def reason(self) -> str:
        return self.told or f"does not hold: {self.condition}"

    def failing_rows(self, staging: sql.Composable) -> sql.Composable:
        from psycopg import sql

        # the product's own condition, as its pipeline or its CHECK has it; brackets keep it one condition
        return sql.SQL("SELECT {} FROM {} WHERE ({}) IS FALSE").format(
            sql.Identifier(_ROW), staging, sql.SQL(self.condition)
        )
