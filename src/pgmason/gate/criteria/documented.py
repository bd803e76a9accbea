"""Does the data model document show the schema as it is?"""

from __future__ import annotations

from pgmason.errors import WrongUse
from pgmason.evidence import Execution, Failure, Verdict
from pgmason.findings import Severity
from pgmason.gate.criterion import DOCS_INPUTS, Criterion, GateInput, server_words, unread_note
from pgmason.gate.words import counted


class Documented(Criterion):
    title = "The data model document is current"
    identified = "the data model document says what the schema says: its tables, columns, relations and diagram"
    brief = ("rules.10", "workflow.6", "outputs.4", "gate.6")
    inputs = DOCS_INPUTS
    weighs = Severity.STYLE
    leaves_out = "whether the descriptions are right, and why each index is there"

    def judge(self, run: GateInput) -> Verdict:
        """By writing the document anew in memory and comparing."""
        catalog, file = run.catalog(), run.product.docs
        try:
            check = run.docs_check()
        except WrongUse as exc:
            return self._not_a_document(exc, run)
        differences = tuple(check.differences)
        unread = unread_note(catalog)
        says = "says what the schema says" if check.current else counted(max(len(differences), 1), "difference")
        evidence = self.evidence(
            [
                Execution.now(
                    f"wrote the document of the schema in memory and compared it with {file}", server_words(run)
                )
            ],
            [f"{counted(len(catalog.tables), 'table')} in the schema", f"{file}: {says}", *unread],
            expected="0 differences",
            actual="0 differences" if check.current else says,
            claimed=f"{file} {says}" if check.current else f"no: {file} differs from the schema",
        )
        if check.current:
            return self.proven(evidence, notes=unread)
        return self.refuted(
            f"{file} {differences[0]}" if len(differences) == 1 else f"{file} differs from the schema: {says}",
            evidence,
            [Failure(subject=file, what=difference) for difference in differences]
            or [Failure(subject=file, what="is not current")],
            fix="pgmason docs writes it, and keeps the passages written by hand",
            next_command="pgmason docs",
            notes=unread,
        )

    def _not_a_document(self, refusal: WrongUse, run: GateInput) -> Verdict:
        """Where another file stands in the document's place, or the marks in it are broken."""
        file = run.product.docs
        evidence = self.evidence(
            [Execution.now(f"read {file}", "the repository")],
            [str(refusal)],
            expected="a data model document",
            actual=refusal.what,
            claimed=f"no: {file} is no data model document of pgmason",
        )
        return self.refuted(
            f"{file} is no data model document of pgmason",
            evidence,
            [Failure(subject=refusal.where or file, what=refusal.what, fix=refusal.fix)],
            next_command=refusal.next[0].command if refusal.next else "pgmason docs",
        )
