"""Does each table and column say what it is for?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pgmason.config import Level, Product
from pgmason.errors import WrongUse
from pgmason.evidence import Execution, Failure, Verdict
from pgmason.findings import Severity
from pgmason.gate.criterion import DOCS_INPUTS, Criterion, GateInput, server_words
from pgmason.gate.words import counted
from pgmason.names import ObjectId


class Descriptions(Criterion):
    title = "Tables and columns are described"
    identified = "each table and column has a description, as a comment in the database or by hand in the document"
    brief = ("outputs.4", "workflow.6")
    inputs = DOCS_INPUTS
    level = Level.ADVISED
    weighs = Severity.STYLE
    leaves_out = "whether the descriptions are right"

    def default_level(self, product: Product) -> Level:
        """Required where pgmason.toml says that descriptions are."""
        return Level.REQUIRED if product.describe == "required" else self.level

    def judge(self, run: GateInput) -> Verdict:
        """By counting what has none."""
        catalog = run.catalog()
        try:
            check = run.docs_check()
        except WrongUse as exc:
            return self.missing(f"descriptions were not counted: {exc}", next_command="pgmason docs", could_prove=True)
        without = {kind: number for kind, number in check.undescribed.items() if number}
        told = ", ".join(counted(number, kind) for kind, number in without.items())
        tables = counted(len(catalog.tables), "table")
        claimed = f"{told} without a description" if without else f"each of {tables} and of their columns is described"
        evidence = self.evidence(
            [Execution.now("counted tables and columns without a description", server_words(run))],
            [f"{tables} in the schema", f"without a description: {told or 'none'}"],
            expected="none without a description",
            actual=told or "none without a description",
            claimed=f"no: {claimed}" if without else claimed,
        )
        if not catalog.tables:
            return self.not_applicable("the schema has no table", evidence)
        if not without:
            return self.proven(evidence)
        return self.refuted(
            claimed,
            evidence,
            [
                *(Failure(subject=table.name, what="has no description") for table in check.undescribed_tables),
                *_by_table(check.undescribed_columns),
            ],
            fix=f"COMMENT ON TABLE ... IS '...'; in a migration, or a passage by hand in {run.product.docs}",
            next_command="pgmason gate --all",
        )


def _by_table(columns: Iterable[ObjectId]) -> Iterator[Failure]:
    """A line a table, sorted by its path: how many of its columns say nothing."""
    for table, number in sorted(Counter(column.relation for column in columns).items()):
        yield Failure(subject=table.name, what=f"{table.name} has {counted(number, 'column')} without a description")
