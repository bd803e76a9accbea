"""A rule of a domain is held against every row of every table that has a column of it, and nobody writes meanwhile.

ALTER DOMAIN ... ADD CONSTRAINT and SET NOT NULL hold SHARE on each of these tables while they read it. NOT VALID locks
no table and holds for what is written from then on; but VALIDATE of a domain reads under SHARE again (measured on 15
and 18), so the old rows are better proven by a CHECK of each table, which is validated under a lock that nobody feels.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.enumerating import some
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["DomainRuleReadsItsTables"]


class DomainRuleReadsItsTables(MigrationRule):
    severity = Severity.OUTAGE
    title = "A rule of a domain is checked against every table that uses it, while none can be written."
    effect = "INSERT, UPDATE and DELETE on each table with a column of the domain wait until all are read."
    schema = """\
CREATE DOMAIN amount AS numeric;
CREATE TABLE orders (id integer PRIMARY KEY, total amount);
CREATE TABLE refunds (id integer PRIMARY KEY, total amount);
"""
    bad = "ALTER DOMAIN amount ADD CONSTRAINT amount_not_negative CHECK (VALUE >= 0);\n"
    good = "ALTER DOMAIN amount ADD CONSTRAINT amount_not_negative CHECK (VALUE >= 0) NOT VALID;\n"
    cannot_see = "Whether production's rows keep the rule: it fails on the first that does not."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            works = migration.works(effect)
            domain = _ruled(effect)
            if domain is None or not works:
                continue
            tables = sorted({work.on.name for work in works})
            yield self.finding(
                migration,
                effect,
                domain,
                message=f"the rule of {ObjectId('domain', domain.path[:2]).name} is held against every row of"
                f" {some(tables)} while {works[0].blocks} wait",
                fix="-- NOT VALID, which reads nothing; then, for each table, a CHECK of the same words, NOT VALID\n"
                "-- and validated in the next migration",
            )


def _ruled(effect: Effect) -> ObjectId | None:
    """The domain that got a rule, or the rule itself; None where the statement is about something else."""
    for change in effect.objects:
        if change.object.kind == "domain constraint" and change in (*effect.created, *effect.altered):
            return change.object
        if change.object.kind == "domain" and change.change("not null") is not None:
            return change.object
    return None
