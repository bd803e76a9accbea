"""What a release adds and what it drops for it cannot be in one release: there is no moment at which both codes run.

Expand, then deploy, then contract: the new column is added and filled, code that knows both is deployed everywhere, and
only the release after drops the old one. With all of it pending at once the runner applies it in one go, and every
process of the old code fails until it is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ContractWithItsExpand"]


class ContractWithItsExpand(MigrationRule):
    severity = Severity.BREAK
    title = "The old column or table is dropped in the release that brings the new one."
    effect = "Code that was deployed before names what is dropped, and fails until its last process is gone."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\n"
    bad = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN remark text;
-- migration
UPDATE orders SET remark = note;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders DROP COLUMN note;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN remark text;
-- migration
UPDATE orders SET remark = note WHERE id = 1;
"""
    cannot_see = "Where one release ends: all that is pending is taken for one."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        pending = [effect for one in (*migration.earlier, migration) for effect in one.done]
        for effect in migration.done:
            before = pending[: pending.index(effect)]
            for change in effect.dropped:
                gone = change.object
                if gone.kind not in ("column", "table") or change.cascaded or not migration.live(change):
                    continue
                came = _replacement(before, gone)
                if came is None:
                    continue
                yield self.finding(
                    migration,
                    effect,
                    gone,
                    message=f"{gone.name} is dropped in the release that fills {came.name} in its place",
                    fix="-- keep this file for the release after: first deploy code that uses neither or both",
                )


def _replacement(before: list[Effect], gone: ObjectId) -> ObjectId | None:
    """What pending statements before the drop made and filled: a column of the same table, or a table from this one."""
    made: list[ObjectId] = []
    for effect in before:
        made += [
            change.object
            for change in effect.created
            if change.object.kind == gone.kind
            and not change.implied
            and (gone.kind == "table" or change.of == gone.relation)
        ]
        for rows in effect.rows:
            if gone.kind == "column" and rows.relation == gone.relation and rows.updated and made:
                return made[-1]
            read = any(scan.relation == gone for scan in effect.scans)
            if gone.kind == "table" and rows.relation in made and rows.inserted and read:
                return rows.relation
    return None
