"""A rename takes an instant; from then on every process started before asks for a name that is gone.

No order of deploying helps: the old code needs the old name, the new code the new one, and both run for a while. A
view under the old name, or a second column kept equal by a trigger, serves both.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.keywords import identifier
from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies import LOCK_TIMEOUT
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["RenamedUnderRunningCode"]

_NAMED_BY_CODE = (
    "table",
    "column",
    "view",
    "materialized view",
    "foreign table",
    "enum",
    "schema",
    "function",
    "sequence",
)
_TOLD_BY_NEW_NAME = ("schema", "function", "procedure")
_RELATIONS = ("table", "view", "materialized view", "foreign table")
_TOGETHER = "-- in one transaction, with a view that running code reads and writes instead:"
_LATER = "-- and DROP VIEW when no code asks for the old name"
_COLUMN = "-- add a column of the new name, keep both equal by a trigger, deploy code that uses it, drop the old"


class RenamedUnderRunningCode(MigrationRule):
    severity = Severity.BREAK
    title = "A table, column, view or type is renamed or moved while code that names it runs."
    effect = "Every query of code that was deployed before fails until the last old process is gone."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, note text);
"""
    bad = """\
ALTER TABLE orders RENAME COLUMN note TO remark;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN remark text;
"""
    cannot_see = "Whether any code uses the name."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            yield from self._by_its_new_name(migration, effect)
            for change in effect.altered:
                if change.object.kind not in _NAMED_BY_CODE or not change.renamed or not migration.live(change):
                    continue
                if change.cascaded or change.now is None:
                    continue
                moved = change.object.path[:-1] != change.now.path[:-1]
                if change.object.kind == "column" and moved:
                    continue  # its table was renamed, and is told
                if _served(migration, change.object):
                    continue  # a view, a new type or the like goes by the old name: code finds it
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object} becomes {change.now.name}: running code asks for the old name",
                    fix=_fix(change.object, change.now),
                )

    def _by_its_new_name(self, migration: MigrationInput, effect: Effect) -> Iterator[Finding]:
        """Schemas and routines: that they were altered is told by the name that they have now alone."""
        for change in (*effect.altered, *effect.created):
            now = change.object
            if now.kind not in _TOLD_BY_NEW_NAME or now in migration.before.objects or now in migration.created:
                continue
            before, after = migration.before.objects, migration.after.objects
            gone = [one for one in before if one.kind == now.kind and one not in after and one.path[2:] == now.path[2:]]
            dropped = {one.object for other in migration.done for one in other.dropped}
            old = next((one for one in sorted(gone) if one not in dropped), None)
            if now in after and old is not None:
                yield self.finding(
                    migration,
                    effect,
                    old,
                    message=f"{old} becomes {now.name}: running code asks for the old name",
                    fix=_fix(old, now),
                )


def _served(migration: MigrationInput, old: ObjectId) -> bool:
    """Whether something that code can use in its place has the old name after the migration."""
    if old.kind in _RELATIONS:
        return any(ObjectId(kind, old.path) in migration.after.objects for kind in _RELATIONS)
    return old in migration.after.objects


def _fix(old: ObjectId, new: ObjectId) -> str:
    if old.kind == "column":
        return _COLUMN
    if old.kind != "table":
        return "-- make it under the new name beside the old one; drop the old one when no code asks for it"
    renamed = f"ALTER TABLE {qualified(old.path)} RENAME TO {identifier(new.own_name)};"
    if old.path[0] != new.path[0]:
        renamed = f"ALTER TABLE {qualified(old.path)} SET SCHEMA {identifier(new.path[0])};"
    view = f"CREATE VIEW {qualified(old.path)} AS TABLE {qualified(new.path)};"
    return "\n".join([_TOGETHER, f"{LOCK_TIMEOUT};", renamed, view, _LATER])
