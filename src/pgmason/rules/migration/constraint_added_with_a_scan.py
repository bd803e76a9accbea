"""A CHECK or foreign key that is added valid makes PostgreSQL read every row at once, under its lock.

ADD CHECK holds ACCESS EXCLUSIVE meanwhile: nobody reads, nobody writes. ADD FOREIGN KEY holds SHARE ROW EXCLUSIVE on
both tables: nobody writes to either. NOT VALID first and VALIDATE in the next transaction ends in the same constraint,
and the long part lets everybody work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pgmason.findings import Finding, Severity
from pgmason.remedies.constraints import not_valid_then_validated
from pgmason.remedies.hierarchy import is_below, reach
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.rules.new_columns import new_columns
from pgmason.rules.row_questions import with_questions

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
            works = {work.on: work for work in migration.works(effect)}
            rewritten = {one.table for one in effect.rewrites}
            for kind in ("check", "foreign key"):
                made = {one.of for one in effect.created if one.object.kind == kind and one.of is not None}
                for change in effect.created:
                    table = change.of
                    if change.object.kind != kind or change.implied or table is None or not migration.is_live(table):
                        continue
                    below = reach(migration.after, table)
                    read = [works[one] for one in below if one in works]
                    if not read or not rewritten.isdisjoint(below) or is_below(migration.after, table, made):
                        continue  # nothing was read, the rewrite that reads it is told, or the whole of its parts is
                    added = new_columns(migration, effect, table)
                    steps = not_valid_then_validated(migration.after, change.object)
                    if steps is not None and added is not None:
                        steps = replace(steps, files=(*added, *steps.files))
                    yield self.finding(
                        migration,
                        effect,
                        change.object,
                        message=f"the {_WORD[kind]} {change.object.own_name} reads every row of {table.name}"
                        f" while {read[0].blocks} wait",
                        remedy=with_questions(steps, effect, change.object) if added is not None else None,
                    )


_WORD = {"check": "CHECK", "foreign key": "foreign key"}
