"""bench/OUTAGES.md: the results of bench.outages, bench.remedies and bench.squawk in tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgmason.evidence import write_whole

__all__ = ["Score", "ours", "page", "scored", "write_page"]

HERE = Path(__file__).parent
PAGE = HERE / "OUTAGES.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What somebody claims of one migration, held against what was measured there, statement by statement."""

    found: int
    missed: tuple[int, ...]
    false: tuple[tuple[int, str], ...]  # line, what was claimed


def scored(migration: Mapping[str, Any], claimed: Sequence[tuple[int, str]]) -> Score:
    """`claimed` are lines of statements, each with the words of the claim.

    What stands at or behind a statement that PostgreSQL refused was not measured, and is held against nobody.
    """
    end = int(migration["refused"].partition(":")[0]) if migration["refused"] else None
    outages = {entry[0] for entry in migration["outages"]}
    lines = {line for line, _ in claimed}
    return Score(
        found=len(outages & lines),
        missed=tuple(sorted(outages - lines)),
        false=tuple((line, words) for line, words in claimed if line not in outages and (end is None or line < end)),
    )


def ours(migration: Mapping[str, Any]) -> list[tuple[int, str]]:
    """The claims of our rules."""
    return [(line, f"{rule}: {subject}") for rule, line, subject in migration["findings"]]


def write_page() -> None:
    """Write it from what results there are."""
    write_whole(PAGE, page(*(_read(f"{name}-results.json") for name in ("outages", "remedies", "squawk"))))


def _read(name: str) -> Mapping[str, Any]:
    file = HERE / name
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def page(outages: Mapping[str, Any], remedies: Mapping[str, Any], squawk: Mapping[str, Any]) -> str:
    """The whole page."""
    lines = [
        "# Which statements stop reads or writes?",
        "",
        "Written by `python -m bench.outages`, `bench.remedies` and `bench.squawk` from their results. What an",
        "outage is, and how it is measured at 1,000 and 100,000 rows, stands at the head of bench/blocking.py: work",
        "that grows with a table, by PostgreSQL's own counters or by the clock, while reads or writes of a relation",
        "that was there before the migration have to wait for a lock.",
    ]
    for server, of_server in outages.items():
        lines += ["", f"## The last migrations of real products, {server}", "", f"{of_server['machine']}.", ""]
        lines += _products(of_server["products"])
    if squawk and outages:
        lines += ["", "## Beside squawk", "", *_beside(next(iter(outages.values()))["products"], squawk)]
    for server, of_server in remedies.items():
        lines += ["", f"## The safe sequences, {server}", "", *_sequences(of_server["rules"])]
    return "\n".join(lines) + "\n"


_HEAD = ("product", "migrations", "statements", "others wait during", "outages", "found", "missed", "findings", "false")
_REFUSED = "Refused on the rows, and not measured from there"
_THIN = "Tables that hold less than half of the rows"


def _products(products: Mapping[str, Any]) -> Iterator[str]:
    yield from _head(_HEAD)
    sums: Counter[str] = Counter()
    named: dict[str, list[str]] = {"Missed": [], "False": [], _REFUSED: [], _THIN: []}
    for product, migrations in products.items():
        counts: Counter[str] = Counter()
        for name, one in migrations.items():
            score = scored(one, ours(one))
            counts.update(
                {
                    "migrations": 1,
                    "statements": one["statements"],
                    "others wait during": len(one["outages"]) + len(one["constant"]),
                    "outages": score.found + len(score.missed),
                    "found": score.found,
                    "missed": len(score.missed),
                    "findings": len(one["findings"]),
                    "false": len(score.false),
                }
            )
            named["Missed"] += [f"{product} {name}:{_outage(one, line)}" for line in score.missed]
            named["False"] += [f"{product} {name}:{line}: {words}{_constant(one, line)}" for line, words in score.false]
            named[_REFUSED] += [f"{product} {name}:{one['refused']}"] if one["refused"] else []
            named[_THIN] += [f"{product} {name}: {thin}" for thin in one["thin"]]
        sums += counts
        yield _row((product, *(counts[key] for key in _HEAD[1:])))
    yield _row(("**all**", *(sums[key] for key in _HEAD[1:])))
    yield ""
    share = 100 * sums["false"] / max(sums["findings"], 1)
    yield f"False: {share:.1f} % of the findings that call themselves an outage."
    for heading, told in named.items():
        yield from ("", f"### {heading}", "")
        yield from (f"- {one}" for one in told or ["none"])


def _outage(migration: Mapping[str, Any], line: int) -> str:
    entry = next(one for one in migration["outages"] if one[0] == line)
    _, form, small, large, small_ms, large_ms, locks = entry
    held = ", ".join(f"{mode} on {name}" for name, mode in locks.items())
    return f"{line}: {form}, work {small} then {large}, {small_ms} then {large_ms} ms, under {held}"


def _constant(migration: Mapping[str, Any], line: int) -> str:
    entry = next((one for one in migration["constant"] if one[0] == line), None)
    if entry is None:
        return " (nobody waits for it)"
    return f" (work {entry[2]} then {entry[3]}, {entry[4]} then {entry[5]} ms)"


def _beside(products: Mapping[str, Any], squawk: Mapping[str, Any]) -> Iterator[str]:
    yield f"{squawk['squawk']}, {squawk['machine']}; which of its rules claim an outage, and how it is run,"
    yield "stands at the head of bench/squawk.py. Times are medians: a squawk process for a file, and our rules on a"
    yield "migration in a process that runs, with the state before it known."
    yield ""
    yield from _head(
        ("product", "outages", "squawk found", "missed", "false", "we found", "missed", "false", "squawk", "we")
    )
    sums: Counter[str] = Counter()
    rules: dict[str, Counter[str]] = {"missed by squawk": Counter(), "false by squawk": Counter()}
    for product, migrations in products.items():
        told = squawk["products"].get(product)
        if told is None:
            continue
        counts: Counter[str] = Counter()
        for name, one in migrations.items():
            theirs = [(entry[0], ", ".join(entry[1:])) for entry in told["migrations"].get(name, ())]
            other, own = scored(one, theirs), scored(one, ours(one))
            counts.update(outages=own.found + len(own.missed), found=other.found, missed=len(other.missed))
            counts.update(false=len(other.false), we=own.found, we_missed=len(own.missed))
            counts.update(we_false=len({line for line, _ in own.false}))
            rules["missed by squawk"].update(_outage(one, line).split(": ")[1].split(",")[0] for line in other.missed)
            rules["false by squawk"].update(words for _, words in other.false)
        sums += counts
        times = (f"{told['seconds_a_file'] * 1000:.0f} ms", f"{told['our_seconds_a_file'] * 1000:.0f} ms")
        yield _row((product, *(counts[key] for key in _COUNTS), *times))
    yield _row(("**all**", *(sums[key] for key in _COUNTS), "", ""))
    for heading, counted in rules.items():
        yield ""
        yield (
            f"{heading.capitalize()}: "
            + (", ".join(f"{what} {n}" for what, n in counted.most_common()) or "none")
            + "."
        )


_COUNTS = ("outages", "found", "missed", "false", "we", "we_missed", "we_false")


def _sequences(rules: Mapping[str, Any]) -> Iterator[str]:
    yield "The longest that others wait for a statement of the bad example, of the sequence that the finding shows,"
    yield "and of the rule's good example: work and time at both sizes. During a `-` nobody waits."
    yield ""
    yield from _head(("rule", "bad", "sequence", "good"))
    for name, one in rules.items():
        yield _row((name, *(_longest(one[which]) for which in ("bad", "remedy", "good"))))


def _longest(statements: Sequence[Mapping[str, Any]]) -> str:
    if not statements:
        return "-"
    one = max(statements, key=lambda statement: (statement["outage"], statement["ms"][1]))
    told = f"{one['form']}: {one['work'][0]} then {one['work'][1]}, {one['ms'][0]} then {one['ms'][1]} ms"
    return f"**{told}**" if one["outage"] else told


def _head(cells: Sequence[str]) -> Iterator[str]:
    yield _row(cells)
    yield f"|{'---|' * len(cells)}"


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


if __name__ == "__main__":
    write_page()
