"""What depends on production's rows is told with the query that tells, and the query tells the truth."""

from __future__ import annotations

import pytest

SETUP = """
CREATE TABLE p (a int, "order" int, PRIMARY KEY (a, "order"));
CREATE TABLE t (id int, "order" int, label varchar(10), n numeric(10, 2), when_at timestamp);
"""
# (statement, rows on which it fails); without the rows it succeeds.
CASES = [
    ('ALTER TABLE t ALTER "order" SET NOT NULL', "INSERT INTO t (id) VALUES (1)"),
    ('CREATE UNIQUE INDEX ON t (id, "order")', "INSERT INTO t VALUES (1, 1), (1, 1)"),
    ('CREATE UNIQUE INDEX CONCURRENTLY u ON t (id, "order")', "INSERT INTO t VALUES (1, 1), (1, 1)"),
    ("ALTER TABLE t ADD CONSTRAINT u UNIQUE (id)", "INSERT INTO t VALUES (7), (7)"),
    ("ALTER TABLE t ADD CONSTRAINT k CHECK (id > 0 AND label <> 'x')", "INSERT INTO t VALUES (-1)"),
    (
        'ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (id, "order") REFERENCES p (a, "order")',
        "INSERT INTO t VALUES (1, 1)",
    ),
    ("ALTER TABLE t ADD c int NOT NULL", "INSERT INTO t VALUES (1)"),
    ("ALTER TABLE t ALTER label TYPE varchar(3)", "INSERT INTO t (label) VALUES ('longer')"),
    ("ALTER TABLE t ALTER n TYPE numeric(4, 2)", "INSERT INTO t (n) VALUES (12345.67)"),
    ("ALTER TABLE t ALTER id TYPE smallint", "INSERT INTO t (id) VALUES (100000)"),
]
NONE = [
    "ALTER TABLE t ALTER id TYPE bigint",
    "ALTER TABLE t ALTER label TYPE text",
    "ALTER TABLE t ALTER label TYPE varchar(20)",
    "ALTER TABLE t ALTER n TYPE numeric(12, 2)",
    "ALTER TABLE t ALTER when_at TYPE timestamptz",
    "ALTER TABLE t ADD c int NOT NULL DEFAULT 1",
    "ALTER TABLE t ADD CONSTRAINT k CHECK (id > 0) NOT VALID",
    "CREATE INDEX ON t (id)",
    "CREATE TABLE n (id int PRIMARY KEY, t int UNIQUE CHECK (t > 0))",
    "ALTER TABLE t ALTER id DROP NOT NULL",
]


@pytest.mark.parametrize(("statement", "rows"), CASES, ids=lambda text: text[:40])
def test_the_query_counts_what_makes_the_statement_fail(statement: str, rows: str, watched_on) -> None:
    watched = watched_on(15)
    watched.run(SETUP)
    effect = watched.effect(statement)
    assert effect.error is None
    (dependence,) = effect.depends_on_rows
    other = watched_on(15)
    other.run(SETUP)
    with other.witness.scratch.session() as session:
        assert session.execute(dependence.query).fetchone() == (0,)
        session.execute(rows)
        try:
            (count,) = session.execute(dependence.query).fetchone()
        except Exception as exc:  # a value that cannot be cast at all tells it, too
            count = 1 if "out of range" in str(exc) or "overflow" in str(exc) else 0
    assert count > 0
    other.witness.known = {}
    assert other.effect(statement).error is not None


def test_what_cannot_fail_on_rows_depends_on_none(watched_on) -> None:
    watched = watched_on(15)
    watched.run(SETUP)
    for statement in NONE:
        trace = watched.trace(f"BEGIN; {statement}; ROLLBACK")
        assert trace.effects[1].error is None, statement
        assert trace.effects[1].depends_on_rows == (), statement


@pytest.mark.parametrize(
    "constraint",
    ['f FOREIGN KEY (id, "order") REFERENCES p (a, "order")', "f CHECK (id > 5)"],
    ids=lambda text: text.split()[1],
)
def test_of_a_constraint_that_is_only_validated_the_query_names_its_tables(constraint: str, watched_on) -> None:
    added, validate = f"ALTER TABLE t ADD CONSTRAINT {constraint} NOT VALID", "ALTER TABLE t VALIDATE CONSTRAINT f"
    watched = watched_on(15)
    watched.run(f"{SETUP}; {added}")
    effect = watched.effect(validate)
    assert effect.error is None
    (dependence,) = effect.depends_on_rows
    other = watched_on(15)
    other.run(f"{SETUP}; INSERT INTO t VALUES (1, 1); {added}")
    with other.witness.scratch.session() as session:
        assert session.execute(dependence.query).fetchone() == (1,)
    other.witness.known = {}
    assert other.effect(validate).error is not None
