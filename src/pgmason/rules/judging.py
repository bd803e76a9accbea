"""A waiver that silences nothing hides the next fault of its kind.

One that has run out, or names a rule that does not exist, looks like a decision and is none; one whose object was
renamed or mended waits to silence something else. Findings are judged here: waived, known from the baseline, or new.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from fnmatch import fnmatchcase

from pgmason.config import Product, Waiver
from pgmason.findings import Finding, Judged, Severity, Standing
from pgmason.names import printable
from pgmason.rules import all_rules
from pgmason.rules.baseline import Baseline
from pgmason.rules.rule import Rule

__all__ = ["WaiverWithoutEffect", "judge"]


class WaiverWithoutEffect(Rule):
    severity = Severity.RISK
    title = "A waiver that silences nothing: run out, for a rule that does not exist, or for a fault that is gone."
    effect = "It reads as an accepted exception and is none; later it may silence a fault that nobody looked at."
    language = "toml"
    bad = """\
[[products.shop.waive]]
rule = "table-without-timestamp"
object = "public.audit_log"
reason = "rows are append-only"
"""
    good = """\
[[products.shop.waive]]
rule = "table-without-timestamps"
object = "public.audit_log"
reason = "rows are append-only"
"""
    cannot_see = "Whether the reason still holds. A waiver for a rule that did not run is not judged."
    brief = "Exceptions are said aloud, with their reason and their end."


def judge(
    findings: Iterable[Finding],
    product: Product,
    baseline: Baseline | None,
    today: date,
    *,
    ran: Collection[str] | None = None,
    report_waivers: bool = True,
) -> tuple[Judged, ...]:
    """Every finding with its standing, and a finding for each waiver that silences nothing; worst first.

    A waiver in force comes before the baseline, so that its reason is what is shown. `ran` names the rules that
    were run, all of them unless told: a waiver for another is left in peace; where only some findings are judged,
    `report_waivers` is False and none is judged. The findings on waivers are never waived nor known: they are
    mended in pgmason.toml.
    """
    known = baseline.fingerprints if baseline else frozenset()
    since = f"in the baseline of {baseline.written.isoformat()}" if baseline else ""
    used: set[int] = set()
    judged: list[Judged] = []
    for finding in findings:
        matching = [
            number for number, waiver in enumerate(product.waive) if waiver.holds_on(today) and _covers(waiver, finding)
        ]
        used.update(matching)
        if matching:
            waiver = product.waive[matching[0]]
            judged.append(Judged(finding=finding, standing=Standing.WAIVED, reason=waiver.reason, until=waiver.until))
        elif finding.fingerprint in known:
            judged.append(Judged(finding=finding, standing=Standing.KNOWN, reason=since))
        else:
            judged.append(Judged(finding=finding, standing=Standing.NEW))
    idle = _idle(product, used, today, ran) if report_waivers else ()
    judged.extend(Judged(finding=finding, standing=Standing.NEW) for finding in idle)
    return tuple(sorted(judged, key=lambda item: item.finding.order))


def _covers(waiver: Waiver, finding: Finding) -> bool:
    """Whether a waiver is meant for a finding.

    Its pattern is held against the object's name as SQL writes it and unquoted, and against the table that a
    column or constraint belongs to. A finding about the product as a whole is met by `*` alone.
    """
    if waiver.rule != finding.rule:
        return False
    if finding.object is None:
        return waiver.object == "*"
    names = {finding.object.name, ".".join(finding.object.path)}
    if len(finding.object.path) == 3:
        names |= {finding.object.relation.name, ".".join(finding.object.relation.path)}
    return any(fnmatchcase(name, waiver.object) for name in names)


def _idle(product: Product, used: set[int], today: date, ran: Collection[str] | None) -> Iterator[Finding]:
    rule = WaiverWithoutEffect()
    known = {rule.name for rule in all_rules()}
    for number, waiver in enumerate(product.waive):
        about = f"the waiver of {printable(waiver.rule)} on {printable(waiver.object)}"
        if waiver.rule not in known:
            near = difflib.get_close_matches(waiver.rule, known, n=1)
            yield _finding(
                rule,
                waiver,
                Severity.RISK,
                f"{about} names no rule" + (f"; did you mean {near[0]}?" if near else ""),
                f'rule = "{near[0]}"' if near else "# remove it; `pgmason explain` lists the rules",
            )
        elif not waiver.holds_on(today):
            yield _finding(
                rule,
                waiver,
                Severity.RISK,
                f"{about} ran out on {waiver.until}: {printable(waiver.reason)}",
                "# mend what it excused and remove it, or give it a later `until` if the reason still holds",
            )
        elif number not in used and (ran is None or waiver.rule in ran):
            yield _finding(
                rule,
                waiver,
                Severity.STYLE,
                f"{about} silences nothing: what it excused is gone",
                "# remove it from pgmason.toml",
            )


def _finding(rule: Rule, waiver: Waiver, severity: Severity, message: str, fix: str) -> Finding:
    return Finding(
        rule=rule.name,
        severity=severity,
        object=None,
        detail=f"{waiver.rule} on {waiver.object}",
        message=message,
        effect=rule.effect,
        fix=fix,
    )
