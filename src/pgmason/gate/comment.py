"""What does a pull request show of the gate: a comment that is read in ten seconds, and true?

The outcome, for each product that was judged one line of counts and at most three failures with their fixes; products
that were not judged are named as such. Everything else is in the run's own reports. It begins with a mark that lets the
workflow find its comment again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgmason.evidence import Status
from pgmason.gate.full import cell
from pgmason.gate.run import GateResult, Judgement, Outcome, outcome_of
from pgmason.gate.screen import Groups, next_of
from pgmason.gate.words import counted, listed
from pgmason.renderings import COMMENT_MARK

__all__ = ["pull_request_comment"]

_TITLE = {Outcome.HOLDS: "The database gate holds", Outcome.FAILS: "The database gate fails"}
_SHOWN = 3
_WIDTH = 300


def pull_request_comment(results: Sequence[GateResult], *, untouched: Sequence[str] = ()) -> str:
    """The comment in Markdown, without a newline at the end."""
    return "\n".join(_lines(results, untouched))


def _lines(results: Sequence[GateResult], untouched: Sequence[str]) -> Iterator[str]:
    yield COMMENT_MARK
    if not results:
        yield "### The database gate: no product is touched"
    else:
        yield f"### {_TITLE.get(outcome_of(results), 'The database gate is undecided')}"
    for result in results:
        yield ""
        yield from _product(result)
    if untouched:
        yield ""
        yield f"Not judged, because nothing of theirs is touched: {cell(listed(sorted(untouched), _WIDTH))}."


def _product(result: GateResult) -> Iterator[str]:
    groups = Groups.of(result)
    told = (
        (len(groups.failing), "failing"),
        (len(groups.holding), "proven"),
        (len(groups.accepted), "with old debt"),
        (len(groups.advised), "advised and not met"),
        (len(groups.open) + len(groups.unbuilt), "not shown"),
    )
    yield f"**{cell(result.product.name)}**: {', '.join(f'{number} {words}' for number, words in told if number)}"
    for one in groups.failing[:_SHOWN]:
        yield from _failing(one)
    if len(groups.failing) > _SHOWN:
        rest = [one.criterion.name for one in groups.failing[_SHOWN:]]
        yield f"- and {len(rest)} more: {cell(listed(rest, _WIDTH))}"
    if groups.failing:
        command, _ = next_of(result)
        yield f"- next: `{command}`"


def _failing(one: Judgement) -> Iterator[str]:
    yield f"- **{one.criterion.name}**: {cell(one.verdict.why)}"
    if one.verdict.status is not Status.NOT_PROVEN:
        return
    for failure in one.verdict.failing[:1]:
        more = len(one.verdict.failing) - 1
        yield f"  - {cell(failure.line)}" + (f", and {counted(more, 'other')}" if more else "")
        if failure.fix:
            first = next((line for line in failure.fix.splitlines() if not line.startswith("--")), failure.fix)
            yield f"  - fix: {cell(first[:_WIDTH])}"
