"""Severity by production's figures: nobody's wait is no outage, and everybody's wait has its time and its bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from migrated import example
from ruled import product

from pgmason.catalog.reading import read_catalog
from pgmason.findings import Finding, Severity
from pgmason.postgres.server import Server
from pgmason.rules import SchemaInput, check_migration, check_schema
from pgmason.statistics import Activity, IndexFigures, Statistics, TableFigures

if TYPE_CHECKING:
    from conftest import FreshDatabase

SCHEMA = """
CREATE TABLE customers (id integer PRIMARY KEY);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, total numeric, note text);
"""
CHANGES = {
    "create-index-blocks-writes": "CREATE INDEX orders_note_idx ON orders (note);",
    "constraint-added-with-a-scan": "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0);",
    "not-null-reads-the-table": "ALTER TABLE orders ALTER COLUMN note SET NOT NULL;",
    "key-builds-its-index": "ALTER TABLE orders ADD CONSTRAINT k UNIQUE (note);",
    "type-change-rewrites-the-table": "ALTER TABLE orders ALTER COLUMN customer_id TYPE bigint;",
    "work-under-a-blocking-lock": "LOCK TABLE orders; SELECT count(*) FROM orders;",
    "bulk-change-in-one-transaction": "UPDATE orders SET total = 0;",
}


def figures(rows: int | None, **more: TableFigures) -> Statistics:
    orders = TableFigures(rows=rows, bytes=(rows or 1) * 200, indexes={"orders_pkey": IndexFigures(bytes=8192)})
    tables = {("public", "orders"): orders, **{("public", name): table for name, table in more.items()}}
    return Statistics(captured="2026-11-20T00:00:00+00:00", server="15.8", counted_seconds=864_000, tables=tables)


def judged(server: Server, change: str, statistics: Statistics | None) -> dict[str, Finding]:
    """What all rules find, by rule, but for the lock_timeout that none of these sets."""
    (one,) = example(server, SCHEMA, f"SET lock_timeout = '2s';\n{change}\n")
    return {finding.rule: finding for finding in check_migration(replace(one, statistics=statistics))}


@pytest.mark.parametrize(("rule", "change"), CHANGES.items(), ids=CHANGES)
def test_the_size_decides_what_a_wait_means(rule: str, change: str, server: Server) -> None:
    without = judged(server, change, None)
    assert set(without) == {rule}
    law = without[rule].cost
    assert law is not None
    assert law.seconds is None
    assert law.told[0].startswith("grows  ")

    large = judged(server, change, figures(50_000_000))
    assert {one: found.severity for one, found in large.items()} == {rule: without[rule].severity}
    cost = large[rule].cost
    assert cost is not None
    assert cost.seconds is not None
    assert 1 < cost.seconds[0] < cost.seconds[1]
    assert "50,000,000 rows, 10 GB on 2026-11-20" in cost.told[0]
    assert bool(cost.bytes_written) == (rule not in ("constraint-added-with-a-scan", "not-null-reads-the-table",
                                                    "work-under-a-blocking-lock"))  # fmt: skip

    small = judged(server, change, figures(200))
    assert {one: found.severity for one, found in small.items()} == {rule: Severity.NOTE}
    assert "200 rows" in small[rule].cost.told[0]
    assert "nobody feels it" in small[rule].effect

    assert judged(server, change, figures(0)) == {}, "an empty table is silent"
    unknown = judged(server, change, replace(figures(1), tables={}))
    assert unknown[rule].severity is without[rule].severity
    assert "the figures do not have the table" not in unknown[rule].message


def test_short_works_of_one_transaction_are_added_up(server: Server) -> None:
    """Each of them is over in 200 ms at most; the lock of the first is held until the last is."""
    one = "ALTER TABLE orders ADD CONSTRAINT c{n} CHECK (total > {n});"
    rows = 200_000
    alone = judged(server, one.format(n=1), figures(rows))
    assert alone["constraint-added-with-a-scan"].severity is Severity.NOTE
    several = judged(server, "\n".join(one.format(n=n) for n in range(4)), figures(rows))
    assert several["constraint-added-with-a-scan"].severity is Severity.OUTAGE


def test_what_is_lost_or_broken_is_so_at_any_size(server: Server) -> None:
    for change in ("ALTER TABLE orders DROP COLUMN note;", "ALTER TABLE orders RENAME note TO remark;"):
        without, small = judged(server, change, None), judged(server, change, figures(200))
        assert [one.severity for one in small.values()] == [one.severity for one in without.values()]
        assert small


def test_a_foreign_key_onto_a_large_table_waits_for_the_child(server: Server) -> None:
    change = "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers;"
    small = TableFigures(rows=3, bytes=8192)
    assert judged(server, change, figures(50_000_000, customers=small))["constraint-added-with-a-scan"].severity is (
        Severity.OUTAGE
    )
    assert judged(server, change, figures(200, customers=small))["constraint-added-with-a-scan"].severity is (
        Severity.NOTE
    )


def test_a_partitioned_table_has_the_rows_of_its_partitions(server: Server) -> None:
    schema = (
        "CREATE TABLE event (at date, what text) PARTITION BY RANGE (at);\n"
        "CREATE TABLE event_old PARTITION OF event FOR VALUES FROM (MINVALUE) TO (MAXVALUE);\n"
    )
    (one,) = example(server, schema, "SET lock_timeout = '2s';\nCREATE INDEX event_what_idx ON event (what);\n")
    for rows, expected in ((9, {Severity.NOTE}), (50_000_000, {Severity.OUTAGE}), (0, set())):
        part = TableFigures(rows=rows, bytes=rows * 100, partition_of=("public", "event"))
        statistics = Statistics(
            captured="2026-11-20T00:00:00+00:00",
            server="15.8",
            counted_seconds=None,
            tables={("public", "event_old"): part},
        )
        found = check_migration(replace(one, statistics=statistics))
        assert {finding.severity for finding in found} == expected


# --- the schema ---------------------------------------------------------------------------------------------------

KEYS = """
CREATE TABLE parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE child (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent_id bigint REFERENCES parent, a int, b int);
CREATE INDEX child_a_b ON child (a, b);
CREATE INDEX child_a ON child (a);
CREATE TABLE small (id smallserial PRIMARY KEY);
"""  # noqa: E501


@pytest.fixture
def of_schema(fresh_database: Callable[[], FreshDatabase]) -> Callable[..., Mapping[str, Finding]]:
    database = fresh_database()
    database.execute(KEYS)
    with database.scratch.observer() as observer:
        catalog = read_catalog(observer)

    def found(rows: int | None, last: int | None = None, *, known: bool = True) -> Mapping[str, Finding]:
        table = TableFigures(
            rows=rows,
            bytes=(rows or 0) * 100,
            indexes={"child_a": IndexFigures(bytes=700_000_000, scans=3)},
            activity=Activity(inserted=90),
        )
        statistics = Statistics(
            captured="2026-11-20T00:00:00+00:00",
            server="15.8",
            counted_seconds=864_000,
            tables={("public", "child"): table, ("public", "small"): TableFigures(rows=7, bytes=8192)},
            sequences={("public", "child_id_seq"): last},
        )
        schema = SchemaInput(product=product(), catalog=catalog, places={}, statistics=statistics if known else None)
        return {f"{one.rule} {one.subject}": one for one in check_schema(schema)}

    return found


def test_a_key_without_an_index_is_told_with_the_size_of_its_table(of_schema: Callable[..., Mapping]) -> None:
    fault = "foreign-key-without-index public.child.child_parent_id_fkey"
    assert of_schema(1, known=False)[fault].cost is None
    large = of_schema(40_000_000)[fault]
    assert (large.severity, large.cost.told) == (
        Severity.RISK,
        ("public.child has 40,000,000 rows, 4 GB on 2026-11-20",),
    )
    assert of_schema(40)[fault].severity is Severity.NOTE
    assert of_schema(None)[fault].severity is Severity.RISK


def test_an_index_that_nobody_needs_says_what_it_costs(of_schema: Callable[..., Mapping]) -> None:
    found = of_schema(40_000_000)["duplicate-or-redundant-index public.child_a"]
    assert found.severity is Severity.RISK
    assert found.cost.told[1] == (
        "public.child_a holds 700 MB, was scanned 3 times and 90 rows of its table were written in 10 days before"
        " 2026-11-20"
    )
    assert of_schema(40)["duplicate-or-redundant-index public.child_a"].severity is Severity.NOTE


@pytest.mark.parametrize(
    ("rows", "last", "told"),
    [
        (5, 1_100_000_000, "has used 51% of its numbers: 1,100,000,000 of 2,147,483,647"),
        (2_000_000_000, None, "has used 93% of its numbers: 2,000,000,000 of 2,147,483,647"),
        (5, 1_000_000, None),
    ],
)
def test_a_key_is_near_its_end_by_the_numbers_that_production_used(
    rows: int, last: int | None, told: str | None, of_schema: Callable[..., Mapping]
) -> None:
    found = of_schema(rows, last)
    mine = found.get("key-near-capacity public.child.id")
    assert (mine is None) == (told is None)
    if mine is not None and told is not None:
        assert mine.severity is Severity.RISK
        assert told in mine.message
    assert "key-near-capacity the product" not in found, "how near it is, is known"
    assert "key-near-capacity the product" in of_schema(rows, last, known=False)
    assert found["key-near-capacity public.small.id"].severity is Severity.NOTE
    assert of_schema(1, known=False)["key-near-capacity public.small.id"].severity is Severity.RISK
