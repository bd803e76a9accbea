"""Two branches each added a migration after the same one, and nothing says which of the two comes first.

Alembic (`upgrade head`) and Django (`migrate`) stop at that: they refuse to choose. Each branch alone was in order, so
neither's tests said anything; it is the merge that made two ends. A merge migration, or an edit of the one that is not
deployed so that it follows the other, gives the history one end again.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.enumerating import some
from pgmason.rules.history_rule import HistoryInput, HistoryRule

__all__ = ["SeveralHeads"]

_STOPS = {"alembic": "alembic upgrade head", "django": "manage.py migrate"}
_MENDS = {
    "alembic": 'alembic merge heads -m "merge"',
    "django": "python manage.py makemigrations --merge",
}


class SeveralHeads(HistoryRule):
    severity = Severity.BREAK
    title = "A history of migrations ends in several places."
    effect = "The deploy stops before its first migration: the runner does not choose between them."
    language = "python"
    bad = """\
# file: versions/1_start.py (deployed)
revision = "1a"
down_revision = None
# file: versions/2_notes.py
revision = "2b"
down_revision = "1a"
# file: versions/2_prices.py
revision = "2c"
down_revision = "1a"
"""
    good = """\
# file: versions/1_start.py (deployed)
revision = "1a"
down_revision = None
# file: versions/2_notes.py
revision = "2b"
down_revision = "1a"
# file: versions/2_prices.py
revision = "2c"
down_revision = "2b"
"""
    cannot_see = (
        "Whether the deploy runs `alembic upgrade heads`, which takes all of them. Branches that have labels of their"
        " own are kept apart on purpose and not spoken of."
    )
    brief = "Migrations are tested before they are deployed."

    def check(self, history: HistoryInput) -> Iterator[Finding]:
        named = {one.name: one for one in history.history.migrations}
        for heads in history.history.heads:
            waiting = [name for name in heads if name in history.pending]
            if not waiting:
                continue  # they are deployed, however that was done
            runner = history.history.format
            yield self.finding(
                history,
                named[waiting[-1]],
                message=f"nothing comes after any of {len(heads)} migrations, and {_STOPS.get(runner, 'the runner')}"
                f" stops there: {some(heads)}",
                fix=_MENDS.get(runner, "-- a migration that comes after all of them"),
            )
