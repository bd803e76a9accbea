"""Which claims can rules refute, and what may be claimed where they do not?

A `RuleCriterion` names its rules, counts what they looked at, and reads the judged findings: a new one refutes,
old debt and waivers alone make WAIVED, none at all is PROVEN, nothing to look at is NOT APPLICABLE. Notes never
refute. The rules themselves are in `rules/`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pgmason.catalog.model import Catalog
from pgmason.evidence import Evidence, Execution, Failure, Gap, Status, Verdict
from pgmason.findings import Finding, Judged, Severity, Standing
from pgmason.gate.criterion import Criterion, GateInput, server_words, unread_note
from pgmason.gate.words import counted

__all__ = ["Counted", "RuleCriterion", "accepted_because"]

SCHEMA_INPUTS = ("configuration", "schema", "migrations", "server", "rules", "baseline")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of what were looked at: 62 of "foreign key"."""

    number: int
    noun: str

    def __str__(self) -> str:
        return counted(self.number, self.noun)


class RuleCriterion(Criterion):
    """A claim about the schema that findings of `rules` refute.

    `claims` is what holds when there are none, with {looked_at} for what was counted. `fault` is one finding in
    words, singular and plural.
    """

    rules: ClassVar[tuple[str, ...]]
    claims: ClassVar[str]
    fault: ClassVar[tuple[str, str]]
    inputs = SCHEMA_INPUTS

    @abstractmethod
    def looked_at(self, catalog: Catalog) -> Counted:
        """How many objects the claim is about."""

    def claim(self, run: GateInput, looked_at: Counted) -> str:  # noqa: ARG002  a subclass needs it
        """What holds where there is no finding."""
        return self.claims.format(looked_at=looked_at)

    def departs(self, notes: Sequence[Finding]) -> Finding | None:  # noqa: ARG002  a subclass needs it
        """The note that keeps the claim from being PROVEN, though it refutes nothing; most notes only inform."""
        return None

    def judge(self, run: GateInput) -> Verdict:
        """By the findings of `rules`."""
        catalog = run.catalog()
        looked_at = self.looked_at(catalog)
        judged = [one for one in run.judged() if one.finding.rule in self.rules]
        notes = [one.finding for one in judged if one.finding.severity is Severity.NOTE]
        findings = [one for one in judged if one.finding.severity is not Severity.NOTE]
        new = sorted((one.finding for one in findings if one.fails), key=lambda finding: finding.order)
        known = sum(one.standing is Standing.KNOWN for one in findings)
        waived = sum(one.standing is Standing.WAIVED for one in findings)
        unread = unread_note(catalog)

        def evidence(expected: str, actual: str, claimed: str) -> Evidence:
            return self.evidence(
                [
                    Execution.now(
                        f"read the schema from pg_catalog and applied {_listed(self.rules)}", server_words(run)
                    )
                ],
                [
                    str(looked_at),
                    f"{counted(len(findings), 'finding')}: {len(new)} new, {known} known, {waived} waived",
                    *(note.message for note in notes),
                    *unread,
                ],
                expected=expected,
                actual=actual,
                claimed=claimed,
            )

        if new:
            singular, plural = self.fault
            why = f"{len(new)} {singular if len(new) == 1 else plural}"
            return self.refuted(
                why,
                evidence("no new finding", counted(len(new), "new finding"), f"no: {why}"),
                [Failure(subject=f.subject, what=f.message, place=f.place, fix=f.fix) for f in new],
                next_command="pgmason check",
                known=known,
                waived=waived,
                notes=unread,
            )
        if (note := self.departs(notes)) is not None:
            return Verdict(
                criterion=self.name,
                status=Status.NOT_PROVEN,
                gap=Gap.MISSING,
                why=note.message,
                evidence=evidence("no finding and no departure", note.message, f"not claimed: {note.message}"),
                fix=note.fix,
                next_command="pgmason check",
                known=known,
                waived=waived,
                notes=unread,
            )
        if findings:
            why = accepted_because(findings)
            actual = f"no new finding; {known} known, {waived} waived"
            seen = evidence("no finding", actual, f"holds but for what is accepted: {why}")
            return self.waived(why, seen, known=known, waived=waived, notes=unread)
        if looked_at.number == 0:
            why = f"the schema has no {looked_at.noun}"
            return self.not_applicable(why, evidence("something to look at", str(looked_at), why), notes=unread)
        return self.proven(evidence("no finding", "no finding", self.claim(run, looked_at)), notes=unread)


def accepted_because(findings: Sequence[Judged]) -> str:
    """How many findings are accepted and why, in one line: reasons of waivers sorted, two of them in full."""
    known = sum(one.standing is Standing.KNOWN for one in findings)
    waived = [one for one in findings if one.standing is Standing.WAIVED]
    parts = [f"{counted(known, 'old finding')} in the baseline"] if known else []
    if waived:
        reasons = sorted({f"{one.reason}{f' (until {one.until})' if one.until else ''}" for one in waived})
        more = f"; and {len(reasons) - 2} more reasons" if len(reasons) > 2 else ""
        parts.append(f"{len(waived)} waived: {'; '.join(reasons[:2])}{more}")
    return ", ".join(parts)


def _listed(rules: Sequence[str]) -> str:
    return f"the rule{'s' if len(rules) > 1 else ''} {', '.join(rules)}"
