"""A constraint that is dropped guards nothing from then on: rows that break it come in, and it cannot be put back.

Dropping a foreign key also takes ACCESS EXCLUSIVE on both tables. To change a constraint, add the new one NOT VALID,
validate it, and drop the old one last.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ConstraintDropped"]

_GUARDS = ("check", "foreign key", "unique", "exclusion constraint")  # a primary key has a rule of its own


class ConstraintDropped(MigrationRule):
    severity = Severity.RISK
    title = "A constraint is dropped, and none takes its place."
    effect = "Rows that it kept out come in; adding it again later fails on them."
    schema = """\
CREATE TABLE orders (
  id integer PRIMARY KEY,
  total numeric,
  CONSTRAINT total_positive CHECK (total >= 0)
);
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders DROP CONSTRAINT total_positive;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders
  DROP CONSTRAINT total_positive,
  ADD CONSTRAINT total_positive CHECK (total >= -1) NOT VALID;
"""
    cannot_see = "Whether the rule still stands elsewhere, as in code or a trigger."
    brief = "Schema integrity: constraints in the database."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            added = {(one.object.kind, one.of) for other in migration.done for one in other.created}
            for change in effect.dropped:
                kind = change.object.kind
                if kind not in _GUARDS or change.cascaded or not migration.live(change) or (kind, change.of) in added:
                    continue
                if migration.after.objects.get(ObjectId("table", change.object.path[:2])) is None:
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"the {kind} {change.object.own_name} of {qualified(change.object.path[:2])} is dropped",
                    fix="-- if it changes only: ADD the new one NOT VALID, VALIDATE it, and drop this one last",
                )
