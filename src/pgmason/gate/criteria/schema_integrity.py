"""Does the database itself hold the schema together, as far as its constraints and indexes say?"""

from __future__ import annotations

from pgmason.catalog.kinds.check import Check
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.gate.by_rules import Counted, RuleCriterion
from pgmason.gate.criterion import GateInput
from pgmason.gate.words import counted
from pgmason.rules.tables import judged_tables


class SchemaIntegrity(RuleCriterion):
    title = "The database enforces integrity"
    identified = (
        "each table has a primary key, outlives a crash and is vacuumed, each constraint is validated"
        " and asks nothing that changes, each index is valid"
    )
    brief = ("rules.1", "workflow.2")
    rules = (
        "table-without-primary-key",
        "constraint-not-validated",
        "index-not-valid",
        "check-with-mutable-function",
        "unlogged-table",
        "autovacuum-switched-off",
    )
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
