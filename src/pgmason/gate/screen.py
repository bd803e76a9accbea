"""What does a person see first?

At most 20 lines of 100 columns, whatever the product: the verdict, what fails with its fix, what holds, what is not
proven, old debt, what was not read, the next command. Every criterion with its five steps is `full.py`; renderings
for machines are `reports.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pgmason.evidence import Failure, Gap, Status
from pgmason.gate.criterion import UNREAD
from pgmason.gate.run import GateResult, Judgement, Outcome, outcome_of
from pgmason.gate.words import clipped, counted, display_width, listed, one_line, without_comments
from pgmason.names import printable

__all__ = ["COLUMNS", "LINES", "Groups", "first_screen", "next_of"]

LINES = 20
COLUMNS = 100
_LABEL = 10  # columns of the label before each line

_HEADLINE = {
    Outcome.HOLDS: "GATE HOLDS",
    Outcome.FAILS: "GATE FAILS",
    Outcome.UNDECIDED: "GATE UNDECIDED",
}
_WORST_FIRST = (Outcome.FAILS, Outcome.UNDECIDED, Outcome.HOLDS)
_REASONS = {
    "pgmason check": "every finding with its fix",
    "pgmason docs": "writes the document",
    "pgmason gate": "again, when that is mended",
    "pgmason gate --all": "every criterion with its evidence",
    "pgmason init": "records the migrations and accepts what is old as old debt",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The judgements of one product, each in one group, in the order of the criteria."""

    failing: tuple[Judgement, ...]
    holding: tuple[Judgement, ...]  # PROVEN
    beside: tuple[Judgement, ...]  # NOT APPLICABLE
    accepted: tuple[Judgement, ...]  # WAIVED
    advised: tuple[Judgement, ...]  # refuted, and not required
    open: tuple[Judgement, ...]  # not proven in this run, though built
    unbuilt: tuple[Judgement, ...]

    @staticmethod
    def of(result: GateResult) -> Groups:
        """Sort the judgements into their groups; refuted ones fail before those that could not be looked at."""
        rest = [one for one in result.judgements if not one.fails]
        unproven = [one for one in rest if not one.holds]
        return Groups(
            failing=tuple(sorted((one for one in result.judgements if one.fails), key=lambda one: not _refuted(one))),
            holding=tuple(one for one in rest if one.verdict.status is Status.PROVEN),
            beside=tuple(one for one in rest if one.verdict.status is Status.NOT_APPLICABLE),
            accepted=tuple(one for one in rest if one.verdict.status is Status.WAIVED),
            advised=tuple(one for one in unproven if _refuted(one)),
            open=tuple(one for one in unproven if not _refuted(one) and one.criterion.built),
            unbuilt=tuple(one for one in unproven if not _refuted(one) and not one.criterion.built),
        )


def first_screen(results: Sequence[GateResult]) -> str:
    """At most LINES lines of at most COLUMNS columns, without a newline at the end."""
    if not results:
        return "GATE NOT RUN  no product is touched"
    lines = _of_product(results[0]) if len(results) == 1 else _of_repository(results)
    return "\n".join(clipped(line, COLUMNS) for line in lines)


def next_of(result: GateResult) -> tuple[str, str]:
    """The next command to type, and why: for what fails first, else for what is open, else for what is advised."""
    groups = Groups.of(result)
    for one in (*groups.failing, *groups.open, *groups.advised):
        if one.verdict.next_command:
            return result.command(one.verdict.next_command), _REASONS.get(one.verdict.next_command, "")
    return result.command("pgmason gate --all"), _REASONS["pgmason gate --all"]


def _of_product(result: GateResult) -> list[str]:
    groups = Groups.of(result)
    after = [
        *_names("HOLDS", groups.holding),
        *_names("N/A", groups.beside),
        *_advised(groups.advised),
        *_open(groups.open),
        *_unbuilt(groups.unbuilt),
        *_old_debt(result),
        *_notes(result),
        *_evidence(result),
        _next(*next_of(result)),
    ]
    return [_headline(result, groups), *_failing(groups.failing, LINES - 1 - len(after)), *after]


def _of_repository(results: Sequence[GateResult]) -> list[str]:
    ordered = sorted(results, key=lambda result: _WORST_FIRST.index(result.outcome))
    failing = sum(result.outcome is Outcome.FAILS for result in results)
    lines = [f"{_HEADLINE[outcome_of(results)]}  {failing} of {len(results)} products fail"]
    room = LINES - 2
    shown = ordered if len(ordered) <= room else ordered[: room - 1]
    lines += [_headline(result, Groups.of(result)) for result in shown]
    if len(shown) < len(ordered):
        lines.append(f"... and {len(ordered) - len(shown)} more products: --all prints each")
    worst = ordered[0]
    return [*lines, _next(f"pgmason gate --product {worst.product.name}", "that product's own screen")]


def _headline(result: GateResult, groups: Groups) -> str:
    counts = (
        (groups.failing, "fail" if len(groups.failing) != 1 else "fails"),
        (groups.holding, "hold" if len(groups.holding) != 1 else "holds"),
        (groups.beside, "not applicable"),
        (groups.accepted, "with old debt"),
        (groups.advised, "advised not met"),
        (groups.open, "open"),
        (groups.unbuilt, "not yet looked at"),
    )
    told = ", ".join(f"{len(group)} {words}" for group, words in counts if group)
    return f"{_HEADLINE[result.outcome]}  {printable(result.product.name)}: {told or 'no criterion is switched on'}"


def _failing(judgements: Sequence[Judgement], room: int) -> list[str]:
    """What fails, worst first, in at most `room` lines (at least 4): heads first, then failures as far as they fit."""
    refuted = [one for one in judgements if _refuted(one)]
    tail = _not_looked_at([one for one in judgements if not _refuted(one)], room // 2)
    room -= len(tail)
    if len(refuted) > room:
        more = listed([one.criterion.name for one in refuted[room - 1 :]], COLUMNS - _LABEL - 6)
        return [*(_head(one, 0) for one in refuted[: room - 1]), _labelled("FAILS", f"also: {more}"), *tail]
    told = [
        [_failure(failure, one.verdict.fix, head=one.verdict.why) for failure in one.verdict.failing[:3]]
        for one in refuted
    ]
    spare = room - len(refuted)
    # A line for the first fix of each, then the whole of each first failure, then of more, as long as there is room.
    least = [failures[0][-1:] if number < spare else [] for number, failures in enumerate(told)]
    spare -= sum(map(len, least))
    shown = [0] * len(refuted)
    for turn in range(3):
        for number, failures in enumerate(told):
            if shown[number] == turn < len(failures):
                cost = len(failures[turn]) - (len(least[number]) if turn == 0 else 0)
                if cost <= spare:
                    shown[number] += 1
                    spare -= cost
    lines: list[str] = []
    for one, failures, brief, number in zip(refuted, told, least, shown, strict=True):
        lines.append(_head(one, number))
        lines += [line for failure in failures[:number] for line in failure] if number else brief
    return lines + tail


def _not_looked_at(judgements: Sequence[Judgement], room: int) -> list[str]:
    """What could have been proven and was not, by its reason: two lines each, or one for all where they do not fit."""
    reasons = dict.fromkeys(one.verdict.why for one in judgements)
    if 2 * len(reasons) > room:
        return [_labelled("FAILS", "not looked at: " + listed([one.criterion.name for one in judgements], 75))]
    lines = []
    for why in reasons:
        names = [one.criterion.name for one in judgements if one.verdict.why == why]
        lines.append(
            _labelled("FAILS", f"{counted(len(names), 'criterion', 'criteria')} not looked at: {one_line(why)}")
        )
        lines.append(_labelled("", "  " + listed(names, COLUMNS - _LABEL - 2)))
    return lines


def _head(one: Judgement, shown: int) -> str:
    some = ", such as" if 0 < shown < len(one.verdict.failing) else ""
    said = _labelled("FAILS", f"{one.criterion.name}: {one_line(one.verdict.why)}")
    return clipped(said, COLUMNS - len(some)) + some


def _failure(failure: Failure, fix: str | None, *, head: str) -> list[str]:
    """At most three lines: what is wrong, unless the head said it, where (the end of a long path), what mends it."""
    lines = [] if failure.told == head else [_labelled("", f"  {one_line(failure.told)}")]
    if failure.place:
        file = one_line(failure.place.file)
        while display_width(file) > 60:
            file = "..." + file[4:]
        lines.append(_labelled("", f"    at {file}:{failure.place.line}"))
    if failure.fix or fix:
        lines.append(_labelled("", f"    fix: {without_comments(failure.fix or fix or '')}"))
    return lines


def _advised(judgements: Sequence[Judgement]) -> list[str]:
    if len(judgements) == 1:
        return [_labelled("ADVISED", f"{judgements[0].criterion.name}: {one_line(judgements[0].verdict.why)}")]
    return _names("ADVISED", judgements, "not met: ")


def _open(judgements: Sequence[Judgement]) -> list[str]:
    if len(judgements) <= 2:
        return [_labelled("OPEN", f"{one.criterion.name}: {one_line(one.verdict.why)}") for one in judgements]
    reasons = Counter(one.verdict.why for one in judgements)
    first, _ = reasons.most_common(1)[0]
    why = one_line(first)
    fixes = {one.verdict.fix for one in judgements}
    fix = fixes.pop() if len(fixes) == 1 else None
    mended = [_labelled("", f"  fix: {one_line(fix)}")] if fix else []
    said = "not shown in this run" if len(reasons) == 1 else f"not shown, for {len(reasons)} reasons (--all)"
    return [_labelled("OPEN", f"{said}: {why}"), *mended, *_names("", judgements)]


def _unbuilt(judgements: Sequence[Judgement]) -> list[str]:
    if not judgements:
        return []
    told = f"{counted(len(judgements), 'criterion', 'criteria')} that this version cannot look at: "
    width = COLUMNS - _LABEL
    names = [one.criterion.name for one in judgements]
    first: list[str] = []
    while names and display_width(told + ", ".join([*first, names[0]])) < width:
        first.append(names.pop(0))
    lines = [_labelled("NOT YET", told + ", ".join(first) + ("," if names else ""))]
    return [*lines, _labelled("", listed(names, width))] if names else lines


def _old_debt(result: GateResult) -> list[str]:
    known = [(one.criterion.name, one.verdict.known) for one in result.judgements if one.verdict.known]
    waived = [(one.criterion.name, one.verdict.waived) for one in result.judgements if one.verdict.waived]
    parts = []
    for pairs, words in ((known, "in the baseline"), (waived, "waived")):
        if pairs:
            each = ", ".join(f"{name} {number:,}" if len(pairs) > 1 else name for name, number in pairs)
            parts.append(f"{sum(number for _, number in pairs):,} {words} ({each})")
    # What is accepted without a count, such as a naming convention of the product's own, is said in words.
    parts += [
        f"{one.criterion.name}: {one_line(one.verdict.why)}"
        for one in Groups.of(result).accepted
        if not one.verdict.known and not one.verdict.waived
    ]
    return [_labelled("OLD DEBT", "; ".join(parts))] if parts else []


def _notes(result: GateResult) -> list[str]:
    """What was not read first, each kind counted; of other notes the first, and how many there are besides."""
    notes = list(dict.fromkeys(note for one in result.judgements for note in one.verdict.notes))
    unread = [note.removeprefix(UNREAD) for note in notes if note.startswith(UNREAD)]
    others = [one_line(note) for note in notes if not note.startswith(UNREAD)]
    lines = [_labelled("NOT READ", f"and so not judged: {one_line(note)}") for note in unread[:1]]
    if len(others) > 1:
        others = [clipped(others[0], COLUMNS - _LABEL - 24) + f" and {len(others) - 1} more (--all)"]
    return [*lines, *(_labelled("NOTE", note) for note in others)]


def _evidence(result: GateResult) -> list[str]:
    if result.unkept:
        return [_labelled("EVIDENCE", f"could not be kept: {one_line(result.unkept)}")]
    evidence = [one.verdict.evidence for one in result.judgements if one.verdict.evidence]
    servers = dict.fromkeys(e.on for one in evidence for e in one.executed if e.on.startswith("PostgreSQL"))
    parts = [next(iter(servers))] if servers else []
    if result.reused:
        oldest = min(one.since for one in result.judgements if one.since)
        built = sum(one.criterion.built for one in result.judgements)
        parts.append(f"{result.reused} of {built} verdicts unchanged since {oldest}")
    return [_labelled("EVIDENCE", "; ".join(parts))] if parts else []


def _next(command: str, why: str) -> str:
    return _labelled("NEXT", f"{command}   {why}".rstrip())


def _names(label: str, judgements: Sequence[Judgement], before: str = "") -> list[str]:
    names = [one.criterion.name for one in judgements]
    return [_labelled(label, before + listed(names, COLUMNS - _LABEL - len(before)))] if names else []


def _refuted(one: Judgement) -> bool:
    return one.verdict.gap is Gap.REFUTED


def _labelled(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}"
