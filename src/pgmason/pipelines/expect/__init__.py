"""What must hold of rows before they are loaded? One function an expectation; each gives a `model.Expectation`.

`severity` says what becomes of what fails: "stop" (the run fails, the target is as it was), "quarantine" (the row is
set aside with its reason, the others load) or "warn" (it loads, and the run tells how many there were). What the
target itself demands (types, lengths, enums, NOT NULL, CHECKs, keys) need not be said: rows that break it are set
aside as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.model import Severity

if TYPE_CHECKING:
    import pyarrow as pa

    from pgmason.pipelines.expect.pandera_schema import PanderaSchema
    from pgmason.pipelines.expect.runs import Fresh, RowCount
    from pgmason.pipelines.expect.staged import Exists, SqlHolds, UniqueInRun
    from pgmason.pipelines.expect.values import Between, Holds, LongestText, Matches, NotNull, OneOf

__all__ = [
    "between",
    "exists_in",
    "fresh",
    "holds",
    "length",
    "matches",
    "not_null",
    "one_of",
    "pandera",
    "row_count",
    "sql",
    "unique",
]


def not_null(column: str, *, severity: str = "quarantine") -> NotNull:
    """The column has a value in each row."""
    from pgmason.pipelines.expect.values import NotNull

    return NotNull(column=column, severity=_severity(severity))


def between(column: str, low: Any = None, high: Any = None, *, severity: str = "quarantine") -> Between:
    """low <= value <= high; None leaves an end open. Bounds are numbers, dates, times, or ISO 8601 texts of these."""
    from pgmason.pipelines.expect.values import Between

    if low is None and high is None:
        raise WrongUse(f"between({column}) has no bound")
    return Between(column=column, low=low, high=high, severity=_severity(severity))


def one_of(column: str, values: Sequence[Any], *, severity: str = "quarantine") -> OneOf:
    """Each value is one of these."""
    from pgmason.pipelines.expect.values import OneOf

    if isinstance(values, str) or not values:
        raise WrongUse(f"one_of({column}) takes a list of values")
    return OneOf(column=column, values=tuple(values), severity=_severity(severity))


def matches(column: str, pattern: str, *, severity: str = "quarantine") -> Matches:
    """Each text matches the regular expression (RE2) as a whole."""
    from pgmason.pipelines.expect.values import Matches

    return Matches(column=column, pattern=pattern, severity=_severity(severity))


def length(column: str, at_least: int = 0, at_most: int | None = None, *, severity: str = "quarantine") -> LongestText:
    """Each text has at least and at most so many characters."""
    from pgmason.pipelines.expect.values import LongestText

    return LongestText(column=column, at_least=at_least, at_most=at_most, severity=_severity(severity))


def holds(said: str, function: Callable[[pa.RecordBatch], Any], *, severity: str = "quarantine") -> Holds:
    """A function of your own: a batch in, a boolean array out, true where the row holds. Named at its module's top."""
    from pgmason.pipelines.expect.values import Holds

    return Holds(said=said, function=function, severity=_severity(severity))


def unique(*columns: str, severity: str = "quarantine") -> UniqueInRun:
    """No two rows of a run have the same values here; all but the last of such rows fail."""
    from pgmason.pipelines.expect.staged import UniqueInRun

    if not columns:
        raise WrongUse("unique() names no column")
    return UniqueInRun(columns=columns, severity=_severity(severity))


def exists_in(column: str | Sequence[str], where: str, *, severity: str = "quarantine") -> Exists:
    """The value is in another table: `exists_in("customer_id", "public.customers.id")`; several columns as
    `exists_in(["a", "b"], "public.pairs.a,b")`."""
    from pgmason.pipelines.expect.staged import Exists

    columns = (column,) if isinstance(column, str) else tuple(column)
    parts = where.split(".")
    if len(parts) != 3 or not all(parts) or len(parts[2].split(",")) != len(columns):
        raise WrongUse(f"{where!r} is not SCHEMA.TABLE.COLUMN with as many columns as are asked for")
    return Exists(
        columns=columns,
        table=(parts[0], parts[1]),
        table_columns=tuple(name.strip() for name in parts[2].split(",")),
        severity=_severity(severity),
    )


def sql(condition: str, *, severity: str = "quarantine") -> SqlHolds:
    """An SQL condition over the row in the target's types, as a CHECK would say it."""
    from pgmason.pipelines.expect.staged import SqlHolds

    return SqlHolds(condition=condition, severity=_severity(severity))


def fresh(column: str, *, within: str | timedelta, severity: str = "stop") -> Fresh:
    """The target's newest value of a time column is at most so old when the run commits: `within="1 day"`."""
    from pgmason.pipelines.expect.runs import Fresh, span_of

    return Fresh(column=column, within=span_of(within), severity=_severity(severity))


def row_count(
    *, at_least: int | None = None, at_most: int | None = None, within: float | None = None, severity: str = "stop"
) -> RowCount:
    """How many rows a run reads: bounds, and the share by which it may differ from the middle of the last runs."""
    from pgmason.pipelines.expect.runs import RowCount

    if at_least is None and at_most is None and within is None:
        raise WrongUse("row_count() has no bound")
    return RowCount(at_least=at_least, at_most=at_most, within=within, severity=_severity(severity))


def pandera(schema: Any, *, severity: str = "quarantine") -> PanderaSchema:
    """A pandera DataFrameSchema or DataFrameModel; rows that its checks name fail."""
    from pgmason.pipelines.expect.pandera_schema import PanderaSchema

    return PanderaSchema(schema=schema, severity=_severity(severity))


def _severity(text: str) -> Severity:
    try:
        return Severity(text)
    except ValueError:
        known = ", ".join(f'"{one}"' for one in Severity)
        raise WrongUse(f"severity={text!r} is not one of {known}") from None
