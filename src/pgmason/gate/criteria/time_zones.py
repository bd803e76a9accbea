"""Does each point in time carry its zone?"""

from __future__ import annotations

from pgmason.catalog.model import Catalog
from pgmason.config import Level
from pgmason.gate.by_rules import Counted, RuleCriterion
from pgmason.rules.tables import judged_tables


class TimeZones(RuleCriterion):
    title = "Points in time carry their zone"
    identified = "no column is a timestamp without time zone"
    brief = ("workflow.2",)
    level = Level.ADVISED
    rules = ("timestamp-without-time-zone",)
    claims = "{looked_at}: each is with time zone"
    fault = ("column is a timestamp without time zone", "columns are timestamps without time zone")
    leaves_out = "points in time kept as text or numbers"

    def looked_at(self, catalog: Catalog) -> Counted:
        """Columns of a timestamp type."""
        columns = (column for table, _ in judged_tables(catalog) for _, column in catalog.columns(table))
        return Counted(sum(column.type.startswith("timestamp") for column in columns), "timestamp column")
