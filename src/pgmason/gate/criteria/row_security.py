"""Does row security hold where it is switched on, and do routines with their owner's rights keep them to themselves?"""

from __future__ import annotations

from pgmason.catalog.kinds.function import Function
from pgmason.catalog.kinds.policy import Policy
from pgmason.catalog.kinds.procedure import Procedure
from pgmason.catalog.model import Catalog
from pgmason.gate.by_rules import Counted, RuleCriterion


class RowSecurity(RuleCriterion):
    title = "Row security holds where it is switched on"
    identified = (
        "each table with policies has row security switched on, each with row security a policy that lets rows through"
        " and one for each command that is granted; no view reads past it; each SECURITY DEFINER routine sets its"
        " search_path"
    )
    brief = ("workflow.2",)
    rules = (
        "row-security-without-policy",
        "policy-misses-commands",
        "policy-without-row-security",
        "view-bypasses-row-security",
        "security-definer-without-search-path",
    )
    claims = "{looked_at}: no hole that the catalog shows"
    fault = ("hole in row security or in a routine's rights", "holes in row security or in routines' rights")
    leaves_out = "which role the application connects as, and whether a policy's condition is the right one"

    def looked_at(self, catalog: Catalog) -> Counted:
        """Tables with row security or policies, and SECURITY DEFINER routines."""
        tables = sum(state.row_security or bool(catalog.members(Policy, one)) for one, state in catalog.tables)
        definers = sum(state.security_definer for _, state in catalog.of(Function))
        definers += sum(state.security_definer for _, state in catalog.of(Procedure))
        return Counted(tables + definers, "table with row security or SECURITY DEFINER routine")
