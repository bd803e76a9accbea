"""What does the gate say in full: every criterion, with its five steps?

As text (`pgmason gate --all`) and as Markdown for a pull request. The first screen is `screen.py`.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from pgmason.evidence import Evidence, Status, Verdict
from pgmason.gate.brief import BRIEF
from pgmason.gate.run import GateResult, Judgement, Outcome, exit_code_of, outcome_of
from pgmason.gate.screen import Groups, first_screen, next_of
from pgmason.gate.words import counted, one_line
from pgmason.names import printable

__all__ = ["cell", "full_text", "markdown", "standing"]

_SHOWN_IN_MARKDOWN = 10  # failures of one criterion; the rest is counted


def full_text(results: Sequence[GateResult]) -> str:
    """The first screen, then every criterion of every product, without a newline at the end."""
    return "\n".join([first_screen(results), *(line for result in results for line in _product(result))])


def standing(verdict: Verdict) -> str:
    """The status in words: `NOT PROVEN (refuted)`."""
    return f"{verdict.status} ({verdict.gap})" if verdict.gap else str(verdict.status)


def _product(result: GateResult) -> Iterator[str]:
    for judgement in result.judgements:
        yield ""
        yield from _criterion(result, judgement)
    if result.off:
        yield ""
        yield f"OFF by pgmason.toml: {', '.join(result.off)}"


def _criterion(result: GateResult, one: Judgement) -> Iterator[str]:
    criterion, verdict = one.criterion, one.verdict
    since = f", kept from {one.since}" if one.since else ""
    yield f"{standing(verdict)}  {criterion.name}  {criterion.title} ({one.level}, {one.where}{since})"
    for line in criterion.brief:
        yield _step("brief", f"{line}  {BRIEF[line]}")
    yield _step("why", verdict.why)
    if verdict.evidence is None:
        yield _step("identify", f"{criterion.identified} (not executed)")
    else:
        yield from _five_steps(verdict.evidence)
    if criterion.leaves_out and verdict.status is Status.PROVEN:
        yield _step("beyond", f"not looked at: {criterion.leaves_out}")
    for note in verdict.notes:
        yield _step("note", note)
    for failure in verdict.failing:
        yield _step("fails", failure.line)
        for line in (failure.fix or "").splitlines():
            yield f"  {'':<10}    {printable(line)}"
    if verdict.fix:
        yield _step("until then" if not criterion.built else "fix", verdict.fix)
    if verdict.next_command:
        yield _step("next", result.command(verdict.next_command))


def _five_steps(evidence: Evidence) -> Iterator[str]:
    yield _step("identify", evidence.identified)
    for execution in evidence.executed:
        yield _step("execute", f"{execution.what}; on {execution.on}; {execution.at}")
    for line in evidence.read:
        yield _step("read", line)
    yield _step("compare", f"expected {evidence.expected}; got {evidence.actual}")
    yield _step("claim", evidence.claimed)


def _step(label: str, text: str) -> str:
    return f"  {label:<10}  {one_line(text)}"


def markdown(results: Sequence[GateResult]) -> str:
    """The verdicts for a pull request, without a newline at the end."""
    title = {Outcome.HOLDS: "The gate holds", Outcome.FAILS: "The gate fails"}.get(
        outcome_of(results), "The gate is undecided"
    )
    lines = [f"## {title}"]
    if not results:
        return "## The gate was not run: no product is touched"
    if outcome_of(results) is Outcome.UNDECIDED:
        reached = exit_code_of(results) == 0
        lines += [
            "",
            "Nothing was shown." if reached else "What is required could not be asked: a server was out of reach.",
        ]
    for result in results:
        lines += ["", *_markdown_product(result)]
    return "\n".join(lines)


def _markdown_product(result: GateResult) -> Iterator[str]:
    groups = Groups.of(result)
    yield f"### {cell(result.product.name)}: {result.outcome}"
    yield ""
    for one in (*groups.failing, *groups.advised):
        yield from _markdown_failing(one)
    yield "| criterion | verdict | why |"
    yield "|---|---|---|"
    shown = (*groups.failing, *groups.advised, *groups.open, *groups.accepted, *groups.holding, *groups.beside)
    for one in shown:
        yield f"| {one.criterion.name} ({one.level}) | {standing(one.verdict)} | {cell(one.verdict.why)} |"
    if groups.unbuilt:
        names = ", ".join(one.criterion.name for one in groups.unbuilt)
        yield ""
        yield f"Not proven, because this version cannot look at it: {names}."
    for note in dict.fromkeys(note for one in result.judgements for note in one.verdict.notes):
        yield ""
        yield f"Note: {cell(note)}."
    command, why = next_of(result)
    yield ""
    yield f"Next: `{command}`" + (f" ({why})" if why else "")


def _markdown_failing(one: Judgement) -> Iterator[str]:
    yield f"**{one.criterion.name}** ({one.level}): {cell(one.verdict.why)}"
    yield ""
    for failure in one.verdict.failing[:_SHOWN_IN_MARKDOWN]:
        yield f"- {cell(failure.line)}"
        if failure.fix and "\n" in failure.fix:
            yield "  ```sql"
            yield from (f"  {printable(line).replace('```', '` ` `')}" for line in failure.fix.splitlines())
            yield "  ```"
        elif failure.fix:
            yield f"  {cell(failure.fix)}"
    more = len(one.verdict.failing) - _SHOWN_IN_MARKDOWN
    if more > 0:
        yield f"- and {counted(more, 'more such line')}"
    if one.verdict.fix:
        yield ""
        yield cell(one.verdict.fix)
    yield ""


def cell(text: str) -> str:
    """Text of other people, so that it stays text in a table cell: no tags, no columns, no emphasis, no mentions."""
    plain = html.escape(one_line(text), quote=False).replace("\\", "\\\\")
    for mark in "|*_`[]@#":
        plain = plain.replace(mark, f"\\{mark}" if mark not in "@" else "@\u200b")
    return plain
