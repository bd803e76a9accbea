"""What must hold of rows, tables and runs: which rows each expectation names, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listed import batch, pipeline_of
from psycopg import sql

from pgmason.errors import WrongUse
from pgmason.pipelines import expect, pipeline, transform
from pgmason.pipelines.expect.implied import implied
from pgmason.pipelines.expect.quarantine import quarantined, reasons, returned
from pgmason.pipelines.ledger import standing
from pgmason.pipelines.model import Counts, Run, RunState, Severity
from pgmason.pipelines.preparing import ExpectationFailed
from pgmason.pipelines.runner import Replay, run_pipeline
from pgmason.rows.target import read_target

Fresh = Callable[..., Any]


def failing(expectation: Any, rows: pa.RecordBatch) -> list[int]:
    """The indices of rows that fail."""
    found = expectation.check(rows, None)
    if found is None:
        return []
    assert found.mask.null_count == 0
    return [i for i, wrong in enumerate(found.mask.to_pylist()) if wrong]


# --- values ---------------------------------------------------------------------------------------------------------

WHEN = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expectation", "values", "wrong"),
    [
        (expect.not_null("x"), [1, None, 0], [1]),
        (expect.between("x", 0, 10), [0, 10, -1, 11, None], [2, 3]),
        (expect.between("x", 0.5), pa.array([0.5, 0.4, float("nan"), float("inf")]), [1, 2]),
        (expect.between("x", high=Decimal("1.10")), pa.array([Decimal("1.10"), Decimal("1.11")]), [1]),
        (expect.between("x", "2026-01-02"), pa.array([WHEN, WHEN - timedelta(microseconds=1)]), [1]),
        (expect.between("x", high=date(2026, 1, 2)), pa.array([date(2026, 1, 2), date(2026, 1, 3)]), [1]),
        (expect.between("x", "b", "d"), ["a", "b", "e", None], [0, 2]),
        (expect.one_of("x", ["a", "b"]), ["a", "c", None, ""], [1, 3]),
        (expect.one_of("x", [1, 2]), [1, 3], [1]),
        (expect.matches("x", "[a-z]+|7"), ["abc", "abc1", "7", "77", None, "a\nb"], [1, 3, 5]),
        (expect.length("x", 1, 3), ["", "a", "äöü", "abcd", None], [0, 3]),
        (expect.holds("even", lambda b: pa.array([v is None or v % 2 == 0 for v in b["x"].to_pylist()])), [1, 2], [0]),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else "",
)  # fmt: skip
def test_the_rows_that_fail_are_named_and_no_others(expectation: Any, values: Any, wrong: list[int]) -> None:
    rows = batch(x=values)
    assert failing(expectation, rows) == wrong
    assert failing(expectation, rows.slice(0, 0)) == []
    told = expectation.check(rows, None).reason
    assert "x" in told or told == "does not hold: even"


@given(st.lists(st.none() | st.integers(-5, 5)), st.none() | st.integers(-5, 5), st.integers(-5, 5))
def test_between_is_what_python_says_of_each_value(values: list[int | None], low: int | None, high: int) -> None:
    wrong = [i for i, v in enumerate(values) if v is not None and not ((low is None or low <= v) and v <= high)]
    assert failing(expect.between("x", low, high), batch(x=pa.array(values, pa.int64()))) == wrong


def test_what_cannot_be_compared_or_is_not_there_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="cannot be compared: x is string"):
        failing(expect.between("x", 0, 1), batch(x=["a"]))
    with pytest.raises(WrongUse, match="asks for the column y, and the batch has x"):
        failing(expect.not_null("y"), batch(x=[1]))
    with pytest.raises(WrongUse, match="pattern"):
        failing(expect.matches("x", "(?=a)"), batch(x=["a"]))
    for wrong in (
        lambda: expect.between("x"),
        lambda: expect.not_null("x", severity="fatal"),
        lambda: expect.exists_in("x", "customers.id"),
        lambda: expect.fresh("x", within="soon"),
        expect.row_count,
        expect.unique,
        lambda: expect.one_of("x", "abc"),
    ):
        with pytest.raises(WrongUse):
            wrong()


def test_a_pandera_schema_names_the_rows_that_its_checks_name() -> None:
    pandera = pytest.importorskip("pandera.pandas")
    schema = pandera.DataFrameSchema(
        {
            "id": pandera.Column(int, unique=True),
            "total": pandera.Column(float, pandera.Check.in_range(0, 100), nullable=True),
        }
    )
    rows = batch(id=[1, 2, 2, 4], total=[1.0, 101.0, 3.0, None])
    assert failing(expect.pandera(schema), rows) == [1, 2]
    with pytest.raises(WrongUse, match="fails as a whole"):
        failing(expect.pandera(schema), batch(id=["a"]))


# --- staged ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def staged(fresh_database: Fresh) -> Callable[[Any], list[int]]:
    """A stage with rows 1 to 6, a parent table, and the failing rows of an expectation."""
    database = fresh_database()
    database.execute(
        "CREATE TABLE parent (a int, b int); INSERT INTO parent VALUES (1, 1), (2, 2);"
        "CREATE TABLE stage (pgmason_row bigint, a int, b int, up int);"
        "INSERT INTO stage VALUES (1, 1, 1, NULL), (2, 1, 2, 1), (3, NULL, 2, 7), (4, 2, 2, 2), (5, 2, 2, 9),"
        " (6, NULL, NULL, NULL)"
    )

    def rows(expectation: Any) -> list[int]:
        query = expectation.failing_rows(sql.Identifier("public", "stage"))
        return sorted(row[0] for row in database.connection.execute(query).fetchall())

    return rows


def test_postgres_names_the_rows_that_fail_among_rows_and_tables(staged: Callable[[Any], list[int]]) -> None:
    assert staged(expect.unique("a")) == [1, 4]  # all but the last; nulls equal nothing
    assert staged(expect.unique("a", "b")) == [4]
    assert staged(expect.exists_in("b", "public.parent.b")) == []
    assert staged(expect.exists_in("up", "public.parent.a")) == [3, 5]
    assert staged(expect.exists_in(["a", "b"], "public.parent.a,b")) == [2]
    assert staged(expect.sql("a <= b AND b < 2 OR up > 8")) == [2, 3, 4]  # unknown passes, as in a CHECK


def test_the_targets_own_constraints_name_the_rows_that_it_would_refuse(fresh_database: Fresh) -> None:
    """Judged by PostgreSQL: each row is inserted by itself, with those before it that were taken."""
    database = fresh_database()
    database.execute(
        "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1), (2);"
        'CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, code text, "up" int REFERENCES child,'
        " amount numeric, CHECK (amount >= 0), UNIQUE (code));"
        "INSERT INTO child VALUES (1, 1, 'taken', NULL, 0);"
        "CREATE TABLE stage AS SELECT 1::bigint pgmason_row, child.* FROM child WITH NO DATA;"
        "INSERT INTO stage VALUES (1, 10, 1, 'a', NULL, 5), (2, 11, 9, 'b', NULL, 5), (3, 12, 1, 'c', NULL, -5),"
        " (4, 13, 1, 'taken', NULL, 5), (5, 14, NULL, NULL, 10, NULL), (6, 15, 1, 'f', 99, 1), (7, 1, 2, 'taken', 1, 1)"
    )
    target = read_target(database.connection, "public", "child")
    found: dict[str, list[int]] = {}
    for expectation in implied(target, [column.name for column in target.columns], ("id",)):
        assert expectation.severity is Severity.QUARANTINE
        query = expectation.failing_rows(sql.Identifier("public", "stage"))
        rows = sorted(row[0] for row in database.connection.execute(query).fetchall())
        if rows:
            found[expectation.name] = rows
    assert found == {
        "check(child_amount_check)": [3],
        "unique(code)": [4],
        "foreign_key(child_parent_fkey)": [2],
        "foreign_key(child_up_fkey)": [6],
    }
    merge = (
        "INSERT INTO child SELECT id, parent, code, up, amount FROM stage WHERE pgmason_row = ANY(%s)"
        " ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, code = excluded.code, up = excluded.up"
    )
    for row in range(1, 8):
        refused = any(row in rows for rows in found.values())
        try:
            database.connection.execute(merge, [[row]])
        except Exception:
            assert refused, row
        else:
            assert not refused, row


# --- runs -----------------------------------------------------------------------------------------------------------


def run_of(read: int) -> Run:
    return Run(id=1, pipeline="p", state=RunState.DONE, started_at=WHEN, counts=Counts(read=read))


def test_a_run_is_held_to_bounds_and_to_the_runs_before_it() -> None:
    usual = [run_of(read) for read in (100, 110, 90, 100)]

    def told(expectation: Any, read: int, before: Any = usual) -> str | None:
        found = expectation.check_run(run_of(read), before, None)
        return found.reason if found else None

    assert told(expect.row_count(at_least=10), 10) is None
    assert told(expect.row_count(at_least=10), 9) == "9 rows were read, fewer than 10"
    assert told(expect.row_count(at_most=10), 11) == "11 rows were read, more than 10"
    assert told(expect.row_count(within=0.5), 150) is None
    assert "where the last 4 runs read 100" in str(told(expect.row_count(within=0.5), 151))
    assert told(expect.row_count(within=0.5), 0, usual[:2]) is None  # two runs say nothing


@pytest.mark.parametrize(
    ("age", "reason"),
    [("'1 hour'", None), ("'3 days'", "3 days old"), ("'-2 hours'", "ahead: the clock"), (None, "no row with a at")],
)
def test_the_newest_row_is_neither_old_nor_ahead_of_time(fresh_database: Fresh, age: str | None, reason: str) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int, at timestamptz)")
    if age is not None:
        database.execute(f"INSERT INTO t VALUES (1, now() - interval {age}), (2, NULL)")
    fresh = expect.fresh("at", within="2 days").for_target("public", "t")
    found = fresh.check_run(run_of(1), [], database.connection)
    assert (found is None) if reason is None else (reason in found.reason)


# --- what becomes of rows and runs ----------------------------------------------------------------------------------


@pytest.fixture
def orders(fresh_database: Fresh) -> Any:
    database = fresh_database()
    database.execute(
        "CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers VALUES (1), (2);"
        "CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers, total numeric(8,2),"
        " note varchar(5))"
    )
    return database


ROWS = {"id": [1, 2, 3, 4, 5], "customer": [1, 9, None, 2, 1], "total": [1.5, 2.0, 3.0, -4.0, 5.0],
        "note": ["a", "b", "c", "d", "too long"]}  # fmt: skip


def test_rows_that_fail_are_set_aside_with_every_reason_and_the_others_load(orders: Any) -> None:
    run = run_pipeline(
        pipeline_of(
            batch(**ROWS), "public.orders", expectations=(expect.between("total", 0), expect.matches("note", "[a-d]"))
        ),
        orders.url,
    )
    assert orders.execute("SELECT id FROM orders") == [(1,)]
    assert (run.counts.inserted, run.counts.quarantined) == (1, 4)
    why = {row.key["id"]: row.reason for row in quarantined(orders.connection, "p")}
    assert why == {
        2: "customer is not in public.customers",
        3: "customer is null",
        4: "total is less than 0",
        5: "note does not match [a-d]; note is longer than 5 characters",
    }
    assert all(row.row is None for row in quarantined(orders.connection, "p"))  # values only where they are asked for
    assert quarantined(orders.connection, "p", values=True)[0].row["note"] in ("b", "c", "d", "too long")
    assert sum(one.rows for one in reasons(orders.connection, "p")) == 4


def test_severities_stop_the_run_or_let_the_row_pass_with_a_word(orders: Any) -> None:
    stop = pipeline_of(batch(**ROWS), "public.orders", expectations=(expect.between("total", 0, severity="stop"),))
    with pytest.raises(ExpectationFailed, match="total is less than 0"):
        run_pipeline(stop, orders.url)
    assert orders.execute("SELECT count(*) FROM orders") == [(0,)]
    warn = pipeline_of(batch(**ROWS), "public.orders", expectations=(expect.between("total", 0, severity="warn"),))
    run = run_pipeline(warn, orders.url)
    assert run.counts.warned == 1
    assert orders.execute("SELECT id FROM orders ORDER BY id") == [(1,), (4,)]
    assert any("total is less than 0" in warning for warning in run.warnings)


def back(database: Any, declared: Any, mended: dict[int, Any] | None = None) -> list[Run]:
    """Replay what waits."""
    target = read_target(database.connection, *declared.target_path)
    kept = standing(database.connection, declared.name).source_schema
    found = returned(
        database.connection, database.url, declared.name, target, kept, ids=tuple(mended or ()), mended=mended
    )
    return [
        run_pipeline(
            declared,
            database.url,
            replay=Replay(source=one.source, ids=one.ids, through_function=one.through_function),
        )
        for one in found
    ]


def test_a_mended_row_comes_back_and_what_fails_again_waits_again(orders: Any) -> None:
    declared = pipeline_of(batch(**ROWS), "public.orders", expectations=(expect.between("total", 0),))
    run_pipeline(declared, orders.url)
    orders.execute("INSERT INTO customers VALUES (9)")  # the world is mended: row 2 may come back as it was
    rows = {row.key["id"]: row for row in quarantined(orders.connection, "p", values=True)}
    mended = {rows[4].id: {**rows[4].row, "total": Decimal("4.00")}, rows[2].id: rows[2].row}
    back(orders, declared, mended)
    assert orders.execute("SELECT id, total FROM orders ORDER BY id") == [
        (1, Decimal("1.50")), (2, Decimal("2.00")), (4, Decimal("4.00")),
    ]  # fmt: skip
    back(orders, declared)
    assert sorted(row.key["id"] for row in quarantined(orders.connection, "p")) == [3, 5]
    assert len(quarantined(orders.connection, "p", replayed=True)) == 6
    with pytest.raises(WrongUse, match=r"no row \d+ of it waits"):
        back(orders, declared, {rows[4].id: {}})


@pipeline(
    extract=pipeline_of(batch(raw=["1", "x", "3"], customer=["1", "1", "9"])).extract,
    target="public.orders",
    key=["id"],
    name="casting",
)
def casting(rows: pa.RecordBatch) -> pa.RecordBatch:
    return transform.rename(transform.cast(rows, raw="int", customer="int"), raw="id")


def test_a_row_that_the_function_set_aside_is_kept_as_the_source_gave_it(orders: Any) -> None:
    declared = casting.pipeline  # type: ignore[attr-defined]
    run_pipeline(declared, orders.url)
    rows = quarantined(orders.connection, "casting", values=True)
    assert {row.reason: (row.form, row.row) for row in rows} == {
        "raw is no int32; id is null": ("extracted", {"raw": "x", "customer": "1"}),
        "customer is not in public.customers": ("staged", {"id": 3, "customer": 9}),
    }
    wrong = next(row for row in rows if row.form == "extracted")
    back(orders, declared, {wrong.id: {"raw": "7", "customer": "2"}})
    assert orders.execute("SELECT id, customer FROM orders ORDER BY id") == [(1, 1), (7, 2)]


def test_bad_values_of_each_kind_are_set_aside_and_the_good_row_loads(fresh_database: Fresh, tmp_path: Path) -> None:
    """NUL characters, numbers out of range, unknown labels, keys twice in a batch, a foreign key to nothing."""
    database = fresh_database()
    database.execute(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE parent (id int PRIMARY KEY);"
        "CREATE TABLE t (id int PRIMARY KEY, small smallint, note text, mood mood, parent int REFERENCES parent,"
        " at date CHECK (at < '2100-01-01'), n numeric(4,1))"
    )
    good = {"id": 1, "small": 1, "note": "x", "mood": "ok", "parent": None, "at": "2026-01-01", "n": "1.5"}
    wrong = {
        2: {"small": 40_000}, 3: {"note": "a\0b"}, 4: {"mood": "furious"}, 5: {"parent": 5}, 6: {"at": "2200-01-01"},
        7: {"at": "2026-02-30"}, 8: {"n": "12345.0"}, 9: {"n": "1.25"}, 10: {"small": None},
    }  # fmt: skip
    rows = [good, *({**good, "id": id, **fault} for id, fault in wrong.items()), {**good, "note": "again"}]
    source = pa.RecordBatch.from_pylist(
        rows,
        schema=pa.schema(
            [("id", pa.int64()), ("small", pa.int64()), ("note", pa.string()), ("mood", pa.string()),
             ("parent", pa.int64()), ("at", pa.string()), ("n", pa.string())]
        ),
    )  # fmt: skip
    run = run_pipeline(pipeline_of(source), database.url)
    assert database.execute("SELECT id, note FROM t ORDER BY id") == [(1, "again"), (10, "x")]
    assert run.counts.superseded == 1
    assert {row.key["id"]: row.reason for row in quarantined(database.connection, "p")} == {
        2: "small does not fit smallint",
        3: "note holds a NUL character",
        4: "mood is no label of mood",
        5: "parent is not in public.parent",
        6: "breaks the check t_at_check",
        7: "at does not fit date written as 2026-01-31",
        8: "n does not fit numeric(4,1)",
        9: "n does not fit numeric(4,1)",
    }
