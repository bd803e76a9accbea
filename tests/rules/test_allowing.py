"""A comment above a statement accepts what a rule finds there, and is told where it accepts nothing."""

from __future__ import annotations

from datetime import date

import pytest
from ruled import product

from pgmason.findings import Allowance, Finding, Place, Severity, Standing
from pgmason.rules.allowing import allowances, with_allowances
from pgmason.rules.judging import judge

FILE = "1.sql"


def found(line: int, rule: str = "column-dropped") -> Finding:
    return Finding(
        rule=rule, severity=Severity.LOSS, object=None, message="m", effect="e", place=Place(file=FILE, line=line)
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-- pgmason: allow a-rule because it is small", Allowance(rule="a-rule", reason="it is small")),
        (
            "  -- pgmason: allow a-rule because nobody waits until 2027-03-01",
            Allowance(rule="a-rule", reason="nobody waits", until=date(2027, 3, 1)),
        ),
        ("-- pgmason: allow a-rule because of us until we go", Allowance(rule="a-rule", reason="of us until we go")),
        ("-- pgmason: allow a-rule", Allowance(rule="a-rule", reason="")),
    ],
)
def test_a_comment_says_a_rule_a_reason_and_perhaps_an_end(line: str, said: Allowance) -> None:
    assert allowances(f"SELECT 1;\n{line}\nSELECT 2;") == ((2, said),)


def test_what_is_allowed_above_the_statement_is_waived_with_the_reason_until_its_end() -> None:
    text = "-- pgmason: allow column-dropped because it was empty until 2027-03-01\n-- and more words\nDROP\n"
    (finding,) = with_allowances([found(3)], text, FILE, [3])
    (judged,) = judge([finding], product(), None, date(2027, 3, 1))
    assert (judged.standing, judged.reason) == (Standing.WAIVED, "it was empty")
    (later,) = judge([finding], product(), None, date(2027, 3, 2))
    assert later.standing is Standing.NEW


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("-- pgmason: allow column-dropped because x\nSELECT 1;\nDROP\n", 3, "silences nothing"),
        ("-- pgmason: allow table-dropped because x\nDROP\n", 2, "silences nothing"),
        ("-- pgmason: allow column-dropped\nDROP\n", 2, "gives no reason"),
        ("DROP\n-- pgmason: allow column-dropped because x\n", 1, "stands above no statement"),
    ],
)
def test_a_comment_that_allows_nothing_is_a_finding_itself(text: str, line: int, words: str) -> None:
    one, other = with_allowances([found(line)], text, FILE, [line])
    assert one.allowed is None
    assert other.rule == "waiver-without-effect"
    assert words in other.message
