"""Which rows of a batch lie in a span of a column: `--since 2026-01-01`, a slice of a backfill?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Span", "rows_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """since <= value < until, as a person wrote them; None where the span is open."""

    column: str
    since: str | None
    until: str | None


def rows_in(batch: pa.RecordBatch, span: Span) -> pa.RecordBatch:
    """The rows whose value lies in the span; those without a value lie in none. Raises WrongUse."""
    import pyarrow.compute as pc

    values = batch.column(span.column)
    inside = pc.is_valid(values)
    for bound, compare in ((span.since, pc.greater_equal), (span.until, pc.less)):
        if bound is not None:
            inside = pc.and_(inside, pc.fill_null(compare(values, _scalar(bound, values.type, span.column)), False))
    return batch.filter(inside)


def _scalar(text: str, kind: pa.DataType, column: str) -> Any:
    import pyarrow as pa

    try:
        if pa.types.is_timestamp(kind):
            from datetime import UTC, datetime

            when = datetime.fromisoformat(text)
            if kind.tz and when.tzinfo is None:
                when = when.replace(tzinfo=UTC)  # a bound without a zone is UTC, as run times are
            if kind.tz is None:
                when = when.replace(tzinfo=None)
            return pa.scalar(when, kind)
        return pa.scalar(text, pa.string()).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as exc:
        raise WrongUse(f"{text!r} is no {kind}, which {column} is") from exc
