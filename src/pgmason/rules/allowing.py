"""Which findings does a migration itself accept, in a comment above the statement?

    -- pgmason: allow create-index-blocks-writes because the table has forty rows until 2027-03-01
    CREATE INDEX ...

The comment stands in the lines right above the statement, with `//` or `#` in application code. It needs a reason, may
have an end, and is reported itself where it silences nothing, so that nobody takes it for a decision that still counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from pgmason.findings import Allowance, Finding, Place, Severity

__all__ = ["IDLE", "allowances", "with_allowances"]

IDLE = "waiver-without-effect"
_MARK = " pgmason: allow "


def allowances(text: str, comment: str = "--") -> tuple[tuple[int, Allowance], ...]:
    """(line of the comment, what it says) for each comment of the form in a file's text, in order."""
    mark = comment + _MARK
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        said = line.strip()
        if not said.startswith(mark):
            continue
        rule, _, rest = said.removeprefix(mark).partition(" ")
        because, _, reason = rest.strip().partition(" ")
        until = None
        head, word, tail = reason.rpartition(" until ")
        if word:
            try:
                until = date.fromisoformat(tail.strip())
                reason = head
            except ValueError:
                pass
        found.append((number, Allowance(rule=rule, reason=reason.strip() if because == "because" else "", until=until)))
    return tuple(found)


def with_allowances(
    findings: Iterable[Finding],
    text: str,
    file: str,
    lines: Sequence[int],
    *,
    comment: str = "--",
    spread: bool = False,
) -> tuple[Finding, ...]:
    """The findings, each with the comment that allows it; and one for each comment that allows nothing.

    `lines` are those on which the file's statements begin, sorted. `comment` begins a comment of the file's language;
    where `spread`, a finding may stand below the first line of its statement.
    """
    said = allowances(text, comment)
    written = text.splitlines()
    used: set[int] = set()
    told: list[Finding] = []
    for finding in findings:
        mine = finding
        if finding.place is not None and finding.place.file == file:
            first = finding.place.line
            if spread and not (first > 1 and written[first - 2].strip().startswith(comment)):
                first = max((line for line in lines if line <= first), default=first)
            above = first - 1
            while 0 < above <= len(written) and written[above - 1].strip().startswith(comment):
                for number, allowance in said:
                    if number == above and allowance.rule == finding.rule and allowance.reason:
                        used.add(number)
                        mine = replace(finding, allowed=allowance)
                above -= 1
        told.append(mine)
    for number, allowance in said:
        if number not in used:
            told.append(
                _idle(
                    allowance,
                    Place(file=file, line=number),
                    reached=any(line > number for line in lines),
                    comment=comment,
                )
            )
    return tuple(told)


def _idle(allowance: Allowance, place: Place, *, reached: bool, comment: str) -> Finding:
    if not allowance.reason:
        what = f"the comment that allows {allowance.rule} gives no reason"
        fix = f"{comment} pgmason: allow {allowance.rule} because ..."
    elif not reached:
        what, fix = f"the comment that allows {allowance.rule} stands above no statement", f"{comment} remove it"
    else:
        what, fix = f"the comment that allows {allowance.rule} silences nothing", f"{comment} remove it"
    return Finding(
        rule=IDLE,
        severity=Severity.RISK,
        object=None,
        message=what,
        effect="It reads as an accepted exception and is none; later it may silence a fault that nobody looked at.",
        fix=fix,
        detail=f"{place.file} {allowance.rule}",
        place=place,
    )
