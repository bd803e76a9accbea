"""Which size has what a fault of the schema is about, and is it a fault at that size?

A fault that costs in proportion to a table is a note while that table is small, and is told with the table's figures
once it is not. What a migration costs is `weighing.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pgmason.findings import Cost, Severity
from pgmason.names import ObjectId
from pgmason.statistics.production import Statistics, TableFigures, shown_size

__all__ = ["SMALL_ROWS", "Weighed", "figures_of", "index_cost", "table_cost"]

# A table of so many rows is read whole in a few milliseconds (SCAN in effects/estimates.py).
SMALL_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A severity with what the sizes say of it; `effect` replaces the rule's own words where they lower it."""

    severity: Severity
    cost: Cost | None = None
    effect: str | None = None


def figures_of(statistics: Statistics | None, table: ObjectId) -> TableFigures | None:
    """Production's figures of a table, or of what belongs to one; None where nobody knows them."""
    if statistics is None or len(table.path) < 2:
        return None
    return statistics.of((table.path[0], table.path[1]))


def table_cost(statistics: Statistics | None, table: ObjectId, severity: Severity) -> Weighed:
    """A fault of the schema that costs in proportion to that table: a note while the table is small."""
    figures = figures_of(statistics, table)
    if statistics is None or figures is None or figures.rows is None:
        return Weighed(severity=severity)
    told = f"{table.name} has {figures.rows:,} rows, {shown_size(figures.data_bytes)} on {statistics.captured[:10]}"
    if figures.rows >= SMALL_ROWS:
        return Weighed(severity=severity, cost=Cost(told=(told,)))
    return Weighed(
        severity=Severity.NOTE,
        cost=Cost(told=(told,)),
        effect="The table is small in production: nobody feels it yet.",
    )


def index_cost(statistics: Statistics | None, index: ObjectId, table: ObjectId, severity: Severity) -> Weighed:
    """An index that is of no use: what it holds and how often it is written; a note while its table is small."""
    weighed = table_cost(statistics, table, severity)
    figures = figures_of(statistics, table)
    if statistics is None or figures is None or index.own_name not in figures.indexes:
        return weighed
    own = figures.indexes[index.own_name]
    told = f"{index.name} holds {shown_size(own.bytes)}, was scanned {own.scans:,} times"
    if statistics.counted_seconds:
        writes = f"{figures.activity.writes:,} rows of its table were written"
        told += f" and {writes} in {statistics.counted_seconds / 86_400:.3g} days before {statistics.captured[:10]}"
    return replace(weighed, cost=Cost(told=(*(weighed.cost.told if weighed.cost else ()), told)))
