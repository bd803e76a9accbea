"""How long would that take on production, and how much would it write?

From the pieces of work of a statement (growth.py), production's figures (`statistics/`) and the rates of our own
measurement. A rate is of one machine on one day, so an estimate is a range: a third of the time to three times of it.
Without figures the law alone is told. What waits for whom is in the lock that each piece of work is done under.

Left to others: the time spent waiting for locks; the rehearsal, which measures instead of estimating.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pgmason.effects.growth import Law, Work, WorkKind, works_of
from pgmason.effects.model import Effect, Trace
from pgmason.locks import LockMode
from pgmason.statistics import Statistics, TableFigures
from pgmason.statistics.production import shown_size

__all__ = ["RATES", "Estimate", "Rate", "as_data", "estimate_lines", "estimates_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How fast a kind of work goes: so many units a second, of rows or of bytes, and which forms that was read from."""

    per_second: float
    of: str  # "rows" or "bytes"
    source: str


# The one million rows of bench/growth.py (bench/GROWTH.md has the times): rows or bytes divided by the seconds of the
# forms named, between PostgreSQL 15 on two cores busy with other work and 18 on a quieter day, up to five times apart.
# The range around a rate holds both. Nothing was flushed to disk, and rewritten tables not logged.
RATES: Mapping[WorkKind, Rate] = {
    WorkKind.REWRITE: Rate(per_second=60e6, of="bytes", source="int to bigint, text to varchar, vacuum full"),
    WorkKind.COPY: Rate(per_second=200e6, of="bytes", source="no form; files are copied block by block"),
    WorkKind.INDEX_BUILD: Rate(per_second=1.5e6, of="rows", source="create index, reindex index, add unique"),
    WorkKind.KEY_CHECK: Rate(per_second=3.0e6, of="rows", source="add foreign key, validate foreign key"),
    WorkKind.SCAN: Rate(per_second=4.0e6, of="rows", source="set not null, add check, validate check"),
    WorkKind.WRITE: Rate(per_second=0.06e6, of="rows", source="update every row"),
}
# Other access methods take longer than btree, of which the rate above is; one of them was measured.
_OF_METHOD = {"gist": Rate(per_second=0.01e6, of="rows", source="add exclusion")}
_SPREAD = 3.0
_INDEX_ROW_BYTES = 32  # of a new index whose size nobody knows: an entry of 16 bytes, its line pointer, and air


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One piece of work at production's size.

    `seconds` and `bytes_written` are None where the figures do not have the table; the real time is thought to lie
    between a third and three times of `seconds`. `basis` is a sentence: which figures, which rate.
    """

    work: Work
    seconds: float | None
    bytes_written: int | None
    basis: str

    @property
    def range_seconds(self) -> tuple[float, float] | None:
        """From and to; None where nothing is estimated."""
        return None if self.seconds is None else (self.seconds / _SPREAD, self.seconds * _SPREAD)

    @property
    def told(self) -> str:
        """In a line: `rewrites public.orders, under SHARE (writes wait): 40 s to 6 min, 12 GB written; 9 rows, ...`."""
        work = self.work
        times = f" ({work.times} times)" if work.times > 1 else ""
        under = f", under {work.under.sql} ({_waiting(work.under)})" if work.under is not None else ""
        head = f"{work.kind} {work.table.name}{times}{under}: "
        span = self.range_seconds
        if span is None:
            return f"{head}{work.law}"
        written = f", {shown_size(self.bytes_written)} written" if self.bytes_written else ""
        return f"{head}{_duration(span[0])} to {_duration(span[1])}{written}; {self.basis.partition(' (measured')[0]}"


def estimates_of(effect: Effect, statistics: Statistics | None) -> tuple[Estimate, ...]:
    """An estimate for each piece of work of the statement; () for one that takes no longer at any size."""
    return tuple(_estimate(work, statistics) for work in works_of(effect))


def estimate_lines(trace: Trace, statistics: Statistics | None) -> dict[int, list[str]]:
    """Lines to tell below each statement of a trace, by its number."""
    found = {}
    for effect in trace.effects:
        lines = [
            f"{'grows' if estimate.seconds is None else 'would take'}  {estimate.told}"
            for estimate in estimates_of(effect, statistics)
        ]
        if lines:
            found[effect.number] = lines
    return found


def as_data(trace: Trace, statistics: Statistics | None) -> list[dict[str, Any]]:
    """Every estimate of a trace as plain data, in the order of its statements."""
    return [
        {
            "statement": effect.number,
            "work": str(estimate.work.kind),
            "table": estimate.work.table.name,
            "times": estimate.work.times,
            "under": str(estimate.work.under) if estimate.work.under is not None else None,
            "grows": str(estimate.work.law),
            "seconds": None if (span := estimate.range_seconds) is None else [round(one, 3) for one in span],
            "bytes_written": estimate.bytes_written,
            "basis": estimate.basis,
        }
        for effect in trace.effects
        for estimate in estimates_of(effect, statistics)
    ]


def _estimate(work: Work, statistics: Statistics | None) -> Estimate:
    if statistics is None:
        return Estimate(
            work=work, seconds=None, bytes_written=None, basis=f"grows {work.law}; --stats FILE tells how long it takes"
        )
    path = work.table.path
    figures = statistics.of((path[0], path[1]))
    if figures is None or (figures.rows is None and RATES[work.kind].of == "rows"):
        return Estimate(
            work=work, seconds=None, bytes_written=None, basis=f"grows {work.law}; the figures do not have the table"
        )
    rate = _OF_METHOD.get(work.method, RATES[work.kind]) if work.kind is WorkKind.INDEX_BUILD else RATES[work.kind]
    unlike = f"; {work.method} may take longer than btree" if work.method not in ("btree", *_OF_METHOD) else ""
    amount = (figures.data_bytes if rate.of == "bytes" else figures.rows or 0) * work.times
    if work.law is Law.SORT:
        # n log n, set right at the million rows that the rate was measured with
        amount = int(amount * max(_log2(figures.rows or 0) / _log2(1_000_000), 0.5))
    every = ", if every row is written" if work.kind is WorkKind.WRITE else ""
    measured = f"{figures.rows:,} rows" if figures.rows is not None else "rows not counted"
    return Estimate(
        work=work,
        seconds=amount / rate.per_second,
        bytes_written=_written(work, figures),
        basis=(
            f"{measured}{every}, {shown_size(figures.data_bytes)} on {statistics.captured[:10]},"
            f" at {_amount(rate)} a second (measured: {rate.source}){unlike}"
        ),
    )


def _written(work: Work, figures: TableFigures) -> int:
    rows = figures.rows or 0
    match work.kind:
        case WorkKind.REWRITE | WorkKind.COPY:
            return figures.data_bytes
        case WorkKind.INDEX_BUILD:
            known = len(figures.indexes)
            each = figures.index_bytes // known if known and work.times >= known else rows * _INDEX_ROW_BYTES
            return each * work.times
        case WorkKind.WRITE:
            return figures.data_bytes
        case WorkKind.SCAN | WorkKind.KEY_CHECK:
            return 0


def _waiting(mode: LockMode) -> str:
    if mode.blocks_reads:
        return "reads and writes wait"
    return "writes wait" if mode.blocks_writes else "no query waits"


def _log2(number: int) -> float:
    return float(max(number, 2).bit_length())


def _amount(rate: Rate) -> str:
    return f"{shown_size(int(rate.per_second))}" if rate.of == "bytes" else f"{rate.per_second / 1e6:g} million rows"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
