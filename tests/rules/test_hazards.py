"""Every hazard of docs/rules/hazards is answered by what exists, and its examples find exactly what they say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bench.hazards import Example, Hazard, sections
from migrated import after, everyday, example, faults

from pgmason.findings import Finding
from pgmason.gate.criteria import all_criteria
from pgmason.plan.diff import diff
from pgmason.postgres.server import Server
from pgmason.rules import all_rules, check_migration

HAZARDS = [hazard for section in sections() for hazard in section.hazards]
EXAMPLES = [
    pytest.param(example, major, id=f"{hazard.name}-{number}-{major}".replace(" ", "-"))
    for hazard in HAZARDS
    for number, example in enumerate(hazard.examples, start=1)
    for major in example.majors
]


def findings(server: Server, one: Example, does: str) -> tuple[Finding, ...]:
    """What all rules find in files met by the example's schema; they are sent as its runner sends them."""
    seen = example(server, one.given, does, one.sent, "", one.format, one.rows)
    return tuple(finding for migration in seen for finding in check_migration(migration))


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda one: one.name)
def test_a_hazard_is_answered_by_a_rule_or_criterion_there_is_or_says_why_not(hazard: Hazard) -> None:
    known = {rule.name for rule in all_rules()} | {f"gate: {one.name}" for one in all_criteria()}
    assert set(hazard.by) <= known
    assert hazard.by or hazard.why


def test_no_hazard_is_told_twice() -> None:
    names = [hazard.name for hazard in HAZARDS]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(("example", "major"), EXAMPLES)
def test_an_example_finds_what_it_says_and_its_safe_files_nothing(
    example: Example, major: int, servers: Callable[[int], Server]
) -> None:
    everyday(f"{example.given}{example.does}{major}")
    server = servers(major)
    found = findings(server, example, example.does)
    assert tuple(one.rule for one in found) == example.finds, [one.message for one in found]
    for words in example.says:
        assert words in f"{found[0].message}\n{found[0].fix}"
    if not example.safe:
        return
    fix = found[0].fix or ""
    assert fix.startswith(("-- migration", "-- deploy first")), fix
    assert faults(findings(server, example, fix)) == []
    wanted, reached = after(server, example.given, example.does, example.sent), after(server, example.given, fix)
    assert [str(change) for change in diff(wanted, reached)] == [], fix
