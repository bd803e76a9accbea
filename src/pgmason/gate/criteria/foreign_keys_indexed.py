"""Does each foreign key have an index that PostgreSQL would use for its check?"""

from __future__ import annotations

from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.model import Catalog
from pgmason.gate.by_rules import Counted, RuleCriterion


class ForeignKeysIndexed(RuleCriterion):
    title = "Foreign keys have an index"
    identified = (
        "each foreign key has an index that PostgreSQL would use when a parent row is deleted or its key changed"
    )
    brief = ("gate.2", "workflow.2")
    rules = ("foreign-key-without-index",)
    claims = "{looked_at}: each has an index that serves its check"
    fault = ("foreign key has no index that serves its check", "foreign keys have no index that serves their check")
    leaves_out = "references that are not declared as foreign keys"

    def looked_at(self, catalog: Catalog) -> Counted:
        """Foreign keys."""
        return Counted(sum(1 for _ in catalog.of(ForeignKey)), "foreign key")
