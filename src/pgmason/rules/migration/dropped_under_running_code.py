"""A view, function, sequence or type that is dropped is missed at once by every process that was started before.

Nothing is lost that the history could not make again, and the lock lasts an instant; but a query that names it fails
until the last old process is gone. First deploy code that does not use it, then drop it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.function import Function
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["DroppedUnderRunningCode"]

_CALLED_BY_CODE = ("view", "materialized view", "foreign table", "function", "procedure", "sequence")
_TYPES = ("enum", "domain", "composite type")


class DroppedUnderRunningCode(MigrationRule):
    severity = Severity.BREAK
    title = "A view, function, sequence or type is dropped while code that names it runs."
    effect = "Every query of code that was deployed before and names it fails."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, total numeric);
CREATE VIEW totals AS SELECT sum(total) AS total FROM orders;
"""
    bad = """\
SET lock_timeout = '2s';
DROP VIEW totals;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
CREATE OR REPLACE VIEW totals AS SELECT sum(total) AS total FROM orders WHERE total > 0;
"""
    cannot_see = "Whether any code uses it; waive the finding where none does."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            if any(change.cascaded and change.existing and not change.implied for change in effect.dropped):
                continue  # CASCADE takes more with it, and all of it is told
            for change in effect.dropped:
                dropped = change.object
                # where no relation came after it, only the catalog knows that a function was there before
                met = dropped in migration.before.objects and dropped not in migration.created
                if change.implied or not met or not _named_by_code(migration, dropped):
                    continue
                if any(one.path[:2] == dropped.path[:2] for one in _beside(migration, dropped)):
                    continue  # made again, perhaps as another kind or with other arguments
                yield self.finding(
                    migration,
                    effect,
                    dropped,
                    message=f"{dropped} is dropped: running code that names it fails",
                    fix="-- deploy code that does not name it first; the DROP in the release after",
                )


def _beside(migration: MigrationInput, dropped: ObjectId) -> Iterator[ObjectId]:
    """What is there afterwards of a kind that can stand in its place."""
    group = _TYPES if dropped.kind in _TYPES else (*_CALLED_BY_CODE, "table")
    return (one for one in migration.after.objects if one.kind in group)


def _named_by_code(migration: MigrationInput, dropped: ObjectId) -> bool:
    """Whether code can have named it: not a trigger's function, not a sequence that serves one column, and a type only
    where a column that stays was of it."""
    state = migration.before.objects.get(dropped)
    if isinstance(state, Function):
        return state.returns not in ("trigger", "event_trigger")
    if dropped.kind == "sequence":
        return not any(needed == dropped for _, needed in migration.before.dependencies)
    if dropped.kind in _TYPES:
        name = qualified(dropped.path)
        had = (one for one, column in migration.before.of(Column) if column.type.removesuffix("[]") == name)
        return any(one in migration.after.objects for one in had)  # a column that goes with it is told itself
    return dropped.kind in _CALLED_BY_CODE
