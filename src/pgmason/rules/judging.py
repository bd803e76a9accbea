"""Does a finding count: is it waived, known from the baseline, or new?

A waiver is a reason in pgmason.toml, the baseline a file of old debt; only what neither covers fails a command.
Pure: the findings, the product and the day are given. What is said of waivers themselves is `waivers.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from fnmatch import fnmatchcase

from pgmason.config import Product, Waiver
from pgmason.findings import Finding, Judged, Standing
from pgmason.rules.baseline import Baseline
from pgmason.rules.waivers import idle_waivers

__all__ = ["judge"]


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
        elif finding.allowed is not None and (finding.allowed.until is None or today <= finding.allowed.until):
            allowed = finding.allowed
            judged.append(Judged(finding=finding, standing=Standing.WAIVED, reason=allowed.reason, until=allowed.until))
        elif finding.fingerprint in known:
            judged.append(Judged(finding=finding, standing=Standing.KNOWN, reason=since))
        else:
            judged.append(Judged(finding=finding, standing=Standing.NEW))
    idle = idle_waivers(product, used, today, ran) if report_waivers else ()
    judged.extend(Judged(finding=finding, standing=Standing.NEW) for finding in idle)
    return tuple(sorted(judged, key=lambda item: item.finding.order))


def _covers(waiver: Waiver, finding: Finding) -> bool:
    """Whether a waiver is meant for a finding.

    Its pattern is held against the object's name as SQL writes it and unquoted, and against the table that a
    column or constraint belongs to; for application code against the file. A finding about the product as a whole is
    met by `*` alone.
    """
    if waiver.rule != finding.rule:
        return False
    if finding.object is None:
        file = finding.place.file if finding.place is not None else ""
        return waiver.object == "*" or (bool(file) and fnmatchcase(file, waiver.object))
    names = {finding.object.name, ".".join(finding.object.path)}
    if finding.object.is_member:
        names |= {finding.object.relation.name, ".".join(finding.object.relation.path)}
    return any(fnmatchcase(name, waiver.object) for name in names)
