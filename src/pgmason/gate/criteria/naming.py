"""Do names follow the convention that pgmason.toml holds them to?"""

from __future__ import annotations

from collections.abc import Sequence

from pgmason import config
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.gate.by_rules import Counted, RuleCriterion
from pgmason.gate.criterion import GateInput
from pgmason.rules.tables import judged_tables


class Naming(RuleCriterion):
    title = "Names follow the convention"
    identified = "names are as the brief asks, or keep to the product's own majority where pgmason.toml says so"
    brief = ("gate.1",)
    weighs = Severity.STYLE
    rules = ("name-outside-convention",)
    fault = ("name departs from the convention", "names depart from the convention")
    leaves_out = "model names in schema.prisma or in Python, and names of constraints and indexes"

    def looked_at(self, catalog: Catalog) -> Counted:
        """Tables."""
        return Counted(len(judged_tables(catalog)), "table")

    def claim(self, run: GateInput, looked_at: Counted) -> str:
        """Which convention it is that they follow."""
        if run.product.naming is config.Naming.FOUND:
            return f'names of {looked_at} and their columns keep to the product\'s own majority (naming = "found")'
        return f"names of {looked_at} and their columns are snake_case, as the brief asks"

    def departs(self, notes: Sequence[Finding]) -> Finding | None:
        """A note says that the product as a whole keeps another convention than the brief's, or none."""
        return notes[0] if notes else None
