"""Are the migrations that were deployed still what was deployed?"""

from __future__ import annotations

from shlex import quote

from pgmason.evidence import Evidence, Execution, Failure, Verdict
from pgmason.findings import Severity
from pgmason.formats.migration import History
from pgmason.gate.by_history import HistoryCriterion
from pgmason.gate.criterion import GateInput
from pgmason.gate.words import counted


class DeployedUnedited(HistoryCriterion):
    title = "Deployed migrations are unedited"
    identified = "each migration that the baseline recorded is still there, with the same contents"
    brief = ("rules.2",)
    inputs = ("configuration", "migrations", "baseline")
    weighs = Severity.BREAK
    leaves_out = "migrations newer than the baseline, and what a production database says it has applied"

    def of_history(self, history: History, run: GateInput) -> Verdict:
        """By the digests that the baseline holds. What was edited before the baseline is beyond it."""
        baseline = run.baseline()
        if baseline is None:
            return self.missing(
                "there is no baseline to hold the migrations against",
                next_command="pgmason init",
                fix="pgmason init records the migrations as they are now",
            )
        if not baseline.migrations:
            return self.missing(
                "the baseline records no migrations, so nothing says what they were",
                next_command="pgmason init",
                fix="write the baseline again, now that the product has migrations",
            )
        now = {migration.name: migration.up_digest for migration in history.migrations}
        edited = [name for name, digest in baseline.migrations.items() if name in now and now[name] != digest]
        vanished = [name for name in baseline.migrations if name not in now]
        recorded = counted(len(baseline.migrations), "migration")
        newer = len(now.keys() - baseline.migrations.keys())

        def evidence(claimed: str) -> Evidence:
            return self.evidence(
                [Execution.now("compared the digest of each UP with the baseline", "the migrations folder")],
                [
                    f"{recorded} recorded on {baseline.written}: {len(edited)} edited, {len(vanished)} vanished",
                    f"{newer} newer, recorded nowhere yet",
                ],
                expected="0 edited, 0 vanished",
                actual=f"{len(edited)} edited, {len(vanished)} vanished",
                claimed=claimed,
            )

        if not edited and not vanished:
            return self.proven(evidence(f"unedited since {baseline.written}: {recorded} that the baseline records"))
        why = f"of {recorded} recorded on {baseline.written}, {len(edited)} edited and {len(vanished)} vanished"
        gone = [
            Failure(
                subject=name, what="is gone", fix=f"bring it back: git log --diff-filter=D -- {quote('*' + name + '*')}"
            )
            for name in sorted(vanished)
        ]
        changed = [
            Failure(
                subject=name,
                what=f"was edited after {baseline.written}",
                fix="put its old contents back and write the change as a new migration",
            )
            for name in sorted(edited)
        ]
        return self.refuted(why, evidence(f"no: {why}"), [*changed, *gone], next_command="pgmason gate --all")
