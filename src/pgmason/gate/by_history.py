"""Which claims are about the migrations as files and as a sequence?

A `HistoryCriterion` is NOT APPLICABLE where there are no migrations, with what was read to say so, and judges the
history where there are some.
"""

from __future__ import annotations

from abc import abstractmethod

from pgmason.evidence import Execution, Verdict
from pgmason.formats.migration import History
from pgmason.gate.criterion import Criterion, GateInput

__all__ = ["HistoryCriterion"]


class HistoryCriterion(Criterion):
    """A claim about the product's migrations."""

    @abstractmethod
    def of_history(self, history: History, run: GateInput) -> Verdict:
        """The verdict where there is at least one migration."""

    def judge(self, run: GateInput) -> Verdict:
        """NOT APPLICABLE without migrations, else `of_history`."""
        history = run.history()
        if history is not None and history.migrations:
            return self.of_history(history, run)
        product = run.product
        if history is None:
            why = "the product has no folder of migrations"
            read = f"migrations = {product.migrations!r}, schema = {product.schema!r}"
        else:
            why = "the folder of migrations is empty"
            read = f"{product.migrations or 'the folder'}: 0 migrations ({history.format} format)"
        evidence = self.evidence(
            [Execution.now(f"looked for migrations of {product.name}", "its configuration and its files")],
            [read],
            expected="at least one migration",
            actual="none",
            claimed=why,
        )
        return self.not_applicable(why, evidence)
