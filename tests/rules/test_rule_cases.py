"""What each rule says of a schema: cases are folders, `before.sql` the schema and `expect.toml` what is said of it.

`[[finding]]` gives every finding of the rule in the order of Finding.order: its object ("" for the product), its
message in full, and where it matters detail, severity, effect and fix. Unless `mends = false`, the fixes shown are run
one after the other, and nothing but notes may be left.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from ruled import autocommit, run, schema_rule, verdict

from pgmason.config import Naming
from pgmason.findings import Severity

ROOT = Path(__file__).with_name("cases")
CASES = sorted(folder for rule in ROOT.iterdir() for folder in rule.iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_rule_says_of_a_schema(case, fresh_database):
    expect = tomllib.loads((case / "expect.toml").read_text(encoding="utf-8"))
    settings = dict(expect.get("settings", {}))
    if "naming" in settings:
        settings["naming"] = Naming(settings["naming"])
    rule, database = case.parent.name, fresh_database()
    with autocommit(database.url) as connection:
        run(connection, (case / "before.sql").read_text(encoding="utf-8"))
        found = verdict(database.read_catalog(), rule, **settings)
        expected = expect.get("finding", [])
        said = [{"object": str(finding.object or ""), "message": finding.message} for finding in found]
        assert said == [{key: wanted[key] for key in ("object", "message")} for wanted in expected]
        for finding, wanted in zip(found, expected, strict=True):
            assert finding.detail == wanted.get("detail", "")
            assert finding.severity == wanted.get("severity", schema_rule(rule).severity)
            assert finding.effect == wanted.get("effect", finding.effect)
            assert finding.fix == wanted.get("fix", finding.fix)
        for finding in found:
            run(connection, finding.fix or "")
    if expect.get("mends", True):
        left = [one for one in verdict(database.read_catalog(), rule, **settings) if one.severity is not Severity.NOTE]
        assert left == []


def test_every_rule_has_cases_that_break_it_and_cases_that_keep_it():
    for rule in ROOT.iterdir():
        expected = [tomllib.loads((case / "expect.toml").read_text(encoding="utf-8")) for case in rule.iterdir()]
        assert any("finding" in one for one in expected)
        assert any("finding" not in one for one in expected)
