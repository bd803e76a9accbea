"""A migration that stands before one that is deployed already runs in another order in production than anywhere else.

Two branches were open at once, and the one whose number is lower was merged last. An empty database applies it in its
place, so every test is green. In production the runner has gone past that place: some pass it over without a word, and
the table it makes is missing; some refuse the whole deploy; some apply it after what came first, which nobody tried.
A number behind the last deployed one gives it one order everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.formats import Migration
from pgmason.formats.migration import Late
from pgmason.rules.history_rule import HistoryInput, HistoryRule

__all__ = ["EarlierThanADeployedOne"]

_MISSING = "The deploy says that it succeeded, and what the migration makes is missing."
_DOES = {
    Late.PASSED_OVER: ("never runs it there", _MISSING, Severity.BREAK),
    Late.REFUSED: ("refuses to go on", "The deploy stops before its first migration.", Severity.BREAK),
    Late.APPLIED: ("runs it after that one", "They are applied in an order that nobody tried.", Severity.RISK),
    Late.UNKNOWN: ("may pass it over there, without a word", "It is applied late, or never.", Severity.RISK),
}


class EarlierThanADeployedOne(HistoryRule):
    severity = Severity.BREAK
    title = "A pending migration stands before one that is deployed."
    effect = "It is passed over, refused, or applied in an order that nobody tried, as the runner does it."
    bad = """\
-- file: go.mod
require github.com/golang-migrate/migrate/v4 v4.17.0
-- file: 20260101100000_start.up.sql (deployed)
CREATE TABLE orders (id integer PRIMARY KEY);
-- file: 20260301090000_prices.up.sql (deployed)
CREATE TABLE prices (id integer PRIMARY KEY);
-- file: 20260220090000_notes.up.sql
CREATE TABLE notes (id integer PRIMARY KEY);
"""
    good = """\
-- file: go.mod
require github.com/golang-migrate/migrate/v4 v4.17.0
-- file: 20260101100000_start.up.sql (deployed)
CREATE TABLE orders (id integer PRIMARY KEY);
-- file: 20260301090000_prices.up.sql (deployed)
CREATE TABLE prices (id integer PRIMARY KEY);
-- file: 20260302090000_notes.up.sql
CREATE TABLE notes (id integer PRIMARY KEY);
"""
    cannot_see = (
        "What production has applied: deployed is what the baseline of `pgmason init` records, or with --since what the"
        " branch did not change; nor a runner that was told to take late ones (-outOfOrder, --include-all)."
    )
    brief = "Migrations are tested before they are deployed."

    def check(self, history: HistoryInput) -> Iterator[Finding]:
        said = _DOES.get(history.late)
        if said is None:
            return
        does, effect, severity = said
        order = [one for one in history.history.migrations if not one.repeated]
        for number, migration in enumerate(order):
            if migration.name not in history.pending:
                continue
            ahead = _ahead(history, order, number)
            if ahead is None:
                continue
            runner = "the runner" if history.late is Late.UNKNOWN else history.history.format
            yield self.finding(
                history,
                migration,
                message=f"{migration.name} stands before {ahead.name}, which is deployed: {runner} {does}",
                fix=f"-- give it a number behind {ahead.name}",
                effect=effect,
                severity=severity,
            )


def _ahead(history: HistoryInput, order: list[Migration], number: int) -> Migration | None:
    """The deployed migration that the runner takes for a later one: the last in the order, or the highest number."""
    own = order[number]
    if history.late is Late.PASSED_OVER and all(one.version.isdecimal() for one in order):
        # it holds the number against the highest that was applied, wherever the file stands (drizzle's journal)
        deployed = [one for one in order if one.name not in history.pending and int(one.version) > int(own.version)]
        return max(deployed, key=lambda one: int(one.version), default=None)
    return next((one for one in reversed(order[number + 1 :]) if one.name not in history.pending), None)
