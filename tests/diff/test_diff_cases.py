"""Each case is a folder: `before.sql` and `after.sql` as PostgreSQL reads them, and what is told both ways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgmason.catalog.model import Catalog
from pgmason.plan.diff import Altered, Created, compare, diff
from pgmason.plan.telling import as_text

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/before.sql"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("major", [15, 18])
def test_a_difference_is_told_both_ways(case: Path, major: int, fresh_database: Callable[..., Any]) -> None:
    before, after = (
        catalog_of((case / name).read_text(encoding="utf-8"), fresh_database, major)
        for name in ("before.sql", "after.sql")
    )
    assert as_text(compare(before, after)) == (case / "forward.txt").read_text(encoding="utf-8")
    assert as_text(compare(after, before)) == (case / "backward.txt").read_text(encoding="utf-8")


def test_a_new_table_carries_its_parts_and_they_carry_theirs(fresh_database: Callable[..., Any]) -> None:
    sql = (Path(__file__).parent / "cases/a-table-with-everything/after.sql").read_text(encoding="utf-8")
    desired = catalog_of(sql, fresh_database)
    empty = catalog_of("", fresh_database)
    table = next(change for change in diff(empty, desired) if change.object.path == ("public", "refunds"))
    assert isinstance(table, Created)
    parts = [(part.object.kind, part.object.own_name) for part in table.parts]
    assert parts == [
        ("column", "id"),
        ("column", "order_id"),
        ("column", "customer_id"),
        ("column", "number"),
        ("column", "reason"),
        ("column", "doubled"),
        ("primary key", "refunds_pkey"),
        ("unique", "refunds_number_key"),
        ("check", "refunds_reason_check"),
        ("foreign key", "refunds_customer_id_fkey"),
        ("foreign key", "refunds_order_id_fkey"),
        ("index", "refunds_customer_id_idx"),
        ("index", "refunds_order_id_idx"),
    ]
    below = {
        part.object.own_name: [inner.object.own_name for inner in part.parts] for part in table.parts if part.parts
    }
    assert below == {
        "number": ["refunds_number_seq"],
        "refunds_pkey": ["refunds_pkey"],
        "refunds_number_key": ["refunds_number_key"],
    }
    assert {part.comment for part in table.parts} == {None, "In the customer's words."}


def test_the_index_of_an_altered_constraint_is_not_told_beside_it(fresh_database: Callable[..., Any]) -> None:
    before = catalog_of("CREATE TABLE t (a integer, b integer, CONSTRAINT k PRIMARY KEY (a));", fresh_database)
    after = catalog_of(
        "CREATE TABLE t (a integer, b integer NOT NULL, CONSTRAINT k PRIMARY KEY (a, b));", fresh_database
    )
    altered = [(change.object.kind, change.field) for change in diff(before, after) if isinstance(change, Altered)]
    assert altered == [("column", "not_null"), ("primary key", "columns"), ("primary key", "definition")]


def catalog_of(sql: str, fresh_database: Callable[..., Any], major: int | None = None) -> Catalog:
    """What PostgreSQL makes of that SQL on an empty database."""
    database = fresh_database(major)
    if sql:
        database.execute(sql)
    catalog: Catalog = database.read_catalog()
    return catalog
