"""How long would others wait for this statement in production, and is it an outage there?

An outage is a lock that is held for a time that people feel. Where production's figures say that all work of a
transaction, done while others wait, is over within half a second, the finding becomes a note that says so; otherwise
it carries the estimate with its basis, and without figures the law of growth. Pure; the rates and laws are
`effects/estimates.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pgmason.effects.estimates import Estimate, estimates_of
from pgmason.effects.model import Effect
from pgmason.findings import Cost, Severity
from pgmason.rules.sizes import Weighed

if TYPE_CHECKING:
    from pgmason.rules.migration_rule import MigrationInput

__all__ = ["FELT_SECONDS", "weigh"]

# The longest that a rehearsal lets a client wait unless the configuration says otherwise (`max_blocked`).
FELT_SECONDS = 0.5


def weigh(migration: MigrationInput, effect: Effect, severity: Severity) -> Weighed:
    """What a finding at that statement, which is about the time it takes, means at production's size."""
    mine = _estimates(migration, effect)
    if not mine:
        return Weighed(severity=severity)
    cost = _cost(mine)
    if migration.statistics is None or cost.seconds is None:
        return Weighed(severity=severity, cost=cost)
    # the lock of one statement is held while the others of its transaction work
    whole = [
        estimate
        for other in migration.done
        if other.transaction == effect.transaction and (other is effect or migration.works(other))
        for estimate in _estimates(migration, other)
    ]
    longest = _range(whole)
    if longest is None or longest[1] > FELT_SECONDS:
        return Weighed(severity=severity, cost=cost)
    return Weighed(
        severity=Severity.NOTE,
        cost=cost,
        effect=f"In production's size of {migration.statistics.captured[:10]} all that the transaction does under its"
        f" locks takes {longest[1] * 1000:.0f} ms at most: nobody feels it. Later it may be otherwise.",
    )


def _estimates(migration: MigrationInput, effect: Effect) -> Sequence[Estimate]:
    found = estimates_of(effect, migration.statistics)
    return [estimate for estimate in found if migration.is_live(estimate.work.table)]


def _cost(estimates: Sequence[Estimate]) -> Cost:
    """Of one statement. Without a time for each of its pieces there is none for the whole."""
    span = _range(estimates)
    return Cost(
        told=tuple(f"{'grows' if one.seconds is None else 'would take'}  {one.told}" for one in estimates),
        seconds=span,
        bytes_written=None if span is None else sum(one.bytes_written or 0 for one in estimates),
    )


def _range(estimates: Sequence[Estimate]) -> tuple[float, float] | None:
    spans = [one.range_seconds for one in estimates]
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return None
    return sum(span[0] for span in known), sum(span[1] for span in known)
