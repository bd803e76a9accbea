"""Do types, keys and relations fit what they hold, as far as a catalog can tell?"""

from __future__ import annotations

from pgmason.catalog.model import Catalog
from pgmason.config import Level
from pgmason.gate.by_rules import Counted, RuleCriterion
from pgmason.rules.tables import judged_tables


class TypesFit(RuleCriterion):
    title = "Types, keys and relations fit"
    identified = (
        "each foreign key holds every key it may refer to, each generated key has room, money is exact, and JSON can be"
        " compared"
    )
    brief = ("workflow.2",)
    level = Level.ADVISED
    rules = (
        "char-padding",
        "foreign-key-type-mismatch",
        "json-instead-of-jsonb",
        "key-near-capacity",
        "missing-exclusion-on-ranges",
        "missing-on-delete-decision",
        "money-in-floating-point",
        "repeated-column-groups",
        "sequence-not-owned",
        "table-without-relation",
        "unique-over-nullable-columns",
        "unused-extension",
    )
    claims = "{looked_at}: no type, key or relation that the rules know to go wrong"
    fault = ("column or sequence does not fit what it holds", "columns or sequences do not fit what they hold")
    leaves_out = "what the values mean; how far keys have counted in production; what is only noted"

    def looked_at(self, catalog: Catalog) -> Counted:
        """Columns of the tables that rules judge."""
        return Counted(sum(len(state.columns) for _, state in judged_tables(catalog)), "column")
