"""A sample of what bench.outages, bench.remedies and bench.squawk measure, and what their committed results say."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from bench.outages import RESULTS
from bench.outages_page import PAGE, page, scored
from bench.outages_page import ours as our_claims
from bench.remedies import RESULTS as REMEDIES
from bench.remedies import faults_of, measure_files
from bench.squawk import RESULTS as SQUAWK
from bench.squawk import claims_of, program

from bench import blocking
from pgmason.postgres.server import Server
from pgmason.rules import rule_named
from pgmason.rules.migration_rule import MigrationRule
from pgmason.sources.units import Frame, Unit

ORDERS = """\
CREATE TABLE customers (id integer PRIMARY KEY);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, note text);
CREATE INDEX orders_note_idx ON orders (note);
"""


@pytest.fixture(autouse=True)
def _fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "LARGE", 20_000)


def outages(server: Server, schema: str, text: str) -> list[tuple[int, int]]:
    """File and line of each statement that was measured as an outage."""
    files = measure_files(server, schema, text)
    assert not [one for file in files for one in file if one.small.error or one.large.error]
    return [(number, one.line) for number, file in enumerate(files, start=1) for one in file if one.outage]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        # blocks writes for as long as the table is large; a foreign key does so for the table that is not read
        ("CREATE INDEX ON orders (customer_id);\n", [1]),
        ("ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;\nANALYZE customers;\n", []),
        # one lock, and then: a whole table, some of its rows by an index, one row by its key, rows of nobody's table
        (
            """\
ALTER TABLE orders ADD COLUMN slug text;
UPDATE orders SET slug = 'x';
UPDATE orders SET slug = 'y' WHERE note = 'a note';
UPDATE orders SET slug = 'z' WHERE id = 7;
CREATE TABLE more (id integer);
""",
            [2, 3],
        ),
        # the same without a lock that anybody waits for
        ("UPDATE orders SET note = 'x';\n", []),
    ],
)
def test_an_outage_is_measured(text: str, lines: list[int], servers: Callable[[int], Server]) -> None:
    assert outages(servers(15), ORDERS, text) == [(1, line) for line in lines]


@pytest.mark.parametrize("name", ["not-null-reads-the-table", "key-builds-its-index"])
def test_a_safe_sequence_is_measured_as_safe(name: str, servers: Callable[[int], Server]) -> None:
    rule = rule_named(name)
    assert isinstance(rule, MigrationRule)
    assert outages(servers(15), rule.schema, rule.bad) != []
    assert outages(servers(15), rule.schema, rule.good) == []


def test_a_claim_is_held_against_what_was_measured() -> None:
    migration = {"outages": [[3, "index_stmt"], [9, "index_stmt"]], "refused": "20: 23505 not unique"}
    score = scored(migration, [(3, "a"), (3, "b"), (5, "c"), (20, "d"), (25, "e")])
    assert (score.found, score.missed, score.false) == (1, (9,), ((5, "c"),))


def test_the_committed_results_miss_no_outage_and_hardly_any_finding_is_false() -> None:
    for of_server in json.loads(RESULTS.read_text(encoding="utf-8")).values():
        migrations = [(name, one) for of in of_server["products"].values() for name, one in of.items()]
        scores = [(name, scored(one, our_claims(one))) for name, one in migrations]
        assert len(migrations) >= 250
        assert [(name, score.missed) for name, score in scores if score.missed] == []
        findings = sum(len(one["findings"]) for _, one in migrations)
        assert sum(len(score.false) for _, score in scores) * 50 <= findings


def test_the_committed_safe_sequences_are_safe() -> None:
    results = json.loads(REMEDIES.read_text(encoding="utf-8"))
    assert results
    assert list(faults_of(results)) == []


def test_the_page_is_what_the_results_say() -> None:
    results = (json.loads(file.read_text(encoding="utf-8")) for file in (RESULTS, REMEDIES, SQUAWK))
    assert page(*results) == PAGE.read_text(encoding="utf-8"), "run: python -m bench.outages_page"


def test_a_claim_of_squawk_belongs_to_the_statement_that_its_line_is_in() -> None:
    squawk = program()
    if squawk is None:
        pytest.skip("squawk-cli is not installed")
    text = """\
-- a comment
CREATE TABLE n (a int);

ALTER TABLE t
  ADD CONSTRAINT c CHECK (a > 0),
  ADD COLUMN b text;
CREATE INDEX i ON n (a);
"""
    unit = Unit(name="1", file="1.sql", text=text, frame=Frame.TRANSACTION)
    assert claims_of(squawk, unit) == {4: ["constraint-missing-not-valid"]}
