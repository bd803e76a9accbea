"""Six renderings of the same findings: each says the same, and none can be broken by what a name holds.

`golden/` holds the renderings of `SOME` as people read them; PGMASON_UPDATE_GOLDEN=1 writes them anew, and the
difference is for a person to read.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgmason.errors import NextCommand, WrongUse
from pgmason.findings import Cost, Finding, Judged, Place, Severity, Standing
from pgmason.names import ObjectId
from pgmason.renderings import FORMATS, RuleHelp, render

GOLDEN = Path(__file__).with_name("golden")
HELP = {
    "foreign-key-without-index": RuleHelp(
        name="foreign-key-without-index",
        severity=Severity.RISK,
        title="A foreign key that no index serves.",
        why="Deleting a parent reads the whole child.",
        text="the page",
        markdown="the **page**",
    ),
    "table-without-primary-key": RuleHelp(
        name="table-without-primary-key",
        severity=Severity.RISK,
        title="A table whose rows nothing identifies.",
        why="No row can be named.",
        text="the page",
        markdown="the **page**",
    ),
}


def finding(
    name: str = "line",
    rule: str = "foreign-key-without-index",
    severity: Severity = Severity.RISK,
    place: Place | None = None,
    fix: str | None = None,
    detail: str = "",
    message: str | None = None,
    effect: str = "Deleting a parent reads the whole child.",
    cost: Cost | None = None,
) -> Finding:
    table = ObjectId("table", ("public", name))
    return Finding(
        rule=rule,
        severity=severity,
        object=table,
        message=message or f"{table.name} has no index",
        effect=effect,
        fix=fix or "-- alone\nCREATE INDEX CONCURRENTLY ON line (order_id);",
        place=place,
        detail=detail,
        cost=cost,
    )


def new(one: Finding) -> Judged:
    return Judged(finding=one, standing=Standing.NEW)


PLACED = Place(file="apps/api/prisma/migrations/2027 01, add line/migration.sql", line=14)
COST = Cost(told=("would take  reads public.order: 4 s to 40 s; 50 million rows",), seconds=(4, 40), bytes_written=0)
SOME = [
    new(finding("b", severity=Severity.STYLE, rule="name-outside-convention", effect="It has to be looked up.")),
    new(finding("line", place=PLACED)),
    new(finding("order", effect="Deleting an order reads every line.", cost=COST)),
    new(finding("Order Line", rule="table-dropped", severity=Severity.LOSS, effect="Its rows are gone.")),
    new(
        Finding(
            rule="table-without-timestamps",
            severity=Severity.NOTE,
            object=None,
            message="no trigger keeps updated_at current on 4 tables: public.a, public.b, public.c, public.d",
            effect="It is as true as each writer makes it.",
        )
    ),
    Judged(finding=finding("old"), standing=Standing.KNOWN, reason="in the baseline of 2026-01-01"),
    Judged(
        finding=finding("log", rule="table-without-timestamps"),
        standing=Standing.WAIVED,
        reason="rows are append-only",
        until=date(2027, 6, 1),
    ),
]


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_looks_as_people_have_read_it(format):
    text = render(SOME, format=format, title="shop", help=HELP, version="0.1.0")
    golden = GOLDEN / f"{format}.txt"
    if os.environ.get("PGMASON_UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("format", FORMATS)
def test_the_order_of_findings_does_not_depend_on_how_they_come(format):
    assert render(SOME, format=format, title="shop") == render(SOME[::-1], format=format, title="shop")


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_found_is_said_too(format):
    assert "shop" in render([], format=format, title="shop") or format == "sarif"


def test_an_unknown_format_is_wrong_use():
    with pytest.raises(WrongUse, match="text, json"):
        render([], format="yaml", title="shop")


def test_text_shows_ten_of_a_rule_and_says_where_the_rest_is():
    text = render([new(finding(f"t{i:02}")) for i in range(13)], format="text", title="shop")
    assert text.count("has no index") == 10
    assert "and 3 more: pgmason check --format json" in text
    assert "13 new findings (13 risk)" in text


def test_text_ends_with_what_to_type_next():
    explain = "next: pgmason explain foreign-key-without-index"
    assert render([new(finding())], format="text", title="shop").splitlines()[-1].startswith(explain)
    assert render([], format="text", title="shop").splitlines()[-1].startswith("next: pgmason gate")
    given_next = [NextCommand(command="pgmason docs", why="writes them")]
    text = render([], format="text", title="shop", next=given_next)
    assert text.splitlines()[-1] == "next: pgmason docs   # writes them"


def test_known_and_waived_findings_are_counted_and_not_told():
    text = render(SOME, format="text", title="shop")
    assert text.splitlines()[0].endswith("1 note, 1 known (old debt), 1 waived")
    assert "public.old" not in text
    assert "public.log" not in text


def test_json_holds_every_finding_with_its_standing():
    document = json.loads(render(SOME, format="json", title="shop"))
    assert document["version"] == 1
    assert document["counts"] == {"failing": 4, "new": 5, "known": 1, "waived": 1}
    by_object = {one["object"]["name"] if one["object"] else None: one for one in document["findings"]}
    assert by_object["public.line"]["place"] == {"file": PLACED.file, "line": 14}
    assert by_object["public.line"]["code"] == "foreign-key-without-index"
    assert by_object["public.log"]["until"] == "2027-06-01"
    assert (by_object[None]["fails"], by_object[None]["standing"]) == (False, "new")
    assert document["next"][0]["command"].startswith("pgmason explain ")


def test_sarif_places_findings_and_suppresses_what_is_known_or_waived():
    (run,) = json.loads(render(SOME, format="sarif", title="shop", help=HELP))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({*HELP, *(item.finding.rule for item in SOME)})
    for result, item in zip(run["results"], sorted(SOME, key=lambda item: item.finding.order), strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == item.finding.rule
        assert result["partialFingerprints"]["pgmason/v1"] == item.finding.fingerprint
        assert ("suppressions" in result) is (item.standing is not Standing.NEW)
        assert (result["baselineState"] == "unchanged") is (item.standing is Standing.KNOWN)
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote(uri) == (item.finding.place.file if item.finding.place else "pgmason.toml")
        assert " " not in uri
        assert location["physicalLocation"]["region"]["startLine"] >= 1
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels["table-dropped"] == "error"
    assert levels["name-outside-convention"] == "warning"


def test_sarif_is_what_its_standard_says():
    model = pytest.importorskip("pydantic_sarif.model", reason="pydantic-sarif holds the schema of SARIF 2.1.0")
    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate_json(
        render(SOME, format="sarif", title="shop", help=HELP, version="0.1.0")
    )


def test_junit_counts_what_it_holds():
    root = ElementTree.fromstring(render(SOME, format="junit", title="shop", help=HELP))
    (suite,) = root
    cases = suite.findall("testcase")
    assert suite.get("tests") == root.get("tests") == str(len(cases)) == "8"  # and one rule that found nothing
    assert suite.get("failures") == str(len(suite.findall("testcase/failure"))) == "4"
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped"))) == "2"


def test_github_annotates_new_findings_only_at_their_line():
    lines = render(SOME, format="github", title="shop").splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert len(commands) == len(lines) - 1 == 5
    assert [line.split(" ")[0] for line in commands] == ["::error", "::warning", "::warning", "::warning", "::notice"]
    (placed,) = [line for line in commands if "file=" in line]
    assert "file=apps/api/prisma/migrations/2027 01%2C add line/migration.sql,line=14,title=" in placed


def test_markdown_shows_twenty_and_counts_the_rest():
    text = render([new(finding(f"t{i:02}")) for i in range(23)], format="markdown", title="shop")
    assert text.count("| risk |") == 20
    assert "and 3 more" in text


HOSTILE = [
    "x\n::error::owned",
    "x\r::error::owned",
    "##[add-mask]secret",
    "%0A::error::owned",
    "a,b:c%d",
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    "`code` ```sql",
    "a|b",
    "a``b",
    "<script>alert(1)</script>",
    "]]>",
    "@everyone #1 [link](http://example.com)",
    "![i](x)",
    "</details>",
    "'; DROP TABLE users; --",
    'say "hi"',
    "\x00".replace("\x00", "\x01\x02\x0b"),
    "\ufffe\uffff",
    "🎉 emoji",
    "\u2028\u2029\x85",
]
ANY_NAME = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=20),
)


def hostile(name: str) -> list[Judged]:
    """The name everywhere that a name gets to: object, message, fix, place, detail, reason."""
    one = finding(
        name, message=f"{name} has no index", fix=f"DROP TABLE {name};", detail=name, place=Place(file=name, line=3)
    )
    return [new(one), Judged(finding=finding(name, detail="2"), standing=Standing.WAIVED, reason=name)]


def plain(name: str) -> list[Judged]:
    return hostile("name")


@given(ANY_NAME)
def test_a_name_adds_no_line_to_the_text_beyond_those_of_a_fix(name):
    text = render(hostile(name), format="text", title="shop")
    plain_lines = len(render(plain(name), format="text", title="shop").splitlines())
    assert len(text.splitlines()) == plain_lines + name.count("\n")
    assert all(character.isprintable() for line in text.split("\n") for character in line)


@given(ANY_NAME)
def test_a_name_starts_no_workflow_command(name):
    text = render(hostile(name), format="github", title="shop")
    lines = text.splitlines()
    assert [line.startswith("::warning ") for line in lines] == [True, False]
    assert "##[" not in text
    properties = lines[0].removeprefix("::warning ").split("::")[0]
    assert [pair.split("=")[0] for pair in properties.split(",")] == ["file", "line", "title"]


@given(ANY_NAME)
def test_a_name_leaves_no_line_of_any_log_that_begins_with_a_command(name):
    for format in FORMATS:
        lines = render(hostile(name), format=format, title="shop").splitlines()
        assert sum(line.lstrip().startswith("::") for line in lines) == (1 if format == "github" else 0)


@given(ANY_NAME)
def test_json_and_sarif_are_ascii_and_give_the_name_back(name):
    text = render(hostile(name), format="json", title="shop")
    assert text.isascii()
    assert json.loads(text)["findings"][0]["object"]["path"] == ["public", name]
    sarif = render(hostile(name), format="sarif", title="shop", help=HELP)
    assert sarif.isascii()
    locations = [result["locations"][0]["physicalLocation"] for result in json.loads(sarif)["runs"][0]["results"]]
    assert {unquote(location["artifactLocation"]["uri"]) for location in locations} == {name, "pgmason.toml"}


@given(ANY_NAME)
def test_junit_stays_well_formed_xml(name):
    text = render(hostile(name), format="junit", title=name)
    root = ElementTree.fromstring(text)
    assert len(root.findall("testsuite/testcase")) == 2
    assert all(character.isprintable() or character == "\n" for character in text)


@given(ANY_NAME)
def test_a_name_stays_in_its_cell_of_the_markdown_table(name):
    (row,) = [
        line for line in render(hostile(name), format="markdown", title="shop").splitlines() if "| risk |" in line
    ]
    # GFM 4.10: a cell ends at each pipe that has no backslash before it, in code spans too
    assert row.replace("\\\\", "").replace("\\|", "").count("|") == 5


@given(ANY_NAME)
def test_a_name_closes_no_code_span_and_no_code_block(name):
    text = render(hostile(name), format="markdown", title="shop")
    lines = text.splitlines()
    opening = next(i for i, line in enumerate(lines) if line.endswith("```sql") and line.startswith("```"))
    fence = lines[opening].removesuffix("sql")
    closing = [i for i, line in enumerate(lines) if line.startswith(fence) and i > opening]
    assert closing[0] == len(lines) - 1 - lines[::-1].index(fence)
    assert lines[closing[0] + 2] == "</details>"
    assert text.count("</details>") >= 1


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("a|b", '`public."a\\|b"`'),
        ("a`b", '`` public."a`b" ``'),
        ("a``b", '``` public."a``b" ```'),
        ("@everyone", '`public."@everyone"`'),
    ],
)
def test_a_name_in_markdown_is_code(name, cell):
    assert f"| {cell} |" in render([new(finding(name))], format="markdown", title="shop")


def test_a_message_in_markdown_mentions_nobody_and_links_nowhere():
    hostile_message = "@everyone see #12 ![x](http://example.com) <b>now</b> $x$ :tada:"
    text = render([new(finding(message=hostile_message))], format="markdown", title="shop")
    assert "@<!-- -->everyone see \\#12 \\!\\[x\\]\\(http\\:" in text
    assert "\\<b\\>now\\</b\\> \\$x\\$ \\:tada\\:" in text
