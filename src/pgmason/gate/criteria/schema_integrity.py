"""Does the database itself hold the schema together, as far as its constraints and indexes say?"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.check import Check
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.gate.by_rules import Counted, RuleCriterion
from pgmason.gate.criterion import GateInput
from pgmason.gate.words import counted
from pgmason.names import ObjectId, quoted
from pgmason.rules.tables import judged_tables


class SchemaIntegrity(RuleCriterion):
    title = "The database enforces integrity"
    identified = "each table has a primary key, each constraint is validated, each index is valid"
    brief = ("rules.1", "workflow.2")
    rules = ("table-without-primary-key",)
    fault = (
        "place where the database does not enforce what it declares",
        "places where the database does not enforce what it declares",
    )
    leaves_out = (
        "whether a column that looks like a reference lacks a foreign key, or one lacks UNIQUE, CHECK or NOT NULL"
    )

    def looked_at(self, catalog: Catalog) -> Counted:
        """Tables."""
        return Counted(len(judged_tables(catalog)), "table")

    def claim(self, run: GateInput, looked_at: Counted) -> str:
        """Of what is there: whether more constraints should be there is not looked at."""
        catalog = run.catalog()
        checks, keys, indexes = (sum(1 for _ in catalog.of(kind)) for kind in (Check, ForeignKey, Index))
        validated = f"{counted(keys, 'foreign key')} and {counted(checks, 'check')} validated"
        return f"{looked_at} with a primary key each, {validated}, {counted(indexes, 'index')} valid"

    def sees(self, catalog: Catalog) -> Iterator[Finding]:
        """Constraints that old rows were never checked against, and indexes that a failed build left behind."""
        constraints: tuple[tuple[ObjectId, Check | ForeignKey], ...] = (*catalog.of(Check), *catalog.of(ForeignKey))
        for identity, constraint in constraints:
            if not constraint.validated:
                yield _not_validated(identity.relation, quoted(identity.own_name))
        for identity, index in catalog.of(Index):
            if not index.valid:
                yield _not_valid(identity, index)
        for item in catalog.unread:
            if item.kind == "NOT NULL constraint not valid" and item.of:
                yield _not_validated(ObjectId("table", item.of), item.name.rpartition(" on ")[0])


def _not_validated(table: ObjectId, constraint: str) -> Finding:
    """`constraint` is quoted where SQL needs it."""
    return Finding(
        rule="constraint-not-validated",
        severity=Severity.RISK,
        object=table,
        message=f"constraint {constraint} of {table.name} was added NOT VALID and never validated",
        effect="rows from before the constraint may break it, and the planner does not rely on it",
        fix=f"ALTER TABLE {table.name} VALIDATE CONSTRAINT {constraint};",
        detail=constraint,
    )


def _not_valid(identity: ObjectId, index: Index) -> Finding:
    # An index of a partitioned table is invalid until each partition's is attached (manual, CREATE INDEX ... ON ONLY).
    rebuild = f"REINDEX INDEX CONCURRENTLY {identity.name};"
    attach = f"-- build the same index on each partition, then ALTER INDEX {identity.name} ATTACH PARTITION ...;"
    return Finding(
        rule="index-not-valid",
        severity=Severity.RISK,
        object=identity,
        message=f"{identity.name} is an invalid index: its build did not end",
        effect="writes pay for it, no query uses it, and a unique one does not enforce",
        fix=attach if " ON ONLY " in index.definition else rebuild,
    )
