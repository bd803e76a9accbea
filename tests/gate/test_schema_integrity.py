"""What PostgreSQL itself says of constraints and indexes that enforce nothing, and what the criterion makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from gate_input import Given
from psycopg import Error

from pgmason.catalog.kinds import all_kinds
from pgmason.config import Product
from pgmason.evidence import Status
from pgmason.findings import Judged, Standing
from pgmason.gate.criteria import all_criteria
from pgmason.gate.criterion import GateInput
from pgmason.rules import SchemaInput, check_schema

CRITERION = next(criterion for criterion in all_criteria() if criterion.name == "schema-integrity")

IN_ORDER = """
CREATE TABLE orders (id int PRIMARY KEY, total int CHECK (total >= 0));
CREATE TABLE lines (id int PRIMARY KEY, order_id int REFERENCES orders);
CREATE INDEX ON lines (order_id);
CREATE TABLE events (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON events (at);
"""


def judged(catalog: Any, product: Callable[..., Product]) -> Any:
    configured = product()
    findings = check_schema(SchemaInput(product=configured, catalog=catalog, places={}))
    given: GateInput = Given(
        product=configured,
        catalog_=catalog,
        judged_=tuple(Judged(finding=finding, standing=Standing.NEW) for finding in findings),
    )
    return CRITERION.judge(given)


def test_a_schema_in_order_is_proven_for_what_was_counted(
    fresh_database: Callable[..., Any], product: Callable[..., Product]
) -> None:
    database = fresh_database()
    database.execute(IN_ORDER)
    verdict = judged(database.read_catalog(), product)
    assert verdict.status is Status.PROVEN
    # By hand: three tables, partitions aside; three keys and (order_id), (at); the two of events once more below it.
    assert verdict.why == "3 tables with a primary key each, 1 foreign key and 1 check validated, 7 indexes valid"


@pytest.mark.parametrize(
    ("sql", "subject", "fix"),
    [
        ("CREATE TABLE heap (a int)", "public.heap", None),
        (
            "ALTER TABLE lines ADD CONSTRAINT positive CHECK (id > 0) NOT VALID",
            "public.lines.positive",
            "ALTER TABLE public.lines VALIDATE CONSTRAINT positive;",
        ),
        (
            'ALTER TABLE lines ADD CONSTRAINT "Odd Name" FOREIGN KEY (id) REFERENCES orders NOT VALID',
            'public.lines."Odd Name"',
            'ALTER TABLE public.lines VALIDATE CONSTRAINT "Odd Name";',
        ),
        (
            """CREATE TABLE "order" (id int PRIMARY KEY);
            ALTER TABLE "order" ADD CONSTRAINT "check" CHECK (id > 0) NOT VALID""",
            "public.order.check",
            'ALTER TABLE public."order" VALIDATE CONSTRAINT "check";',
        ),
        (
            "CREATE DOMAIN cents AS int; ALTER DOMAIN cents ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID",
            "public.cents.positive",
            "ALTER DOMAIN public.cents VALIDATE CONSTRAINT positive;",
        ),
    ],
    ids=["no primary key", "check not valid", "foreign key not valid", "reserved words", "domain's check not valid"],
)
def test_what_the_database_does_not_enforce_refutes_and_its_fix_mends_it(
    sql: str, subject: str, fix: str | None, fresh_database: Callable[..., Any], product: Callable[..., Product]
) -> None:
    database = fresh_database()
    database.execute(IN_ORDER + sql)
    verdict = judged(database.read_catalog(), product)
    assert [failure.subject for failure in verdict.failing] == [subject]
    if fix is not None:
        assert verdict.failing[0].fix == fix
        database.execute(fix)
        assert judged(database.read_catalog(), product).status is Status.PROVEN


def test_all_that_can_stand_unvalidated_is_looked_at() -> None:
    """A kind that comes with such a field has to be seen by the criterion, and then to be named here."""
    marks = {
        f"{kind.name}: {field.name}"
        for kind in all_kinds()
        for field in fields(kind.state)
        if field.name.rpartition("_")[2] in ("valid", "validated")
    }
    assert marks == {
        "check: validated",
        "column: not_null_validated",
        "domain constraint: validated",
        "foreign key: validated",
        "index: valid",
    }


def test_an_index_whose_build_failed_refutes_until_it_is_built_again(
    fresh_database: Callable[..., Any], product: Callable[..., Product]
) -> None:
    database = fresh_database()
    database.execute(IN_ORDER + "INSERT INTO orders VALUES (1, 5), (2, 5)")
    with pytest.raises(Error, match="could not create unique index"):
        database.execute("CREATE UNIQUE INDEX CONCURRENTLY orders_total_idx ON orders (total)")
    verdict = judged(database.read_catalog(), product)
    assert [failure.subject for failure in verdict.failing] == ["public.orders_total_idx"]
    database.execute("UPDATE orders SET total = id")
    database.execute(verdict.failing[0].fix)
    assert judged(database.read_catalog(), product).status is Status.PROVEN


def test_the_index_of_a_partitioned_table_refutes_until_every_partition_has_its_own(
    fresh_database: Callable[..., Any], product: Callable[..., Product]
) -> None:
    database = fresh_database()
    database.execute(IN_ORDER + "CREATE INDEX events_id_idx ON ONLY events (id)")
    verdict = judged(database.read_catalog(), product)
    assert [failure.subject for failure in verdict.failing] == ["public.events_id_idx"]
    assert "ATTACH PARTITION" in verdict.failing[0].fix
    database.execute("CREATE INDEX events_2026_id_idx ON events_2026 (id)")
    database.execute("ALTER INDEX events_id_idx ATTACH PARTITION events_2026_id_idx")
    assert judged(database.read_catalog(), product).status is Status.PROVEN


def test_a_not_null_that_was_never_validated_refutes_where_the_server_knows_of_such(
    fresh_database: Callable[..., Any], product: Callable[..., Product]
) -> None:
    database = fresh_database(18)
    database.execute(IN_ORDER + 'ALTER TABLE lines ADD CONSTRAINT "Order on file" NOT NULL order_id NOT VALID')
    verdict = judged(database.read_catalog(), product)
    assert [failure.fix for failure in verdict.failing] == [
        'ALTER TABLE public.lines VALIDATE CONSTRAINT "Order on file";'
    ]
    database.execute(verdict.failing[0].fix)
    assert judged(database.read_catalog(), product).status is Status.PROVEN
