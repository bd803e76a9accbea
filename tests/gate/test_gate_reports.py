"""What machines read says the same as the screen, whatever other people's text holds."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from test_first_screen import EVIDENCE, results

from pgmason.config import Level, Product, Where
from pgmason.evidence import Failure, Gap, Status, Verdict
from pgmason.findings import Place
from pgmason.gate.brief import BRIEF
from pgmason.gate.criteria import all_criteria
from pgmason.gate.reports import as_github, as_json, as_junit, as_sarif
from pgmason.gate.run import GateResult, Judgement

CRITERIA = {criterion.name: criterion for criterion in all_criteria()}
FAILURE = Failure(
    subject="public.lines",
    what="public.lines has 100% of\n::error::its rows without an index",
    place=Place(file="db/a b,c.sql", line=7),
    fix="-- first\nCREATE INDEX ON public.lines (order_id);",
)


def refuted(level: Level = Level.REQUIRED, failure: Failure = FAILURE) -> GateResult:
    verdict = Verdict(
        criterion="foreign-keys-indexed",
        status=Status.NOT_PROVEN,
        gap=Gap.REFUTED,
        why="1 foreign key has no index",
        evidence=EVIDENCE,
        failing=(failure,),
        next_command="pgmason check",
        could_prove=True,
    )
    judgement = Judgement(criterion=CRITERIA["foreign-keys-indexed"], level=level, where=Where.DESK, verdict=verdict)
    return GateResult(product=Product(name="shop", root=Path(), criteria={}), judgements=(judgement,))


@given(results())
@settings(deadline=None, max_examples=60)
def test_json_holds_every_verdict_with_its_lines_of_the_brief(result: GateResult) -> None:
    document = json.loads(as_json([result]))
    assert document["version"] == 1
    assert document["exit_code"] == result.exit_code
    (product,) = document["products"]
    assert [entry["name"] for entry in product["criteria"]] == [one.criterion.name for one in result.judgements]
    for entry, one in zip(product["criteria"], result.judgements, strict=True):
        assert entry["status"] == one.verdict.status
        assert entry["brief"] == {line: BRIEF[line] for line in one.criterion.brief}
        assert (entry["evidence"] is not None) == (one.verdict.evidence is not None)
        assert entry["fails"] == one.fails
    counts = product["counts"]
    shown = ("failing", "holding", "not_applicable", "accepted", "advised", "open", "not_built")
    assert sum(counts[group] for group in shown) == len(result.judgements)


@given(results())
@settings(deadline=None, max_examples=60)
def test_junit_is_xml_and_counts_what_fails(result: GateResult) -> None:
    suite = ElementTree.fromstring(as_junit([result])).find("testsuite")
    assert suite is not None
    failures = sum(one.fails for one in result.judgements)
    assert suite.get("failures") == str(failures)
    assert len(suite.findall("testcase/failure")) == failures
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    assert suite.get("tests") == str(len(result.judgements))


@given(results())
@settings(deadline=None, max_examples=60)
def test_a_line_for_github_is_one_command_whatever_a_name_says(result: GateResult) -> None:
    lines = as_github([result]).split("\n")
    expected = sum(max(len(one.verdict.failing), 1) for one in result.judgements if one.fails)
    assert sum(line.startswith("::error ") for line in lines) == expected
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)


@given(results())
@settings(deadline=None, max_examples=60)
def test_sarif_has_a_place_and_a_stable_mark_for_each_failure(result: GateResult) -> None:
    (run,) = json.loads(as_sarif([result]))["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    for found in run["results"]:
        assert found["ruleId"] in rules
        assert found["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
        assert len(found["partialFingerprints"]["pgmason/v1"]) == 64


@pytest.mark.parametrize(("level", "word"), [(Level.REQUIRED, "error"), (Level.ADVISED, "warning")])
def test_a_failure_is_an_error_and_what_is_advised_a_warning(level: Level, word: str) -> None:
    first = as_github([refuted(level)]).split("\n")[0]
    assert first == (
        f"::{word} file=db/a b%2Cc.sql,line=7,title=shop%3A foreign-keys-indexed::public.lines has 100%25 of"
        " ::error::its rows without an index%0A-- first%0ACREATE INDEX ON public.lines (order_id);"
    )
    (run,) = json.loads(as_sarif([refuted(level)]))["runs"]
    assert [(found["level"], found["ruleId"]) for found in run["results"]] == [(word, "foreign-keys-indexed")]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("db/a%20b%2Cc.sql", {"startLine": 7})
