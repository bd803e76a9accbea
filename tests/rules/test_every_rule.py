"""What every rule must keep to, whichever it is; a new rule is held to it by being there."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ruled import autocommit, run, verdict

from pgmason.errors import WrongUse
from pgmason.findings import Severity
from pgmason.rules import all_rules, code_rules, history_rules, migration_rules, rule_named, schema_rules
from pgmason.rules.explaining import explanation, explanation_json, help_of

RULES = [rule.name for rule in schema_rules()]


def test_the_first_walk_has_its_rules():
    assert set(RULES) >= {
        "table-without-primary-key",
        "foreign-key-without-index",
        "table-without-timestamps",
        "name-outside-convention",
        "timestamp-without-time-zone",
        "duplicate-or-redundant-index",
    }
    assert "waiver-without-effect" in {rule.name for rule in all_rules()}


def test_every_rule_is_of_one_of_the_kinds_and_stands_in_the_folder_of_its_kind():
    kinds = [*schema_rules(), *history_rules(), *migration_rules(), *code_rules()]
    judging = [rule.name for rule in all_rules() if ".explained." not in type(rule).__module__]
    assert sorted([*(rule.name for rule in kinds), "waiver-without-effect"]) == judging


def test_rules_over_a_schema_are_told_without_importing_what_reads_code():
    asked = "import sys; from pgmason.rules import schema_rules; schema_rules(); print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "pgmason.rules.schema.char_padding" in loaded
    assert not {name for name in loaded if name.startswith(("pgmason.application", "pgmason.rules.code", "psycopg"))}


@pytest.mark.parametrize("name", RULES)
def test_the_bad_example_breaks_its_rule_once(name, fresh_database):
    database = fresh_database()
    database.execute(rule_named(name).bad)
    (finding,) = verdict(database.read_catalog(), name)
    assert finding.rule == name
    assert finding.severity is rule_named(name).severity
    if finding.severity is Severity.NOTE:  # said once for the product
        assert finding.object is None
        return
    assert finding.object is not None
    assert finding.object.own_name in finding.message or finding.object.relation.name in finding.message


@pytest.mark.parametrize("name", RULES)
def test_the_good_example_keeps_its_rule(name, fresh_database):
    database = fresh_database()
    database.execute(rule_named(name).good)
    assert verdict(database.read_catalog(), name) == ()


@pytest.mark.parametrize("name", RULES)
def test_the_fix_of_the_bad_example_runs_and_mends_it(name, fresh_database):
    database = fresh_database()
    with autocommit(database.url) as connection:
        run(connection, rule_named(name).bad)
        connection.execute("SELECT 1")
        (finding,) = verdict(database.read_catalog(), name)
        run(connection, finding.fix or "")
    left = [one for one in verdict(database.read_catalog(), name) if one.severity is not Severity.NOTE]
    assert left == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_a_rule_explains_itself(rule):
    page = explanation(rule)
    for text in (rule.name, str(rule.severity), rule.bad.splitlines()[0], rule.good.splitlines()[0]):
        assert text in page
    unfolded = " ".join(page.split())
    for text in (rule.title, rule.why, rule.effect, rule.cannot_see, rule.brief):
        assert text
        assert " ".join(text.split()) in unfolded
    assert max(len(line) for line in page.splitlines()) <= 100
    assert page.rstrip().splitlines()[-1].startswith("next: pgmason ")
    assert ("[[products.NAME.waive]]" in page) is rule.waivable is (explanation_json(rule)["waiver"] is not None)
    assert explanation_json(rule)["rule"] == help_of(rule).name == rule.name


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_a_rule_says_in_its_title_what_is_wrong_on_one_line(rule):
    assert "\n" not in rule.title
    assert rule.title.endswith(".")
    assert len(rule.why.splitlines()[0]) <= 120


def test_a_misspelt_rule_is_answered_with_the_nearest():
    with pytest.raises(WrongUse, match="foreign-key-without-index") as caught:
        rule_named("foreign-key-without-indexes")
    assert caught.value.next[0].command == "pgmason explain foreign-key-without-index"
    with pytest.raises(WrongUse) as caught:
        rule_named("zzz")
    assert caught.value.next[0].command == "pgmason explain"


def test_findings_come_in_the_same_order_each_time(fresh_database):
    database = fresh_database()
    for rule in schema_rules():
        schema = "s_" + rule.name.replace("-", "_")
        database.execute(f"CREATE SCHEMA {schema}; SET search_path = {schema}; {rule.bad}")
    catalog = database.read_catalog()
    findings = verdict(catalog)
    assert list(findings) == sorted(findings, key=lambda finding: finding.order)
    assert findings == verdict(catalog)
    assert len({finding.fingerprint for finding in findings}) == len(findings)
