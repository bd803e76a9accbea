"""What every rule over migrations must keep to; a new rule is held to it by being there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from migrated import after, everyday, faults, judged

from pgmason.plan.diff import diff
from pgmason.postgres.server import Server
from pgmason.rules import migration_rules
from pgmason.rules.migration_rule import MigrationRule

CASES = [(rule, major) for rule in migration_rules() for major in rule.majors]
each_rule = pytest.mark.parametrize(("rule", "major"), CASES, ids=lambda one: getattr(one, "name", one))


def on(major: int, rule: MigrationRule) -> None:
    """Each rule on its first server; in the everyday run a third of them on the others, too."""
    if major != min(rule.majors):
        everyday(rule.name)


def asked(rule: MigrationRule) -> tuple[str, ...]:
    """The house style that a rule's examples are judged by: the rule itself, where it is of that."""
    return (rule.name,) if rule.optional else ()


@each_rule
def test_the_bad_example_breaks_its_rule_once_and_its_remedy_none_and_ends_in_the_same_schema(
    rule: MigrationRule, major: int, servers: Callable[[int], Server]
) -> None:
    on(major, rule)
    server = servers(major)
    found = judged(
        server, rule.schema, rule.bad, frame=rule.frame, down=rule.bad_down, rows=rule.rows, style=asked(rule)
    )
    (finding,) = (one for one in found if one.rule == rule.name)
    assert finding.severity is rule.severity
    assert finding.place is not None
    others = [one.rule for one in found if one.rule != rule.name and one.severity is rule.severity]
    assert others == [], "one cause is told once"
    if finding.fix is not None and finding.fix.startswith(("-- migration", "-- deploy first")):
        assert faults(judged(server, rule.schema, finding.fix)) == []
        same = diff(after(server, rule.schema, rule.bad, frame=rule.frame), after(server, rule.schema, finding.fix))
        assert [str(change) for change in same] == []


@each_rule
def test_the_good_example_keeps_every_rule(rule: MigrationRule, major: int, servers: Callable[[int], Server]) -> None:
    on(major, rule)
    found = judged(servers(major), rule.schema, rule.good, down=rule.good_down, style=asked(rule))
    assert [one.rule for one in found if one.rule == rule.name] == []
    assert faults(found) == []
