"""Are primary keys of the kind that the product chose?"""

from __future__ import annotations

from collections.abc import Sequence

from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.gate.by_rules import Counted, RuleCriterion
from pgmason.gate.criterion import GateInput


class Ids(RuleCriterion):
    title = "Primary keys are of the chosen kind"
    identified = 'each generated key is a UUID where pgmason.toml says ids = "uuid", a serial where it says "serial"'
    brief = ("rules.7",)
    weighs = Severity.STYLE
    rules = ("primary-key-of-another-kind",)
    fault = ("primary key is not of the chosen kind", "primary keys are not of the chosen kind")
    leaves_out = (
        "whether the chosen kind suits the product; keys that the client makes, as text, and keys of many columns"
    )

    def looked_at(self, catalog: Catalog) -> Counted:
        """Primary keys."""
        return Counted(sum(1 for _ in catalog.of(PrimaryKey)), "primary key")

    def claim(self, run: GateInput, looked_at: Counted) -> str:
        """Which kind was chosen."""
        return f'{looked_at}: none is generated otherwise than ids = "{run.product.ids}" says'

    def departs(self, notes: Sequence[Finding]) -> Finding | None:
        """A note says that most keys are of the other kind, so that the setting is not the product's."""
        return notes[0] if notes else None
