"""The baseline is reviewed by people and trusted by the gate: the same bytes for the same debt, or a clear refusal."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgmason.errors import ConfigurationError
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.baseline import baseline_of, read_baseline, write_baseline

TODAY = date(2027, 3, 1)
NAMES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=20)


def found(name: str, rule: str = "table-without-timestamps") -> Finding:
    return Finding(
        rule=rule, severity=Severity.STYLE, object=ObjectId("table", ("public", name)), message="m", effect="e"
    )


def test_no_file_is_no_baseline(tmp_path):
    assert read_baseline(tmp_path / "baseline.json") is None


def test_the_file_is_what_a_reviewer_wants_to_read(tmp_path):
    file = tmp_path / "baseline.json"
    write_baseline(file, baseline_of([found("b"), found("a"), found("a")], {"2_b": "ff", "1_a": "00"}, today=TODAY))
    assert json.loads(file.read_text()) == {
        "version": 1,
        "written": "2027-03-01",
        "findings": [
            {"fingerprint": found("a").fingerprint, "rule": "table-without-timestamps", "object": "public.a"},
            {"fingerprint": found("b").fingerprint, "rule": "table-without-timestamps", "object": "public.b"},
        ],
        "migrations": {"1_a": "00", "2_b": "ff"},
    }
    assert list(json.loads(file.read_text())["migrations"]) == ["1_a", "2_b"]


@given(st.lists(NAMES), st.dictionaries(NAMES, NAMES))
def test_what_is_written_is_read_again_and_order_plays_no_part(tmp_path_factory, names, migrations):
    file = tmp_path_factory.mktemp("baseline") / "baseline.json"
    baseline = baseline_of([found(name) for name in names], migrations, today=TODAY)
    write_baseline(file, baseline)
    first = file.read_bytes()
    assert read_baseline(file) == baseline
    write_baseline(file, baseline_of([found(name) for name in reversed(names)], migrations, today=TODAY))
    assert file.read_bytes() == first


def test_debt_that_is_paid_is_told():
    baseline = baseline_of([found("a"), found("b")], {}, today=TODAY)
    assert [accepted.object for accepted in baseline.paid([found("b")])] == ["public.a"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ('{\n<<<<<<< HEAD\n "version": 1\n=======\n', "merge conflict"),
        ("[]", "has version None"),
        ('{"version": 2}', "has version 2; this pgmason reads 1"),
        ('{"version": "\\u001b[31m"}', "has version '"),
        ('{"version": 1}', "is not a baseline"),
        ('{"version": 1, "written": "yesterday", "findings": [], "migrations": {}}', "is not a baseline"),
        ('{"version": 1, "written": "2027-03-01", "findings": [{}], "migrations": {}}', "is not a baseline"),
        ('{"version": 1, "written": "2027-03-01", "findings": [], "migrations": {"a": 1}}', "is not a baseline"),
        ('{"version": 1, "written": "2027-03-01", "findings": [], "migrations": []}', "is not a baseline"),
        ('{"version": 1, "written": "2027-03-01", "findings": null, "migrations": {}}', "is not a baseline"),
    ],
)
def test_a_broken_file_is_refused_with_the_command_that_mends_it(tmp_path, text, says):
    file = tmp_path / "baseline.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=says) as caught:
        read_baseline(file)
    assert caught.value.where == str(file)
    assert caught.value.next[0].command == "pgmason init --rebaseline"
    assert str(caught.value).isprintable()


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "baseline.json").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_baseline(tmp_path / "baseline.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_baseline(tmp_path / "bytes.json")
