"""Is each index needed beside the others of its table?"""

from __future__ import annotations

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.config import Level
from pgmason.gate.by_rules import Counted, RuleCriterion


class IndexesNotDuplicated(RuleCriterion):
    title = "No index repeats another"
    identified = "no index serves only what another index of its table serves too"
    brief = ("workflow.2",)
    level = Level.ADVISED
    rules = ("duplicate-or-redundant-index",)
    claims = "{looked_at}: none repeats another of its table"
    fault = ("index repeats another", "indexes repeat another")
    leaves_out = "indexes that no query uses"

    def looked_at(self, catalog: Catalog) -> Counted:
        """Indexes, those behind constraints too."""
        return Counted(sum(1 for _ in catalog.of(Index)), "index")
