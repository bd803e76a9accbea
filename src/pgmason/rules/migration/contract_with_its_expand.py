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
        told: dict[ObjectId, tuple[Effect, ObjectId, list[ObjectId]]] = {}  # by what comes in their place
        for effect in migration.done:
            before = pending[: pending.index(effect)]
            for change in effect.dropped:
                gone = change.object
                if gone.kind not in ("column", "table") or change.cascaded or not migration.live(change):
                    continue
                came = _replacement(before, gone)
                if came is not None:
                    told.setdefault(came, (effect, gone, []))[2].append(gone)
        for came, (effect, first, gone_all) in told.items():
            more = f" and {len(gone_all) - 1} more" if gone_all[1:] else ""
            yield self.finding(
                migration,
                effect,
                first,
                message=f"{first.name}{more} goes in the release that fills {came.name} in its place",
                fix="-- keep the DROP for the release after: first deploy code that uses neither or both",
            )


def _replacement(before: list[Effect], gone: ObjectId) -> ObjectId | None:
    """What pending statements before the drop made and filled: a column of the same table, or a table from this one."""
    table = gone.relation if gone.kind == "column" else gone
    columns: list[ObjectId] = []
    tables: list[ObjectId] = []
    for effect in before:
        for change in effect.created:
            if change.object.kind == "table":
                tables.append(change.object)
            elif change.object.kind == "column" and gone.kind == "column" and change.of == table:
                columns.append(change.object)
        for rows in effect.rows:
            if columns and rows.relation == table and rows.updated:
                return columns[-1]
            if rows.relation in tables and rows.inserted and any(scan.relation == table for scan in effect.scans):
                return rows.relation
    return None
