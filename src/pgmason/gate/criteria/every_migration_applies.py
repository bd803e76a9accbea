"""Do the migrations, in their order, build the schema on an empty database?"""

from __future__ import annotations

from pgmason.errors import StatementFailed
from pgmason.evidence import Execution, Failure, Verdict
from pgmason.findings import Place, Severity
from pgmason.formats.migration import History
from pgmason.gate.by_history import HistoryCriterion
from pgmason.gate.criterion import GateInput
from pgmason.gate.words import clipped, counted, one_line

_EXECUTED = "applied the UP of each migration, in order, to an empty database"


class EveryMigrationApplies(HistoryCriterion):
    title = "Every migration applies"
    identified = "the UP of each migration, in order, succeeds on an empty database"
    brief = ("gate.3", "workflow.3", "outputs.2", "stack.3")
    inputs = ("configuration", "migrations", "server")
    weighs = Severity.BREAK
    leaves_out = "DOWN, and databases that hold rows"

    def of_history(self, history: History, run: GateInput) -> Verdict:
        """By applying them on a scratch server; those applied there before come from its cache."""
        reading = run.reading()
        if reading.history is None:
            return self.missing("the schema is read from elsewhere, so the migrations were not applied")
        applied, total = reading.applied + reading.reused, counted(len(history.migrations), "migration")
        evidence = self.evidence(
            [Execution.now(_EXECUTED, reading.server)],
            [
                f"{applied} of {total} applied ({history.format} format)",
                f"{reading.applied} applied in this run, {reading.reused} known from before, with the same contents",
                *reading.notes,
            ],
            expected=f"{len(history.migrations)} applied",
            actual=f"{applied} applied",
            claimed=f"{applied} of {total} applied in order to an empty database",
        )
        if applied != len(history.migrations):
            return self.missing(f"only {evidence.claimed}", next_command="pgmason gate", could_prove=True)
        return self.proven(evidence, notes=reading.notes)

    def stopped_by(self, failure: StatementFailed) -> Verdict:
        """The statement that fails refutes the claim."""
        message = failure.message + (f" (SQLSTATE {failure.sqlstate})" if failure.sqlstate else "")
        statement = clipped(one_line(failure.statement), 120)
        place = Place(file=failure.file, line=failure.line)
        evidence = self.evidence(
            [Execution.now(_EXECUTED, "a scratch server")],
            str(failure).splitlines(),
            expected="every statement succeeds",
            actual=message,
            claimed=f"no: a statement fails at {place}",
        )
        fix = (
            failure.fix
            or "if it was never deployed, mend the statement; else supply what it needs in a migration before it"
        )
        return self.refuted(
            "the migrations do not apply to an empty database",
            evidence,
            [Failure(subject=statement, what=f"{message}, in: {statement}", place=place, fix=fix)],
            next_command=failure.next[0].command if failure.next else "pgmason gate",
        )
