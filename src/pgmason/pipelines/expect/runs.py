"""What must hold of a run as a whole before it commits: how fresh its newest row is, how many rows there were."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.model import Run, RunFailure, Severity

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["Fresh", "RowCount", "span_of"]

_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(second|minute|hour|day|week)s?\s*\Z")
_SKEW = timedelta(minutes=5)  # clocks of machines that are kept in time differ by less


def span_of(text: str | timedelta) -> timedelta:
    """A span of time: `"36 hours"`. Raises WrongUse."""
    if isinstance(text, timedelta):
        return text
    found = _SPAN.match(text)
    if found is None:
        raise WrongUse(f"{text!r} is no span of time", fix='such as "30 minutes", "36 hours", "2 days"')
    return timedelta(**{f"{found[2]}s": float(found[1])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The newest value of a time column of the target is at most so old when a run commits, and not ahead of time.

    `table` is the target's, set when the pipeline is declared. Asks for the highest value: a short look into an index
    on the column, a scan of the table without one.
    """

    column: str
    within: timedelta
    severity: Severity
    table: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        return f"fresh({self.column}, {self.within})"

    def for_target(self, schema: str, table: str) -> Fresh:
        return replace(self, table=(schema, table)) if self.table is None else self

    def check_run(self, run: Run, before: Sequence[Run], connection: Connection[Any]) -> RunFailure | None:  # noqa: ARG002
        from psycopg import sql

        assert self.table is not None, "the pipeline's declaration names the target"
        row = connection.execute(
            sql.SQL(
                "SELECT pg_catalog.max({0}), pg_catalog.clock_timestamp() - pg_catalog.max({0})::timestamptz FROM {1}"
            ).format(sql.Identifier(self.column), sql.Identifier(*self.table))
        ).fetchone()
        age = row[1] if row else None
        if age is None:
            return RunFailure(f"{'.'.join(self.table)} has no row with a {self.column}")
        if age > self.within:
            return RunFailure(f"the newest {self.column} is {_told(age)} old, more than {_told(self.within)}")
        if age < -_SKEW:
            return RunFailure(
                f"the newest {self.column} lies {_told(-age)} ahead: the clock that wrote it is wrong, or the column's"
                " time zone is"
            )
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCount:
    """How many rows a run read: bounds, and how far from the middle of the last runs (0.5: half less or half more).

    Fewer than three earlier runs say nothing.
    """

    at_least: int | None
    at_most: int | None
    within: float | None
    severity: Severity

    @property
    def name(self) -> str:
        said = {"at_least": self.at_least, "at_most": self.at_most, "within": self.within}
        return f"row_count({', '.join(f'{key}={value}' for key, value in said.items() if value is not None)})"

    def check_run(self, run: Run, before: Sequence[Run], connection: Connection[Any]) -> RunFailure | None:  # noqa: ARG002
        read = run.counts.read
        if self.at_least is not None and read < self.at_least:
            return RunFailure(f"{read:,} rows were read, fewer than {self.at_least:,}")
        if self.at_most is not None and read > self.at_most:
            return RunFailure(f"{read:,} rows were read, more than {self.at_most:,}")
        earlier = [one.counts.read for one in before]
        if self.within is not None and len(earlier) >= 3:
            usual = statistics.median(earlier)
            if abs(read - usual) > self.within * usual:
                return RunFailure(
                    f"{read:,} rows were read, where the last {len(earlier)} runs read {usual:,.0f} in the middle;"
                    f" {self.within:.0%} more or less is allowed"
                )
        return None


def _told(span: timedelta) -> str:
    """`2 days 3 hours`, with minutes where it is less than a day."""
    minutes = int(span.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} days {hours} hours" if hours else f"{days} days"
    return f"{hours} hours {minutes % 60} minutes" if hours else f"{minutes} minutes"
