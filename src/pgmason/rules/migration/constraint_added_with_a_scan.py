"""A CHECK or foreign key that is added valid makes PostgreSQL read every row at once, under its lock.

ADD CHECK holds ACCESS EXCLUSIVE meanwhile: nobody reads, nobody writes. ADD FOREIGN KEY holds SHARE ROW EXCLUSIVE on
both tables: nobody writes to either. NOT VALID first and VALIDATE in the next transaction ends in the same constraint,
and the long part lets everybody work.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.remedies.constraints import not_valid_then_validated
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ConstraintAddedWithAScan"]

_TABLES = """\
CREATE TABLE customers (id integer PRIMARY KEY);
CREATE TABLE orders (
  id integer PRIMARY KEY,
  customer_id integer NOT NULL,
  total numeric(10,2) NOT NULL
);
"""


class ConstraintAddedWithAScan(MigrationRule):
    severity = Severity.OUTAGE
    title = "A constraint is checked against every row while others wait."
    effect = "The table (for a foreign key both tables) cannot be written, for a CHECK not even read, until it is read."
    schema = _TABLES
    bad = "ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0);\n"
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
"""
    cannot_see = "Whether production's rows keep the constraint: VALIDATE fails on the first that does not."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            works = migration.works(effect)
            for change in effect.created:
                kind = change.object.kind
                if kind not in ("check", "foreign key") or change.implied or not migration.is_live(change.of):
                    continue
                work = next((one for one in works if change.of is not None and change.of.name in one.does), None)
                if work is None or any(one.relation == change.of for one in effect.rewrites):
                    continue  # nothing was read; or the rewrite that reads it is told
                state = migration.after.objects.get(change.object)
                word = "foreign key" if kind == "foreign key" else "CHECK"
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"the {word} {change.object.own_name} {work.does} while {work.blocks} wait",
                    remedy=not_valid_then_validated(change.object, state.definition) if state is not None else None,
                )
