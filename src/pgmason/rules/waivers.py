"""A waiver that silences nothing hides the next fault of its kind.

One that has run out, or names a rule that does not exist, looks like a decision and is none; one whose object was
renamed or mended waits to silence something else.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from datetime import date

from pgmason.config import Product, Waiver
from pgmason.findings import Finding, Severity
from pgmason.names import printable
from pgmason.rules import all_rules
from pgmason.rules.rule import Rule

__all__ = ["WaiverWithoutEffect", "idle_waivers"]


class WaiverWithoutEffect(Rule):
    severity = Severity.RISK
    title = "A waiver that silences nothing: run out, for a rule that does not exist, or for a fault that is gone."
    effect = "It reads as an accepted exception and is none; later it may silence a fault that nobody looked at."
    language = "toml"
    waivable = False  # it is mended in pgmason.toml, where the waiver is
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


def idle_waivers(
    product: Product, used: Collection[int], today: date, ran: Collection[str] | None
) -> Iterator[Finding]:
    """A finding for each waiver of a product that silences nothing; `used` are the numbers of those that did."""
    if not product.waive:
        return
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
