"""The criteria as a whole: each line of the brief is served, and "not run" is never green."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from gate_input import Given, baseline, make_schema, pipelines, proof_of

from pgmason.catalog.kinds.policy import Policy
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.model import Catalog
from pgmason.config import Product
from pgmason.errors import DatabaseUnreachable, NoServer, OutOfReach, StatementFailed
from pgmason.evidence import Gap, Ledger, Status
from pgmason.gate.brief import BRIEF
from pgmason.gate.by_rules import RuleCriterion
from pgmason.gate.criteria import all_criteria
from pgmason.gate.criterion import Criterion
from pgmason.gate.run import Outcome, run_gate
from pgmason.names import ObjectId
from pgmason.rules import schema_rules

every_criterion = pytest.mark.parametrize("criterion", all_criteria(), ids=lambda criterion: criterion.name)

# Counted by hand in the brief: its bullets and numbered lines, section by section.
LINES_OF_THE_BRIEF = {"rules": 10, "stack": 7, "workflow": 7, "outputs": 6, "gate": 8, "protocols": 9}


def failed() -> StatementFailed:
    return StatementFailed(
        file="migrations/2/migration.sql",
        line=3,
        statement="CREATE TABLE a ()",
        message='relation "a" already exists',
        sqlstate="42P07",
    )


FAILURES = [NoServer("no PostgreSQL is on this machine"), DatabaseUnreachable("refused"), failed()]


def with_every_kind(catalog: Catalog) -> Catalog:
    """The schema with a primary key, and with row security on one table and its policy, so that each criterion has
    something to judge."""
    lines = ObjectId("table", ("public", "lines"))
    objects = {
        **catalog.objects,
        lines: replace(catalog.objects[lines], row_security=True),
        ObjectId("policy", (*lines.path, "everybody")): Policy(
            permissive=True, command="all", roles=("public",), using="true", check=None
        ),
        ObjectId("primary key", ("public", "orders", "orders_pkey")): PrimaryKey(
            columns=("id",), include=(), deferrable=False, deferred=False, definition="PRIMARY KEY (id)"
        ),
    }
    return replace(catalog, objects=objects)


def raising(error: Exception, product: Product) -> Given:
    return Given(
        product=product,
        catalog_=error,
        judged_=error,
        history_=error,
        baseline_=error,
        docs=error,
        pipelines_=error,
        protocols_=error,
        application_=error,
        code_=error,
    )


def test_the_table_of_the_brief_has_every_line_of_the_brief() -> None:
    assert Counter(line.partition(".")[0] for line in BRIEF) == LINES_OF_THE_BRIEF
    for section, count in LINES_OF_THE_BRIEF.items():
        assert [line for line in BRIEF if line.startswith(section + ".")] == [
            f"{section}.{number}" for number in range(1, count + 1)
        ]


def test_every_line_of_the_brief_is_served_and_no_other() -> None:
    assert {line for criterion in all_criteria() for line in criterion.brief} == set(BRIEF)


def test_no_two_criteria_share_a_name() -> None:
    names = [criterion.name for criterion in all_criteria()]
    assert len(names) == len(set(names))


@every_criterion
def test_a_criterion_stands_in_the_file_of_its_name(criterion: Criterion) -> None:
    assert type(criterion).__module__.rpartition(".")[2] == criterion.name.replace("-", "_")


@every_criterion
def test_a_criterion_says_what_would_have_to_be_seen_and_what_it_depends_on(criterion: Criterion) -> None:
    assert criterion.title
    assert criterion.identified
    assert criterion.brief
    assert not criterion.built or "configuration" in criterion.inputs


@pytest.mark.parametrize(
    "criterion", [c for c in all_criteria() if isinstance(c, RuleCriterion)], ids=lambda criterion: criterion.name
)
def test_a_criterion_that_rules_refute_names_rules_that_exist(criterion: RuleCriterion) -> None:
    # A misspelt rule never finds anything, and the criterion would be green for ever.
    assert set(criterion.rules) <= {rule.name for rule in schema_rules()}


def test_every_rule_over_schemas_weighs_in_some_criterion() -> None:
    used = {rule for criterion in all_criteria() if isinstance(criterion, RuleCriterion) for rule in criterion.rules}
    assert {rule.name for rule in schema_rules() if not rule.optional} == used  # house style weighs nowhere


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@every_criterion
def test_a_criterion_whose_inputs_all_fail_is_not_proven(
    criterion: Criterion, error: Exception, product: Callable[..., Product], ledger: Ledger
) -> None:
    result = run_gate(raising(error, product()), ledger, [criterion])
    verdict = result.judgements[0].verdict
    assert verdict.status is Status.NOT_PROVEN
    assert result.outcome is not Outcome.HOLDS
    # each of the two reads a file of the product's that the server refused: that is its answer
    reads_it = criterion.name in ("every-migration-applies", "schema-matches-migrations")
    refuted_by_it = isinstance(error, StatementFailed) and reads_it
    assert verdict.gap is (Gap.REFUTED if refuted_by_it else Gap.MISSING)


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_gate_whose_inputs_all_fail_says_so_by_its_exit_code(
    error: Exception, product: Callable[..., Product], ledger: Ledger
) -> None:
    result = run_gate(raising(error, product()), ledger, all_criteria())
    assert not any(judgement.holds for judgement in result.judgements)
    assert result.exit_code == (3 if isinstance(error, OutOfReach) else 1)


def test_a_criterion_that_is_not_built_says_what_to_do_and_never_fails_the_gate(
    product: Callable[..., Product], ledger: Ledger
) -> None:
    unbuilt = [criterion for criterion in all_criteria() if not criterion.built]
    result = run_gate(Given(product=product()), ledger, unbuilt)
    for judgement in result.judgements:
        assert judgement.verdict.status is Status.NOT_PROVEN
        assert judgement.verdict.gap is Gap.MISSING
        assert judgement.verdict.fix
        assert not judgement.verdict.could_prove
    assert (result.exit_code, result.outcome) == (0, Outcome.UNDECIDED)
    assert not ledger.folder.exists()


def test_a_product_in_order_is_proven_by_every_criterion_that_is_built(
    product: Callable[..., Product], ledger: Ledger, history: Callable[..., Any]
) -> None:
    deployed = (("1_init", "CREATE TABLE a ();", "DROP TABLE a;"), ("2_more", "CREATE TABLE b ();", "DROP TABLE b;"))
    made = history(*deployed, ("3_pending", "CREATE TABLE c ();", "DROP TABLE c;"))
    given = Given(
        product=product(),
        catalog_=with_every_kind(make_schema()),
        history_=made,
        baseline_=replace(baseline(made), migrations={name: baseline(made).migrations[name] for name, *_ in deployed}),
        pipelines_=pipelines(proof_of("orders")),
    )
    built = [criterion for criterion in all_criteria() if criterion.built]
    result = run_gate(given, ledger, built)
    assert {judgement.criterion.name: judgement.verdict.status for judgement in result.judgements} == {
        criterion.name: Status.PROVEN for criterion in built
    }
    assert (result.exit_code, result.outcome) == (0, Outcome.HOLDS)


NEXT_VERBS = {"init", "gate", "check", "docs", "schema", "explain", "server", "pipeline"}


@every_criterion
@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_the_next_command_is_one_that_this_version_has(
    criterion: Criterion, error: Exception, product: Callable[..., Product], ledger: Ledger
) -> None:
    verdict = run_gate(raising(error, product()), ledger, [criterion]).judgements[0].verdict
    if verdict.next_command:
        assert verdict.next_command.split()[0] == "pgmason"
        assert verdict.next_command.split()[1] in NEXT_VERBS
