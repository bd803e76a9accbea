"""What every rule over application code must keep to; a new rule is held to it by being there."""

from __future__ import annotations

import pytest
from coded import found_in

from pgmason.rules import code_rules
from pgmason.rules.code_rule import CodeRule

each_rule = pytest.mark.parametrize("rule", code_rules(), ids=lambda rule: rule.name)


@each_rule
def test_the_bad_example_breaks_its_rule_once_and_no_other_of_its_severity(rule: CodeRule) -> None:
    found = found_in(rule.bad, rule.language)
    (finding,) = (one for one in found if one.rule == rule.name)
    assert finding.severity is rule.severity
    assert finding.place is not None
    assert [one.rule for one in found if one.severity is rule.severity] == [rule.name]


@each_rule
def test_the_good_example_keeps_every_rule(rule: CodeRule) -> None:
    left = [one.message for one in found_in(rule.good, rule.language) if one.rule != "raw-sql-beside-the-orm"]
    assert left == []
