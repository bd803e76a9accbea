"""What the run makes of verdicts: reuse, staleness, the exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from gate_input import Docs, Given, baseline, found, make_schema

from pgmason.catalog.model import Catalog, Unread
from pgmason.config import CriterionSetting, Level, Waiver, Where
from pgmason.errors import ConfigurationError, NoServer, StatementFailed, WrongUse
from pgmason.evidence import Gap, Ledger, Status
from pgmason.findings import Standing
from pgmason.gate.criteria import all_criteria
from pgmason.gate.run import GateResult, Judgement, Outcome, exit_code_of, outcome_of, run_gate

Make = Callable[..., Any]
BUILT = [criterion for criterion in all_criteria() if criterion.built]
NO_SERVER = NoServer("no PostgreSQL is on this machine")


@pytest.fixture
def in_order(product: Make, schema: Catalog, history: Make) -> Given:
    made = history(("1_init", "CREATE TABLE a ();", "DROP TABLE a;"))
    return Given(product=product(), catalog_=schema, history_=made, baseline_=baseline(made))


def of(result: GateResult, name: str) -> Judgement:
    return next(judgement for judgement in result.judgements if judgement.criterion.name == name)


def test_an_unchanged_product_is_not_judged_twice(in_order: Given, ledger: Ledger) -> None:
    run_gate(in_order, ledger, BUILT)
    again = replace(in_order, asked=[])
    result = run_gate(again, ledger, BUILT)
    assert set(again.asked) == {"fingerprint"}
    assert result.reused == len(BUILT)
    assert result.outcome is Outcome.HOLDS


def test_a_refuted_criterion_is_not_judged_twice_and_fails_again(in_order: Given, ledger: Ledger) -> None:
    faulty = replace(in_order, judged_=(found("foreign-key-without-index"),))
    first = run_gate(faulty, ledger, BUILT)
    again = replace(faulty, asked=[])
    second = run_gate(again, ledger, BUILT)
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert set(again.asked) == {"fingerprint"}
    assert of(first, "foreign-keys-indexed").verdict == of(second, "foreign-keys-indexed").verdict


def test_migrations_that_fail_are_not_applied_again_until_they_change(in_order: Given, ledger: Ledger) -> None:
    error = StatementFailed(file="m/2.sql", line=3, statement="SELEC", message="syntax error", sqlstate="42601")
    broken = replace(in_order, catalog_=error)
    assert run_gate(broken, ledger, BUILT).exit_code == 1
    again = replace(broken, asked=[])
    result = run_gate(again, ledger, BUILT)
    assert set(again.asked) == {"fingerprint"}
    assert result.exit_code == 1
    assert (
        of(result, "every-migration-applies").verdict.failing[0].line
        == "m/2.sql:3  syntax error (SQLSTATE 42601), in: SELEC"
    )


def test_a_failing_migration_fails_the_gate_even_where_its_own_criterion_is_off(
    in_order: Given, ledger: Ledger
) -> None:
    error = StatementFailed(file="m/2.sql", line=3, statement="SELEC", message="syntax error", sqlstate="42601")
    product = replace(in_order.product, criteria={"every-migration-applies": CriterionSetting(level=Level.OFF)})
    result = run_gate(replace(in_order, catalog_=error, product=product), ledger, BUILT)
    assert result.exit_code == 1
    assert result.off == ("every-migration-applies",)


def test_changed_contents_are_judged_anew(in_order: Given, ledger: Ledger) -> None:
    run_gate(in_order, ledger, BUILT)
    changed = replace(in_order, contents="2", docs=Docs(differences=("public.lines is new",)))
    result = run_gate(changed, ledger, BUILT)
    assert result.reused == 0
    assert of(result, "documented").verdict.gap is Gap.REFUTED


def test_what_was_shown_once_and_cannot_be_asked_now_is_stale(in_order: Given, ledger: Ledger) -> None:
    run_gate(in_order, ledger, BUILT)
    cut_off = replace(in_order, contents="2", catalog_=NO_SERVER, judged_=NO_SERVER, docs=NO_SERVER)
    result = run_gate(cut_off, ledger, BUILT)
    stale = of(result, "foreign-keys-indexed")
    assert (stale.verdict.status, stale.verdict.gap) == (Status.NOT_PROVEN, Gap.STALE)
    assert stale.verdict.evidence is not None
    assert "no PostgreSQL is on this machine" in stale.verdict.why
    assert of(result, "deployed-unedited").verdict.status is Status.PROVEN  # it needs files only
    assert (result.exit_code, result.outcome) == (3, Outcome.UNDECIDED)
    # The evidence of before is kept: with a server and the old contents all is fresh again.
    assert run_gate(in_order, ledger, BUILT).reused >= len(BUILT) - 6  # all but those that need files only


def test_what_was_refuted_once_and_cannot_be_asked_now_is_missing(in_order: Given, ledger: Ledger) -> None:
    run_gate(replace(in_order, judged_=(found("foreign-key-without-index"),)), ledger, BUILT)
    result = run_gate(replace(in_order, contents="2", catalog_=NO_SERVER), ledger, BUILT)
    assert of(result, "foreign-keys-indexed").verdict.gap is Gap.MISSING


def test_without_a_server_fresh_evidence_still_holds(in_order: Given, ledger: Ledger) -> None:
    run_gate(in_order, ledger, BUILT)
    result = run_gate(replace(in_order, catalog_=NO_SERVER, judged_=NO_SERVER), ledger, BUILT)
    assert (result.exit_code, result.outcome) == (0, Outcome.HOLDS)


def test_inputs_whose_fingerprint_needs_a_server_that_is_away_are_not_proven(in_order: Given, ledger: Ledger) -> None:
    run_gate(in_order, ledger, BUILT)
    result = run_gate(replace(in_order, contents=NO_SERVER), ledger, BUILT)
    assert not any(judgement.holds for judgement in result.judgements)
    assert result.exit_code == 3


def test_an_advised_criterion_out_of_reach_does_not_change_the_exit_code(in_order: Given, ledger: Ledger) -> None:
    advised = [criterion for criterion in BUILT if criterion.name in ("time-zones", "deployed-unedited")]
    result = run_gate(replace(in_order, catalog_=NO_SERVER), ledger, advised)
    assert of(result, "time-zones").unreached
    assert (result.exit_code, result.outcome) == (0, Outcome.HOLDS)


def test_a_refuted_criterion_matters_more_than_a_server_that_is_away(in_order: Given, ledger: Ledger) -> None:
    edited = replace(in_order, baseline_=baseline(**{"1_init": "another digest"}), catalog_=NO_SERVER)
    result = run_gate(edited, ledger, BUILT)
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("level", "exit_code"), [(Level.REQUIRED, 1), (Level.ADVISED, 0), (Level.OFF, 0)], ids=lambda value: str(value)
)
def test_only_a_required_criterion_fails_the_gate(
    level: Level, exit_code: int, in_order: Given, ledger: Ledger
) -> None:
    product = replace(in_order.product, criteria={"time-zones": CriterionSetting(level=level)})
    given = replace(in_order, product=product, judged_=(found("timestamp-without-time-zone"),))
    result = run_gate(given, ledger, BUILT)
    assert result.exit_code == exit_code
    assert ("time-zones" in result.off) == (level is Level.OFF)


def test_a_missing_baseline_is_counted_and_does_not_fail_the_gate(in_order: Given, ledger: Ledger) -> None:
    result = run_gate(replace(in_order, baseline_=None), ledger, BUILT)
    assert of(result, "deployed-unedited").verdict.gap is Gap.MISSING
    assert (result.exit_code, result.outcome) == (0, Outcome.HOLDS)


def test_a_verdict_that_a_waiver_made_is_judged_anew_when_the_waiver_ends(in_order: Given, ledger: Ledger) -> None:
    waiver = Waiver(rule="table-without-timestamps", reason="append-only", until=date(2026, 12, 31))
    waived = found("table-without-timestamps", Standing.WAIVED, reason="append-only", until=date(2026, 12, 31))
    given = replace(in_order, product=replace(in_order.product, waive=(waiver,)), judged_=(waived,))
    assert of(run_gate(given, ledger, BUILT), "timestamps").verdict.status is Status.WAIVED
    last_day = replace(given, today=date(2026, 12, 31))
    assert of(run_gate(last_day, ledger, BUILT), "timestamps").since is not None
    day_after = replace(given, today=date(2027, 1, 1), judged_=(found("table-without-timestamps"),))
    result = run_gate(day_after, ledger, BUILT)
    assert of(result, "timestamps").verdict.gap is Gap.REFUTED
    assert result.exit_code == 1


def test_a_criterion_that_is_proven_elsewhere_is_not_asked_here(in_order: Given, ledger: Ledger) -> None:
    product = replace(in_order.product, criteria={"timestamps": CriterionSetting(where=Where.NIGHTLY)})
    given = replace(in_order, product=product)
    here = run_gate(given, ledger, BUILT, at=Where.PULL_REQUEST)
    assert of(here, "timestamps").verdict.gap is Gap.MISSING
    assert here.exit_code == 0
    run_gate(given, ledger, BUILT, at=Where.NIGHTLY)
    assert of(run_gate(given, ledger, BUILT, at=Where.PULL_REQUEST), "timestamps").verdict.status is Status.PROVEN
    changed = run_gate(replace(given, contents="2"), ledger, BUILT, at=Where.PULL_REQUEST)
    assert of(changed, "timestamps").verdict.gap is Gap.STALE


def test_a_criterion_that_does_not_exist_is_refused_with_the_nearest(in_order: Given, ledger: Ledger) -> None:
    product = replace(in_order.product, criteria={"timestamp": CriterionSetting(level=Level.OFF)})
    with pytest.raises(ConfigurationError, match="did you mean 'timestamps'"):
        run_gate(replace(in_order, product=product), ledger, BUILT)


def test_wrong_use_stops_the_gate(in_order: Given, ledger: Ledger) -> None:
    with pytest.raises(WrongUse):
        run_gate(replace(in_order, catalog_=WrongUse("the folder cannot be listed")), ledger, BUILT)


def test_evidence_that_cannot_be_kept_is_said_and_changes_no_verdict(in_order: Given, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = run_gate(in_order, Ledger(folder=tmp_path / "file" / "evidence"), BUILT)
    assert result.unkept is not None
    assert result.outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    "damage", ["", "{", '{"version": 1}', '{"version": 1, "fingerprint": "x", "verdict": {}}', "[]"]
)
def test_damaged_evidence_is_no_evidence(damage: str, in_order: Given, ledger: Ledger) -> None:
    run_gate(in_order, ledger, BUILT)
    (ledger.folder / "timestamps.json").write_text(damage)
    again = run_gate(in_order, ledger, BUILT)
    assert of(again, "timestamps").since is None
    assert of(again, "timestamps").verdict.status is Status.PROVEN


def test_the_ledger_gives_back_what_it_was_given(in_order: Given, ledger: Ledger) -> None:
    schema = make_schema(unread=(Unread("trigger", "keep_updated_at"),))
    faulty = replace(in_order, judged_=(found("foreign-key-without-index"),), catalog_=schema)
    first = run_gate(faulty, ledger, BUILT)
    for judgement in first.judgements:
        kept = ledger.recall(judgement.criterion.name)
        assert kept is not None
        assert kept[1] == judgement.verdict


def test_a_repository_fails_where_one_product_fails(in_order: Given, ledger: Ledger, tmp_path: Path) -> None:
    holds = run_gate(in_order, ledger, BUILT)
    faulty = replace(in_order, judged_=(found("foreign-key-without-index"),))
    fails = run_gate(faulty, Ledger(folder=tmp_path / "other"), BUILT)
    cut_off = run_gate(replace(in_order, contents=NO_SERVER), Ledger(folder=tmp_path / "third"), BUILT)
    assert (exit_code_of([holds]), outcome_of([holds])) == (0, Outcome.HOLDS)
    assert (exit_code_of([holds, cut_off]), outcome_of([holds, cut_off])) == (3, Outcome.UNDECIDED)
    assert (exit_code_of([holds, cut_off, fails]), outcome_of([holds, cut_off, fails])) == (1, Outcome.FAILS)
