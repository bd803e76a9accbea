"""Does each table say when its rows were made and last changed?"""

from __future__ import annotations

from pgmason.catalog.model import Catalog
from pgmason.findings import Severity
from pgmason.gate.by_rules import Counted, RuleCriterion
from pgmason.rules.tables import judged_tables


class Timestamps(RuleCriterion):
    title = "Tables have created_at and updated_at"
    identified = "each table has columns that say when a row was made and when it was last changed"
    brief = ("rules.6",)
    weighs = Severity.STYLE
    rules = ("table-without-timestamps",)
    claims = "{looked_at}: each that can have them has both columns"
    fault = ("table lacks created_at or updated_at", "tables lack created_at or updated_at")
    leaves_out = "whether application code or a trigger keeps updated_at current"

    def looked_at(self, catalog: Catalog) -> Counted:
        """Tables."""
        return Counted(len(judged_tables(catalog)), "table")
