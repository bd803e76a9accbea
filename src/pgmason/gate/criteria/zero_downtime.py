"""Can each pending migration run while the product serves?"""

from __future__ import annotations

from pgmason.config import Where
from pgmason.evidence import Evidence, Execution, Failure, Verdict
from pgmason.findings import Severity, Standing
from pgmason.gate.by_rules import SCHEMA_INPUTS, accepted_because
from pgmason.gate.criterion import Criterion, GateInput, server_words
from pgmason.gate.words import counted


class ZeroDowntime(Criterion):
    title = "Migrations do not stop the product"
    identified = (
        "each statement of a pending migration ran on a scratch database, and none keeps reads or writes waiting for a"
        " time that grows with a table"
    )
    brief = ("rules.3", "workflow.3")
    where = Where.PULL_REQUEST
    weighs = Severity.OUTAGE
    inputs = SCHEMA_INPUTS
    leaves_out = "how long a lock is waited for behind an open transaction of production's"

    def judge(self, run: GateInput) -> Verdict:
        """By the outage findings of all migration rules."""
        history = run.history()
        if history is None:
            why = "the schema is not made by migrations"
            looked = self.evidence(
                [Execution.now("looked for a folder of migrations", "its configuration and its files")],
                [why],
                expected="pending migrations",
                actual="none",
                claimed=why,
            )
            return self.not_applicable(why, looked)
        if run.baseline() is None:
            return self.missing(
                "nothing says which migrations are deployed already",
                fix="let init write the baseline",
                next_command="pgmason init",
                could_prove=False,
            )
        pending = run.pending()
        if not pending:
            why = "no migration is pending"
            return self.not_applicable(why, self._seen(run, [counted(len(history.migrations), "migration")], why))
        from pgmason.rules import migration_rules

        names = {rule.name for rule in migration_rules()}
        found = [
            one
            for one in run.judged()
            if one.finding.rule in names and one.finding.severity in (Severity.OUTAGE, Severity.BREAK)
        ]
        read = [
            counted(len(pending), "pending migration"),
            counted(len(found), "finding") + " that stops reads, writes or running code",
        ]
        new = [one.finding for one in found if one.fails]
        known = sum(one.standing is Standing.KNOWN for one in found)
        waived = sum(one.standing is Standing.WAIVED for one in found)
        if new:
            why = f"{counted(len(new), 'statement')} of {counted(len(pending), 'pending migration')} would stop it"
            return self.refuted(
                why,
                self._seen(run, read, f"no: {why}"),
                [Failure(subject=f.subject, what=f.message, place=f.place, fix=f.fix) for f in new],
                next_command="pgmason check",
                known=known,
                waived=waived,
            )
        if found:
            why = accepted_because(found)
            return self.waived(why, self._seen(run, read, why), known=known, waived=waived)
        return self.proven(self._seen(run, read, f"{read[0]}: none stops reads or writes"))

    def _seen(self, run: GateInput, read: list[str], claimed: str) -> Evidence:
        return self.evidence(
            [Execution.now("traced each pending migration on the state before it", server_words(run))],
            read,
            expected="no statement that stops reads or writes",
            actual=read[-1] if read else claimed,
            claimed=claimed,
        )
