"""What does the target itself demand of rows beyond their types: its CHECKs, foreign keys and other unique keys.

Used where PostgreSQL refused to take the staged rows: each of these then names the rows that are at fault, by the
server's own reading of its constraints, so that the others load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.pipelines.expect.staged import Exists, SqlHolds, UniqueInRun
from pgmason.pipelines.model import Severity, StagedExpectation
from pgmason.rows.target import Target

if TYPE_CHECKING:
    from psycopg import sql

__all__ = ["implied"]


def implied(target: Target, columns: Sequence[str], key: Sequence[str] = ()) -> tuple[StagedExpectation, ...]:
    """The expectations that the table's constraints make, over the columns that the run gives; all QUARANTINE.

    Constraints over columns that the run does not give are left to the server. CHECKs come first, then unique keys,
    then foreign keys: a row that cannot be stored is no parent of another.
    """
    given = set(columns)
    found: list[StagedExpectation] = [
        SqlHolds(
            condition=check.expression,
            severity=Severity.QUARANTINE,
            named=f"check({check.name})",
            told=f"breaks the check {check.name}",
        )
        for check in target.checks
        if given.issuperset(check.columns)
    ]
    for unique in target.unique_keys:
        if given.issuperset(unique.columns) and set(unique.columns) != set(key):
            found.append(UniqueInRun(columns=unique.columns, severity=Severity.QUARANTINE))
            found.append(_TakenByOther(columns=unique.columns, key=tuple(key), table=(target.schema, target.name)))
    found += [
        Exists(
            columns=foreign.columns,
            table=foreign.parent,
            table_columns=foreign.parent_columns,
            severity=Severity.QUARANTINE,
            self_reference=foreign.self_reference,
            full=foreign.full,
            named=f"foreign_key({foreign.name})",
        )
        for foreign in target.foreign_keys
        if given.issuperset(foreign.columns)
    ]
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _TakenByOther:
    """A unique key's values are not those of another row of the target: one with another `key`, that stays as it is."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    table: tuple[str, str]
    severity: Severity = Severity.QUARANTINE

    @property
    def name(self) -> str:
        return f"unique({', '.join(self.columns)})"

    @property
    def reason(self) -> str:
        return f"another row of {'.'.join(self.table)} has the same {', '.join(self.columns)}"

    def failing_rows(self, staging: sql.Composable) -> sql.Composable:
        from psycopg import sql

        def pairs(columns: Sequence[str], other: str, operator: str) -> sql.Composed:
            return sql.SQL(" AND ").join(
                sql.SQL("{} {} {}").format(
                    sql.Identifier(other, column), sql.SQL(operator), sql.Identifier("s", column)
                )
                for column in columns
            )

        other: sql.Composable = sql.SQL("true")
        if self.key:
            # a row whose own staged version gives the value up no longer stands in the way
            other = sql.SQL("NOT ({}) AND NOT EXISTS (SELECT FROM {} r WHERE {} AND NOT ({}))").format(
                pairs(self.key, "t", "="),
                staging,
                sql.SQL(" AND ").join(
                    sql.SQL("{} = {}").format(sql.Identifier("r", column), sql.Identifier("t", column))
                    for column in self.key
                ),
                sql.SQL(" AND ").join(
                    sql.SQL("{} IS NOT DISTINCT FROM {}").format(
                        sql.Identifier("r", column), sql.Identifier("t", column)
                    )
                    for column in self.columns
                ),
            )
        return sql.SQL("SELECT s.pgmason_row FROM {} s WHERE EXISTS (SELECT FROM {} t WHERE {} AND {})").format(
            staging, sql.Identifier(*self.table), pairs(self.columns, "t", "="), other
        )
