"""How a criterion's verdict follows from what it is told."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from gate_input import Docs, Given, baseline, found, make_schema

from pgmason.catalog.model import Catalog, Unread
from pgmason.config import Level, Naming, Product
from pgmason.errors import WrongUse
from pgmason.evidence import Gap, Status, Verdict
from pgmason.findings import Severity, Standing
from pgmason.formats.migration import History
from pgmason.gate import words
from pgmason.gate.criteria import all_criteria
from pgmason.gate.criterion import Criterion
from pgmason.names import ObjectId
from pgmason.rules.baseline import Baseline

CRITERIA = {criterion.name: criterion for criterion in all_criteria()}
Make = Callable[..., Any]


def judged(name: str, given: Given) -> Verdict:
    return CRITERIA[name].judge(given)


def test_the_examples_in_docstrings_are_true() -> None:
    assert doctest.testmod(words).failed == 0


def test_a_new_finding_refutes(product: Make, schema: Catalog) -> None:
    given = Given(product=product(), catalog_=schema, judged_=(found("foreign-key-without-index"),))
    verdict = judged("foreign-keys-indexed", given)
    assert (verdict.status, verdict.gap) == (Status.NOT_PROVEN, Gap.REFUTED)
    assert verdict.why == "1 foreign key has no index that serves its check"
    assert [failure.fix for failure in verdict.failing] == ["ALTER TABLE public.lines ...;"]


def test_findings_of_other_rules_do_not_matter(product: Make, schema: Catalog) -> None:
    given = Given(product=product(), catalog_=schema, judged_=(found("table-without-timestamps"),))
    assert judged("foreign-keys-indexed", given).status is Status.PROVEN


def test_old_debt_and_waivers_alone_are_waived_with_their_number_and_reason(product: Make, schema: Catalog) -> None:
    rule = "table-without-timestamps"
    waived = found(rule, Standing.WAIVED, reason="rows are append-only", until=date(2027, 3, 1))
    given = Given(
        product=product(), catalog_=schema, judged_=(found(rule, Standing.KNOWN), found(rule, Standing.KNOWN), waived)
    )
    verdict = judged("timestamps", given)
    assert (verdict.status, verdict.known, verdict.waived) == (Status.WAIVED, 2, 1)
    assert verdict.why == "2 old findings in the baseline, 1 waived: rows are append-only (until 2027-03-01)"


def test_a_new_finding_beside_old_debt_refutes_and_counts_the_old(product: Make, schema: Catalog) -> None:
    rule = "table-without-timestamps"
    given = Given(product=product(), catalog_=schema, judged_=(found(rule), found(rule, Standing.KNOWN)))
    verdict = judged("timestamps", given)
    assert (verdict.gap, verdict.known, len(verdict.failing)) == (Gap.REFUTED, 1, 1)


def test_a_note_refutes_nothing_and_is_read(product: Make, schema: Catalog) -> None:
    note = found("table-without-timestamps", severity=Severity.NOTE)
    verdict = judged("timestamps", Given(product=product(), catalog_=schema, judged_=(note,)))
    assert verdict.status is Status.PROVEN
    assert verdict.evidence is not None
    assert "public.lines is at fault" in verdict.evidence.read


def test_names_that_keep_another_convention_as_a_whole_are_neither_proven_nor_a_failure(
    product: Make, schema: Catalog
) -> None:
    note = found("name-outside-convention", severity=Severity.NOTE)
    verdict = judged("naming", Given(product=product(), catalog_=schema, judged_=(note,)))
    assert (verdict.status, verdict.gap, verdict.could_prove) == (Status.NOT_PROVEN, Gap.MISSING, False)


def test_names_that_keep_to_the_majority_are_not_claimed_to_follow_the_brief(product: Make, schema: Catalog) -> None:
    verdict = judged("naming", Given(product=product(naming=Naming.FOUND), catalog_=schema))
    assert verdict.status is Status.PROVEN
    assert "own majority" in verdict.why
    assert "snake_case" not in verdict.why


@pytest.mark.parametrize(
    "name", ["schema-integrity", "foreign-keys-indexed", "timestamps", "naming", "time-zones", "indexes-not-duplicated"]
)
def test_a_schema_with_nothing_to_look_at_is_not_applicable_and_says_what_was_read(name: str, product: Make) -> None:
    empty = Catalog(objects={}, comments={}, server="15.18")
    verdict = judged(name, Given(product=product(), catalog_=empty))
    assert verdict.status is Status.NOT_APPLICABLE
    assert verdict.evidence is not None
    assert any(line.startswith("0 ") for line in verdict.evidence.read)


def test_what_was_not_read_is_counted_by_kind_in_every_verdict_on_the_schema(product: Make) -> None:
    unread = (Unread("policy", "a"), Unread("trigger", "b"), Unread("trigger", "c"))
    given = Given(product=product(), catalog_=make_schema(unread=unread))
    for name in ("schema-integrity", "foreign-keys-indexed", "timestamps", "naming", "documented"):
        assert judged(name, given).notes == ("not read, so not judged: 3 objects (trigger 2, policy 1)",)


@pytest.mark.parametrize("rule", ["table-without-primary-key", "constraint-not-validated", "index-not-valid"])
def test_what_the_database_does_not_enforce_refutes_integrity_until_the_baseline_has_it(
    rule: str, product: Make
) -> None:
    new = Given(product=product(), catalog_=make_schema(), judged_=(found(rule),))
    assert judged("schema-integrity", new).gap is Gap.REFUTED
    old = Given(product=product(), catalog_=make_schema(), judged_=(found(rule, Standing.KNOWN),))
    verdict = judged("schema-integrity", old)
    assert (verdict.status, verdict.known) == (Status.WAIVED, 1)


# Migrations

ONE = ("1_init", "CREATE TABLE a ();", "DROP TABLE a;")
TWO = ("2_more", "CREATE TABLE b ();", None)


@pytest.mark.parametrize("name", ["every-migration-applies", "down-present", "deployed-unedited"])
def test_a_product_without_migrations_has_nothing_to_prove_about_them(
    name: str, product: Make, schema: Catalog
) -> None:
    given = Given(product=product(schema="database:env:DATABASE_URL"), catalog_=schema)
    verdict = judged(name, given)
    assert verdict.status is Status.NOT_APPLICABLE
    assert verdict.evidence is not None
    assert verdict.evidence.read == ("migrations = None, schema = 'database:env:DATABASE_URL'",)


def test_migrations_that_apply_are_proven_and_say_how_many_ran_now(
    product: Make, schema: Catalog, history: Make
) -> None:
    given = Given(product=product(), catalog_=schema, history_=history(ONE, TWO), notes=("vector: a stand-in",))
    verdict = judged("every-migration-applies", given)
    assert verdict.status is Status.PROVEN
    assert verdict.evidence is not None
    assert verdict.evidence.read[1] == "1 applied in this run, 1 known from before, with the same contents"
    assert verdict.notes == ("vector: a stand-in",)


def test_a_migration_without_down_refutes_where_the_baseline_does_not_have_it(product: Make, history: Make) -> None:
    made = history(ONE, TWO)
    old = baseline(**{"1_init": made.migrations[0].up_digest})
    verdict = judged("down-present", Given(product=product(), history_=made, baseline_=old))
    assert verdict.gap is Gap.REFUTED
    assert [failure.told for failure in verdict.failing] == ["2_more has no DOWN"]
    assert "2_more/down.sql" in (verdict.failing[0].fix or "")


def test_old_migrations_without_down_are_old_debt(product: Make, history: Make) -> None:
    made = history(ONE, TWO)
    verdict = judged("down-present", Given(product=product(), history_=made, baseline_=baseline(made)))
    assert (verdict.status, verdict.known) == (Status.WAIVED, 1)


@pytest.mark.parametrize("down", ["", "-- This file should undo anything in up.sql\n", " \n;\n"])
def test_a_down_that_says_nothing_is_no_down(down: str, product: Make, history: Make) -> None:
    made = history(("1_init", "CREATE TABLE a ();", down))
    assert judged("down-present", Given(product=product(), history_=made)).gap is Gap.REFUTED


def test_a_down_may_say_nothing_where_the_up_does_not(product: Make, history: Make) -> None:
    made = history(("1_init", "-- nothing yet", "-- nothing to undo"))
    assert judged("down-present", Given(product=product(), history_=made)).status is Status.PROVEN


def test_a_product_that_asks_for_no_down_is_waived_not_proven(product: Make, history: Make) -> None:
    verdict = judged("down-present", Given(product=product(down="none"), history_=history(TWO)))
    assert (verdict.status, verdict.waived) == (Status.WAIVED, 1)


def test_an_edited_and_a_vanished_migration_are_each_named(product: Make, history: Make) -> None:
    made = history(ONE, TWO, ("3_last", "CREATE TABLE c ();", None))
    old = baseline(made)
    made.migrations[0].up.write_text("CREATE TABLE a (id int);")
    now = History(format="prisma", folder=made.folder, migrations=made.migrations[:2], notes=(), ledger_tables=())
    verdict = judged("deployed-unedited", Given(product=product(), history_=now, baseline_=old))
    assert verdict.gap is Gap.REFUTED
    assert [failure.told for failure in verdict.failing] == ["1_init was edited after 2026-11-01", "3_last is gone"]


def test_migrations_newer_than_the_baseline_are_not_called_edited(product: Make, history: Make) -> None:
    old = baseline(history(ONE))
    verdict = judged("deployed-unedited", Given(product=product(), history_=history(ONE, TWO), baseline_=old))
    assert verdict.status is Status.PROVEN
    assert verdict.why == "unedited since 2026-11-01: 1 migration that the baseline records"


@pytest.mark.parametrize("record", [None, baseline()])
def test_without_a_record_nobody_can_say_that_migrations_are_unedited(
    record: Baseline | None, product: Make, history: Make
) -> None:
    verdict = judged("deployed-unedited", Given(product=product(), history_=history(ONE), baseline_=record))
    assert (verdict.gap, verdict.next_command, verdict.could_prove) == (Gap.MISSING, "pgmason init", False)


# The document, and the server


def test_a_document_that_differs_refutes_with_each_difference(product: Make, schema: Catalog) -> None:
    given = Given(
        product=product(), catalog_=schema, docs=Docs(differences=("public.lines is new", "public.old is gone"))
    )
    verdict = judged("documented", given)
    assert verdict.gap is Gap.REFUTED
    assert [failure.what for failure in verdict.failing] == ["public.lines is new", "public.old is gone"]
    assert verdict.next_command == "pgmason docs"


LINES = ObjectId("table", ("public", "lines"))
UNDESCRIBED = Docs(
    undescribed_tables=(LINES,),
    undescribed_columns=tuple(ObjectId("column", (*LINES.path, name)) for name in ("a", "b", "c")),
)


def test_missing_descriptions_count_and_are_required_only_where_asked(product: Make, schema: Catalog) -> None:
    criterion = CRITERIA["descriptions"]
    verdict = criterion.judge(Given(product=product(), catalog_=schema, docs=UNDESCRIBED))
    assert verdict.why == "1 table, 3 columns without a description"
    assert [failure.told for failure in verdict.failing] == [
        "public.lines has no description",
        "public.lines has 3 columns without a description",
    ]
    assert criterion.level_for(product()) is Level.ADVISED
    assert criterion.level_for(product(describe="required")) is Level.REQUIRED


def test_a_file_that_is_no_data_model_document_refutes_and_does_not_stop_the_gate(
    product: Make, schema: Catalog
) -> None:
    refusal = WrongUse("pgmason did not write it", where="docs/DATA-MODEL.md", fix="pgmason docs --adopt")
    given = Given(product=product(), catalog_=schema, docs=refusal)
    verdict = judged("documented", given)
    assert (verdict.gap, verdict.failing[0].fix) == (Gap.REFUTED, "pgmason docs --adopt")
    assert judged("descriptions", given).gap is Gap.MISSING


@pytest.mark.parametrize(
    ("production", "server", "source", "status", "gap", "note"),
    [
        ("15", "15.18", None, Status.PROVEN, None, ""),
        ("15", "18.6", None, Status.PROVEN, None, "in place of production's 15"),
        ("16", "15.18", None, Status.NOT_PROVEN, Gap.MISSING, ""),
        ("14", "15.18", None, Status.NOT_PROVEN, Gap.REFUTED, ""),
        ("15", "14.9", "database:env:DATABASE_URL", Status.NOT_PROVEN, Gap.REFUTED, ""),
        ("15", "16.2", "database:env:DATABASE_URL", Status.PROVEN, None, "though pgmason.toml says 15"),
        ("17", "16.2", "database:env:DATABASE_URL", Status.PROVEN, None, "though pgmason.toml says 17"),
        ("15", "", "empty", Status.NOT_PROVEN, Gap.MISSING, ""),
    ],
)
def test_postgres_is_supported_where_production_is_new_enough_and_was_seen(
    production: str, server: str, source: str | None, status: Status, gap: Gap | None, note: str, product: Make
) -> None:
    schema = make_schema(server=server)
    given = Given(product=product(postgres=production, schema=source), catalog_=schema, server=f"PostgreSQL {server}")
    verdict = judged("postgres-supported", given)
    assert (verdict.status, verdict.gap) == (status, gap)
    assert note in " ".join(verdict.notes)


def test_a_criterion_can_be_moved_and_weighed_by_the_product(product: Make) -> None:
    criterion: Criterion = CRITERIA["timestamps"]
    configured: Product = product(criteria={})
    assert criterion.level_for(configured) is Level.REQUIRED
