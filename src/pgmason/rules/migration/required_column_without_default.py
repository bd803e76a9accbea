"""A column that is NOT NULL and has no default must be named by every INSERT, also by those of code deployed before.

Code that was started before the migration does not name a column that is new to it, or relied on the default that is
taken away: each of its INSERTs fails (23502). Keep the default until all code that runs names the column, and take it
away in a later migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.column import Column
from pgmason.effects.model import ObjectChange, Verb
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.hierarchy import is_below
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["RequiredColumnWithoutDefault"]


class RequiredColumnWithoutDefault(MigrationRule):
    severity = Severity.BREAK
    title = "A column becomes one that running code must write, and that it does not know of."
    effect = "Each INSERT of code that was deployed before, and does not name the column, fails."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN state text NOT NULL DEFAULT 'open';
ALTER TABLE orders ALTER COLUMN state DROP DEFAULT;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN state text NOT NULL DEFAULT 'open';
"""
    cannot_see = "Whether a trigger fills the column, and whether any code that runs inserts into the table."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        last: dict[ObjectId, int] = {}
        changes: list[tuple[ObjectChange, int]] = []
        for number, effect in enumerate(migration.done):
            for change in effect.objects:
                if change.object.kind == "column" and _loses_its_value(change) and not change.implied:
                    changes.append((change, number))
                    last[change.now or change.object] = number
        tables = {one.path for one in last}
        for column, number in sorted(last.items(), key=lambda item: (item[1], item[0])):
            table = column.relation
            if table not in migration.before.objects or not migration.is_live(table):
                continue
            if not _is_required(migration.after.objects.get(column)):
                continue
            if _is_required(migration.before.objects.get(column)):
                continue
            same = {ObjectId("table", path[:2]) for path in tables if path[2] == column.own_name}
            if is_below(migration.after, table, same):
                continue
            yield self.finding(
                migration,
                migration.done[number],
                column,
                message=f"{column.name} is NOT NULL and has no default: an INSERT that does not name it fails",
                fix=f"-- keep the default of {column.own_name} until no code runs that was deployed before; take it"
                " away in a later\n-- migration",
            )


def _loses_its_value(change: ObjectChange) -> bool:
    """Whether the statement takes away what an INSERT without the column would get."""
    if change.verb is not Verb.ALTERED:
        return False
    changed = (change.change(name) for name in ("default", "identity", "expression"))
    return any(one is not None and not one.after for one in changed)


def _is_required(state: object) -> bool:
    return isinstance(state, Column) and state.not_null and not (state.default or state.identity or state.generated)
