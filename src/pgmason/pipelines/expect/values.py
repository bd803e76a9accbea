"""What must hold of a row by its own values: expectations over a record batch, whole columns at a time.

A value that is null passes all but `not_null`. A column that the batch lacks is wrong use, told with the columns that
are there. Reasons name columns and bounds, never values of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.pipelines.model import CheckContext, Failing, Severity

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Between", "Holds", "LongestText", "Matches", "NotNull", "OneOf", "column_of"]


def column_of(batch: pa.RecordBatch, column: str, by: str) -> pa.Array:
    """The column of that name. Raises WrongUse."""
    if column not in batch.schema.names:
        raise WrongUse(
            f"{by} asks for the column {column}, and the batch has {', '.join(batch.schema.names)}",
            fix="expectations are judged after the pipeline's function: name columns as it leaves them",
        )
    return batch.column(column)


def _failing(mask: Any, reason: str) -> Failing | None:
    """Rows where `mask` is true; null is false. None where there is none."""
    import pyarrow.compute as pc

    mask = pc.fill_null(mask, False)
    return Failing(mask, reason) if pc.any(mask).as_py() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNull:
    """A column has a value in each row."""

    column: str
    severity: Severity

    @property
    def name(self) -> str:
        return f"not_null({self.column})"

    def check(self, batch: pa.RecordBatch, context: CheckContext) -> Failing | None:  # noqa: ARG002  # the contract's
        values = column_of(batch, self.column, self.name)
        return _failing(values.is_null(), f"{self.column} is null") if values.null_count else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """low <= value <= high, both of them meant; None leaves an end open. Not a number lies nowhere."""

    column: str
    low: Any
    high: Any
    severity: Severity

    @property
    def name(self) -> str:
        return f"between({self.column}, {self.low}, {self.high})"

    def check(self, batch: pa.RecordBatch, context: CheckContext) -> Failing | None:  # noqa: ARG002  # the contract's
        import pyarrow as pa
        import pyarrow.compute as pc

        values = column_of(batch, self.column, self.name)
        outside = pc.is_nan(values) if pa.types.is_floating(values.type) else pa.scalar(False)
        try:
            if self.low is not None:
                outside = pc.or_(outside, pc.less(values, _bound(self.low, values.type)))
            if self.high is not None:
                outside = pc.or_(outside, pc.greater(values, _bound(self.high, values.type)))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, TypeError, ValueError) as exc:
            raise WrongUse(
                f"{self.name} cannot be compared: {self.column} is {values.type}",
                fix=f'transform.cast(batch, {self.column}="numeric(12,2)"), or extract with types={{...}}',
            ) from exc
        if self.low is None:
            return _failing(outside, f"{self.column} is more than {self.high}")
        if self.high is None:
            return _failing(outside, f"{self.column} is less than {self.low}")
        return _failing(outside, f"{self.column} is not between {self.low} and {self.high}")


def _bound(bound: Any, kind: pa.DataType) -> Any:
    """A bound as a scalar that compares with the column: texts and dates in the column's type, numbers as they are."""
    from datetime import UTC, date, datetime

    import pyarrow as pa

    if isinstance(bound, str) and not pa.types.is_string(kind):
        bound = datetime.fromisoformat(bound)
    if pa.types.is_timestamp(kind) and isinstance(bound, date):
        when = bound if isinstance(bound, datetime) else datetime(bound.year, bound.month, bound.day, tzinfo=UTC)
        zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
        return pa.scalar(zoned if kind.tz else zoned.replace(tzinfo=None), kind)
    if pa.types.is_date(kind) and isinstance(bound, datetime):
        return pa.scalar(bound.date(), kind)
    return pa.scalar(bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """Each value is one of a few."""

    column: str
    values: tuple[Any, ...]
    severity: Severity

    @property
    def name(self) -> str:
        return f"one_of({self.column})"

    def check(self, batch: pa.RecordBatch, context: CheckContext) -> Failing | None:  # noqa: ARG002  # the contract's
        import pyarrow as pa
        import pyarrow.compute as pc

        values = column_of(batch, self.column, self.name)
        try:
            allowed = pa.array(self.values, values.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as exc:
            raise WrongUse(f"{self.name} cannot be compared: {self.column} is {values.type}") from exc
        unknown = pc.and_(values.is_valid(), pc.invert(pc.is_in(values, value_set=allowed)))
        return _failing(unknown, f"{self.column} is none of the {len(self.values)} values it may have")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Each text matches a pattern from its beginning to its end (syntax of RE2)."""

    column: str
    pattern: str
    severity: Severity

    @property
    def name(self) -> str:
        return f"matches({self.column})"

    def check(self, batch: pa.RecordBatch, context: CheckContext) -> Failing | None:  # noqa: ARG002  # the contract's
        import pyarrow as pa
        import pyarrow.compute as pc

        values = column_of(batch, self.column, self.name)
        try:
            matched = pc.match_substring_regex(values, rf"\A(?:{self.pattern})\z")
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
            raise WrongUse(f"{self.name} with the pattern {self.pattern!r}: {exc}") from exc
        return _failing(pc.invert(matched), f"{self.column} does not match {self.pattern}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LongestText:
    """Each text has at most so many characters, and at least so many."""

    column: str
    at_most: int | None
    at_least: int
    severity: Severity

    @property
    def name(self) -> str:
        return f"length({self.column})"

    def check(self, batch: pa.RecordBatch, context: CheckContext) -> Failing | None:  # noqa: ARG002  # the contract's
        import pyarrow.compute as pc

        length = pc.utf8_length(column_of(batch, self.column, self.name))
        wrong = pc.less(length, self.at_least)
        if self.at_most is not None:
            wrong = pc.or_(wrong, pc.greater(length, self.at_most))
        most = f"{self.at_most}" if self.at_most is not None else "any number of"
        return _failing(wrong, f"{self.column} has not {self.at_least} to {most} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What a function of the product's own says: true where a row holds; null counts as true."""

    said: str
    function: Callable[[pa.RecordBatch], Any] = field(repr=False)
    severity: Severity

    @property
    def name(self) -> str:
        return f"holds({self.said})"

    def check(self, batch: pa.RecordBatch, context: CheckContext) -> Failing | None:  # noqa: ARG002  # the contract's
        import pyarrow as pa
        import pyarrow.compute as pc

        held = self.function(batch)
        if isinstance(held, pa.ChunkedArray):
            held = held.combine_chunks()
        if isinstance(held, pa.NullArray):
            held = held.cast(pa.bool_())
        if not isinstance(held, pa.BooleanArray) or len(held) != batch.num_rows:
            raise WrongUse(f"{self.name} gave no array of {batch.num_rows} booleans but {type(held).__name__}")
        return _failing(pc.invert(held), f"does not hold: {self.said}")
