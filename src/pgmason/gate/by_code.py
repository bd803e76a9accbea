"""Which claims can rules over application code refute, and what may be claimed where they do not?

Like `by_rules.py`, over files instead of a schema: no server is asked. Code that was not read proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pgmason.evidence import Evidence, Execution, Failure, Verdict
from pgmason.findings import Severity, Standing
from pgmason.gate.by_rules import accepted_because
from pgmason.gate.criterion import Criterion, GateInput
from pgmason.gate.words import counted

if TYPE_CHECKING:
    from pgmason.application import Application

__all__ = ["CODE_INPUTS", "CodeCriterion", "judged_by_code"]

CODE_INPUTS = ("configuration", "application", "rules", "baseline")
_NOT_READ = "code-not-read"


class CodeCriterion(Criterion):
    """A claim about application code that findings of `rules` refute. `claims` is what holds where there are none, with
    {files}; `fault` is one finding in words, singular and plural."""

    rules: ClassVar[tuple[str, ...]]
    claims: ClassVar[str]
    fault: ClassVar[tuple[str, str]]
    inputs = CODE_INPUTS

    def judge(self, run: GateInput) -> Verdict:
        """By the findings of `rules`."""
        application = run.application()
        verdict = judged_by_code(self, run, self.rules, self.fault)
        if verdict is not None:
            return verdict
        if not application.files:
            why = "no application code in TypeScript, JavaScript or Python was found"
            return self.not_applicable(why, self.seen(application, "0 files", "some code", why, why))
        claimed = self.claims.format(files=counted(len(application.files), "file"))
        return self.proven(self.seen(application, "no finding", "no finding", "no finding", claimed))

    def seen(self, application: Application, read: str, expected: str, actual: str, claimed: str) -> Evidence:
        """What was parsed and what was found."""
        return code_evidence(self, application, self.rules, (read,), expected, actual, claimed)


def code_evidence(
    criterion: Criterion,
    application: Application,
    rules: tuple[str, ...],
    read: tuple[str, ...],
    expected: str,
    actual: str,
    claimed: str,
) -> Evidence:
    """The five steps of a look at application code."""
    files = counted(len(application.files), "file")
    return criterion.evidence(
        [Execution.now(f"parsed {files} and applied {', '.join(rules)}", "tree-sitter")],
        [f"{files} of application code", *read, *application.notes],
        expected=expected,
        actual=actual,
        claimed=claimed,
    )


def judged_by_code(
    criterion: Criterion, run: GateInput, rules: tuple[str, ...], fault: tuple[str, str]
) -> Verdict | None:
    """The verdict that findings of these rules make, or that nothing was read; None where there is neither."""
    application = run.application()
    judged = run.code_judged()
    unread = [one.finding for one in judged if one.finding.rule == _NOT_READ]
    findings = [one for one in judged if one.finding.rule in rules and one.finding.severity is not Severity.NOTE]
    new = sorted((one.finding for one in findings if one.fails), key=lambda finding: finding.order)
    known = sum(one.standing is Standing.KNOWN for one in findings)
    waived = sum(one.standing is Standing.WAIVED for one in findings)
    notes = tuple(one.message for one in unread)
    read = (f"{counted(len(findings), 'finding')}: {len(new)} new, {known} known, {waived} waived", *notes)
    from pgmason.application import NEEDED

    if any(one.fix == NEEDED for one in unread):
        return criterion.missing(
            "application code is not read: the grammars are not installed", fix=NEEDED, could_prove=True
        )
    if new:
        why = f"{len(new)} {fault[len(new) != 1]}"
        evidence = code_evidence(
            criterion, application, rules, read, "no new finding", counted(len(new), "new finding"), f"no: {why}"
        )
        return criterion.refuted(
            why,
            evidence,
            [Failure(subject=str(f.place), what=f.message, place=f.place, fix=f.fix) for f in new],
            next_command="pgmason check",
            known=known,
            waived=waived,
            notes=notes,
        )
    if findings:
        why = accepted_because(findings)
        evidence = code_evidence(
            criterion, application, rules, read, "no finding", read[0], f"holds but for what is accepted: {why}"
        )
        return criterion.waived(why, evidence, known=known, waived=waived, notes=notes)
    return None
