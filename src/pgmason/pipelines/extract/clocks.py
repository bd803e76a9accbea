"""Which values of a cursor column lie ahead of time, written by a clock that is wrong?

A cursor that follows such a value would pass by every right one that comes after it. So it stops before: rows ahead of
time are read, and read again until their time has come.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SKEW", "highest_not_ahead", "is_ahead"]

SKEW = timedelta(minutes=5)  # clocks of machines that are kept in time differ by less


def highest_not_ahead(values: pa.Array) -> tuple[pa.Scalar | None, bool]:
    """The highest value that does not lie ahead of time, None where there is none; and whether any lies ahead."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    ahead = False
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        limit = datetime.now(UTC) + SKEW
        if pa.types.is_date(kind):
            bound = pa.scalar((limit + timedelta(days=1)).date(), kind)
        elif kind.tz is not None:
            bound = pa.scalar(limit, kind)
        else:  # somebody's local time: no zone is more than 14 hours ahead
            bound = pa.scalar((limit + timedelta(hours=14)).replace(tzinfo=None), kind)
        beyond = pc.fill_null(pc.greater(values, bound), False)
        ahead = bool(pc.any(beyond).as_py())
        if ahead:
            values = values.filter(pc.invert(beyond))
    highest = pc.max(values)
    return (highest if highest.is_valid else None), ahead


def is_ahead(value: Any) -> bool:
    """Whether a value of a JSON document is a time that lies ahead."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return False
    if isinstance(value, datetime):
        zoned = value if value.tzinfo is not None else value.replace(tzinfo=UTC) - timedelta(hours=14)
        return zoned > datetime.now(UTC) + SKEW
    return isinstance(value, date) and value > (datetime.now(UTC) + SKEW + timedelta(days=1)).date()
