"""A constraint that is NOT ENFORCED guards nothing: it stands in the catalog and is held against no row.

PostgreSQL 18 lets a CHECK or a foreign key be declared so. Readers of the schema, tools and the planner's users take it
for a guarantee. Where old rows are the trouble, NOT VALID is meant: it holds from now on for all that is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.remedies.hierarchy import is_below
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ConstraintNotEnforced"]


class ConstraintNotEnforced(MigrationRule):
    severity = Severity.RISK
    title = "A constraint is added, or set, so that it is held against no row."
    effect = "Rows that break it come in, and nothing tells; enforcing it later fails on them."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, total numeric NOT NULL);\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT ENFORCED;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
"""
    cannot_see = "Whether the rule is kept elsewhere, as by the program that loads the table."
    brief = "Schema integrity: constraints in the database."
    majors = (18,)  # NOT ENFORCED came with 18

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            idle = [
                one
                for one in effect.objects
                if one.now is not None and (became := one.change("enforced")) is not None and became.after == "no"
            ]
            for change in idle:
                same = {one.of for one in idle if one.of is not None}
                if change.of not in migration.before.objects or not migration.is_live(change.of):
                    continue
                if change.of is None or is_below(migration.after, change.of, same):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"the {change.object.kind} {change.object.own_name} of {change.of.name} is not enforced",
                    fix="-- NOT VALID in place of NOT ENFORCED; VALIDATE in the next migration",
                )
