"""Whether a finding counts: waivers before the baseline, and no waiver that silences nothing goes unsaid."""

from __future__ import annotations

from datetime import date

import pytest
from ruled import product

from pgmason.config import Waiver
from pgmason.findings import Finding, Severity, Standing
from pgmason.names import ObjectId
from pgmason.rules.baseline import baseline_of
from pgmason.rules.judging import judge

TODAY = date(2027, 3, 1)
RULE = "table-without-timestamps"
AUDIT = ObjectId("table", ("public", "audit_log"))


def found(identity: ObjectId | None = AUDIT, rule: str = RULE, severity: Severity = Severity.STYLE) -> Finding:
    return Finding(rule=rule, severity=severity, object=identity, message="is at fault", effect="it hurts")


def judged(findings, *waivers, baseline=(), **settings):
    accepted = baseline_of(baseline, {}, today=date(2026, 1, 1)) if baseline else None
    return judge(findings, product(waive=tuple(waivers)), accepted, TODAY, **settings)


def waiver(object: str = "*", rule: str = RULE, until: date | None = None) -> Waiver:
    return Waiver(rule=rule, object=object, reason="rows are append-only", until=until)


def test_a_finding_that_nobody_knows_is_new_and_fails():
    (one,) = judged([found()])
    assert one.standing is Standing.NEW
    assert one.fails


def test_a_note_is_never_failing():
    (one,) = judged([found(severity=Severity.NOTE)])
    assert one.standing is Standing.NEW
    assert not one.fails


def test_a_finding_of_the_baseline_is_known_and_says_since_when():
    (one,) = judged([found()], baseline=[found()])
    assert (one.standing, one.fails) == (Standing.KNOWN, False)
    assert "2026-01-01" in one.reason


def test_a_waiver_gives_its_reason_and_its_end():
    (one,) = judged([found()], waiver("public.audit_log", until=date(2027, 6, 1)))
    assert (one.standing, one.reason, one.until) == (Standing.WAIVED, "rows are append-only", date(2027, 6, 1))


def test_a_waiver_comes_before_the_baseline():
    (one,) = judged([found()], waiver("public.audit_log"), baseline=[found()])
    assert one.standing is Standing.WAIVED


@pytest.mark.parametrize(
    ("pattern", "identity"),
    [
        ("public.audit_log", AUDIT),
        ("public.*", AUDIT),
        ("*", AUDIT),
        ("*", None),
        ("public.audit_log", ObjectId("column", ("public", "audit_log", "at"))),
        ("public.audit_log.*", ObjectId("foreign key", ("public", "audit_log", "audit_log_fk"))),
        ('public."Order Line"', ObjectId("table", ("public", "Order Line"))),
        ("public.Order Line", ObjectId("table", ("public", "Order Line"))),
    ],
)
def test_a_waiver_covers_what_its_pattern_names(pattern, identity):
    (one,) = judged([found(identity)], waiver(pattern))
    assert one.standing is Standing.WAIVED


@pytest.mark.parametrize(
    ("pattern", "identity"),
    [
        ("public.audit", AUDIT),
        ("PUBLIC.AUDIT_LOG", AUDIT),
        ("audit_log", AUDIT),
        ("public.*", None),
        ("public.audit_log", ObjectId("index", ("public", "audit_log_idx"))),
    ],
)
def test_a_waiver_covers_nothing_that_its_pattern_does_not_name(pattern, identity):
    standings = {one.finding.rule: one.standing for one in judged([found(identity)], waiver(pattern))}
    assert standings == {RULE: Standing.NEW, "waiver-without-effect": Standing.NEW}


def test_a_waiver_of_another_rule_covers_nothing():
    one, other = judged([found()], waiver(rule="table-without-primary-key"))
    assert {one.standing, other.standing} == {Standing.NEW}


def test_a_waiver_holds_on_its_last_day_and_no_longer():
    (last_day,) = judged([found()], waiver(until=TODAY))
    assert last_day.standing is Standing.WAIVED
    about_waiver, finding = judged([found()], waiver(until=date(2027, 2, 28)))
    assert finding.standing is Standing.NEW
    assert (about_waiver.finding.severity, about_waiver.fails) == (Severity.RISK, True)
    assert "2027-02-28" in about_waiver.finding.message


def test_a_waiver_that_ran_out_leaves_old_debt_known():
    _, finding = judged([found()], waiver(until=date(2020, 1, 1)), baseline=[found()])
    assert finding.standing is Standing.KNOWN


def test_a_waiver_of_no_rule_is_answered_with_the_nearest():
    (one,) = judged([], waiver(rule="table-without-timestamp"))
    assert one.finding.severity is Severity.RISK
    assert "did you mean table-without-timestamps?" in one.finding.message
    assert one.finding.fix == 'rule = "table-without-timestamps"'


def test_a_waiver_whose_fault_is_gone_is_told_as_style():
    (one,) = judged([], waiver("public.gone"))
    assert (one.finding.severity, one.fails) == (Severity.STYLE, True)
    assert "silences nothing" in one.finding.message


def test_a_waiver_of_a_rule_that_did_not_run_is_left_in_peace():
    assert judged([], waiver(), ran={"table-without-primary-key"}) == ()
    assert len(judged([], waiver(), ran={RULE})) == 1
    assert judged([], waiver(), report_waivers=False) == ()


def test_what_is_said_of_a_waiver_can_be_neither_waived_nor_known():
    about = judged([], waiver("public.gone"))[0].finding
    again = judged([], waiver("public.gone"), waiver(rule="waiver-without-effect"), baseline=[about])
    assert {one.standing for one in again} == {Standing.NEW}
    assert len(again) == 2


def test_of_two_waivers_the_first_gives_the_reason_and_both_have_effect():
    (one,) = judged([found()], waiver("public.*"), waiver("public.audit_log", until=date(2027, 6, 1)))
    assert one.until is None


def test_hostile_text_in_a_waiver_stays_on_its_line():
    (one,) = judged([], waiver("x\n::error::y", rule="no\x1b[31mrule"))
    assert one.finding.message.isprintable()


def test_findings_come_worst_first():
    worse = found(rule="a-rule", severity=Severity.OUTAGE)
    assert [one.finding.severity for one in judged([found(), worse])] == [Severity.OUTAGE, Severity.STYLE]
