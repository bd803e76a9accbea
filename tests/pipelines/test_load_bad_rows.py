"""Rows that do not fit are set aside with their reason, and never a good one with them."""

# ruff: noqa: E501, DTZ001  one line for each case of the table; Arrow has timestamps without a zone
from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from listed import Listed, batch, pipeline_of

from pgmason.errors import WrongUse
from pgmason.pipelines.ledger import runs
from pgmason.pipelines.model import Counts, Failing, RunState, Severity
from pgmason.pipelines.preparing import ExpectationFailed, FunctionFailed
from pgmason.pipelines.runner import RefusedByDatabase, run_pipeline

FRESH = Callable[..., Any]


def set_aside(database: Any) -> list[tuple[Any, ...]]:
    return database.execute(
        "SELECT \"row\" ->> 'id', expectation, reason, form FROM pgmason.quarantine ORDER BY (\"row\" ->> 'id')::int"
    )


def not_utf8(*values: bytes) -> pa.Array:
    ends = [0]
    for value in values:
        ends.append(ends[-1] + len(value))
    return pa.Array.from_buffers(
        pa.string(),
        len(values),
        [None, pa.py_buffer(struct.pack(f"{len(ends)}i", *ends)), pa.py_buffer(b"".join(values))],
    )


# SQL type, three values of which the middle one does not fit, and the reason.
MISFITS: list[tuple[str, Any, str]] = [
    ("smallint", [1, 40000, 3], "v does not fit smallint"),
    ("integer", ["1", "1.5", "3"], "v does not fit integer"),
    ("integer", [1.0, 1.5, 3.0], "v does not fit integer"),
    ("bigint", [1.0, float("nan"), 3.0], "v does not fit bigint"),
    ("numeric(5,2)", ["1.5", "1.555", "2"], "v does not fit numeric(5,2)"),
    ("numeric(5,2)", [1, 1000, 3], "v does not fit numeric(5,2)"),
    ("numeric(5,2)", [1.0, float("inf"), 3.0], "v does not fit numeric(5,2)"),
    ("numeric", ["1", "twelve", "3"], "v is no numeric"),
    ("real", [1.0, 1e300, 3.0], "v is out of the range of real, or no number"),
    ("varchar(3)", ["abc", "abcd", "äöü"], "v is longer than 3 characters"),
    ("text", ["a", "b\0c", "d"], "v holds a NUL character"),
    ("text", not_utf8(b"a", b"\xff\xfe", b"c"), "v is not UTF-8"),
    ("mood", ["sad", "angry", "glad"], "v is no label of mood"),
    ("uuid", ["0" * 32, "12", "f" * 32], "v is no UUID"),
    ("uuid", ["0" * 32, "g" * 32, "f" * 32], "v is no UUID"),
    ("uuid", ["0" * 32, "0 " * 16, "f" * 32], "v is no UUID"),
    ("jsonb", ["{}", "{'a': 1}", "[]"], "v is no JSON that PostgreSQL takes"),
    ("jsonb", ["{}", '"\\u0000"', "[]"], "v is no JSON that PostgreSQL takes"),
    ("jsonb", ["{}", "[NaN]", "[]"], "v is no JSON that PostgreSQL takes"),
    ("jsonb", ["{}", "[1e200000]", "[]"], "v is no JSON that PostgreSQL takes"),
    ("date", ["2024-01-31", "31.01.2024", "2024-02-29"], "v does not fit date written as 2026-01-31"),
    ("date", [datetime(2024, 1, 1), datetime(2024, 1, 1, 5), datetime(2024, 1, 2)], "v has a time of day, which date cannot hold"),
    ("timestamptz", ["2024-01-01T00:00:00Z", "2024-01-01 00:00:00", "2024-01-01 00:00:00+01:00"],
     "v is no timestamp written as 2026-01-31T12:00:00 with its offset from UTC"),
    ("timestamp", pa.array([0, -(2**62), 1], pa.timestamp("us")), "v is out of the range of timestamp"),
    ("date", pa.array([0, 2**31 - 1, 1], pa.int32()).cast(pa.date32()), "v is out of the range of date"),
    ("time", pa.array([0, 86_400_000_001, 1], pa.int64()).cast(pa.time64("us")), "v is out of the range of time"),
    ("boolean", ["true", "maybe", "0"], "v does not fit true or false"),
    ("inet", ["10.0.0.1", "10.0.0.300", "::1"], "v is no inet"),
    ("int4range", ["[1,2)", "[2,1)", "empty"], "v is no int4range"),
    ("integer[]", ["{1}", "{1,x}", "{}"], "v is no integer[]"),
    ("positive", [1, -1, 2], "v is no positive"),
    ("text NOT NULL", ["a", None, "c"], "v is null"),
]  # fmt: skip


def test_a_value_that_does_not_fit_is_set_aside_with_its_reason_and_the_others_load(
    fresh_database: FRESH,
) -> None:
    """One table for each case, since each has a bad row of its own."""
    database = fresh_database()
    database.execute("CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0)")
    for place, (kind, values, reason) in enumerate(MISFITS):
        database.execute(f"CREATE TABLE t{place} (id int PRIMARY KEY, v {kind})")
        rows = Listed([batch(id=[1, 2, 3], v=values)])
        pipeline = pipeline_of(rows, name=f"p{place}", target=f"public.t{place}")
        run = run_pipeline(pipeline, database.url)
        assert run.counts == Counts(read=3, written=3, inserted=2, quarantined=1), (kind, values)
        assert database.execute(f"SELECT id FROM t{place} ORDER BY id") == [(1,), (3,)], (kind, values)
        told = database.execute('SELECT key::text, reason, "row"::text FROM pgmason.quarantine WHERE run = %s', run.id)
        assert [reason for _, reason, _ in told] == [reason], (kind, values)
        assert json.loads(told[0][2])["id"] == 2


@pytest.mark.parametrize("policy", ["update", "append"])
def test_what_the_constraints_of_the_target_refuse_is_set_aside(fresh_database: FRESH, policy: str) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);"
        " CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES parent, n int CHECK (n < 100), code text UNIQUE);"
        " INSERT INTO t VALUES (100, 1, 1, 'taken')"
    )
    rows = batch(
        id=[1, 2, 3, 4, 5],
        parent=[1, 7, 1, None, 1],
        n=[1, 2, 500, None, 5],
        code=["a", "b", "c", "taken", "e"],
    )
    run = run_pipeline(pipeline_of(rows, on_conflict=policy), database.url)
    assert run.counts == Counts(read=5, written=5, inserted=2, quarantined=3)
    assert database.execute("SELECT id FROM t ORDER BY id") == [(1,), (5,), (100,)]
    assert [(row[0], row[1]) for row in set_aside(database)] == [
        ("2", "foreign_key(t_parent_fkey)"),
        ("3", "check(t_n_check)"),
        ("4", "unique(code)"),
    ]


class Even:
    """Fails where v is odd."""

    name = "even(v)"

    def __init__(self, severity: Severity) -> None:
        self.severity = severity

    def check(self, batch: pa.RecordBatch, context: Any) -> Failing | None:
        return Failing(pc.equal(pc.bit_wise_and(batch.column("v"), 1), 1), "v is odd")


def test_an_expectation_stops_sets_aside_or_warns_as_its_author_says(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v int)")
    rows = Listed([batch(id=[1, 2, 3], v=[2, 3, 4])], cursor=False)
    with pytest.raises(ExpectationFailed, match=r"even\(v\): 1 of 3 rows of batch 1 fail \(v is odd\)"):
        run_pipeline(pipeline_of(rows, expectations=(Even(Severity.STOP),)), database.url)
    assert database.execute("SELECT count(*) FROM t") == [(0,)]
    aside = run_pipeline(pipeline_of(rows, expectations=(Even(Severity.QUARANTINE),)), database.url)
    assert aside.counts == Counts(read=3, written=3, inserted=2, quarantined=1)
    assert set_aside(database) == [("2", "even(v)", "v is odd", "extracted")]
    warned = run_pipeline(pipeline_of(rows, expectations=(Even(Severity.WARN),)), database.url)
    assert warned.counts == Counts(read=3, written=3, inserted=1, unchanged=2, warned=1)
    assert "even(v): v is odd (1 rows)" in warned.warnings


def doubled(given: pa.RecordBatch) -> pa.RecordBatch:
    return batch(id=given.column("id"), v=pc.multiply(given.column("n"), 2))


def repeated(given: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [{"id": row["id"] * 10 + n, "v": row["n"]} for row in given.to_pylist() for n in range(2)]
    )


def test_the_row_set_aside_is_the_sources_own_where_that_can_be_told(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v smallint)")
    run_pipeline(pipeline_of(batch(id=[1, 2], n=[1, 30000]), function=doubled), database.url)
    run_pipeline(pipeline_of(batch(id=[3, 4], n=[1, 70000]), function=repeated, name="q"), database.url)
    assert database.execute("SELECT form, key ->> 'id', \"row\"::text FROM pgmason.quarantine ORDER BY id") == [
        ("extracted", "2", '{"id":2,"n":30000}'),
        ("judged", "40", '{"id":40,"v":70000}'),
        ("judged", "41", '{"id":41,"v":70000}'),
    ]


def test_a_function_that_raises_is_told_at_its_line_and_nothing_is_loaded(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")

    def wrong(given: pa.RecordBatch) -> pa.RecordBatch:
        raise KeyError("no such column")

    with pytest.raises(FunctionFailed) as told:
        run_pipeline(pipeline_of(batch(id=[1]), function=wrong), database.url)
    assert "KeyError: 'no such column'" in told.value.what
    (run,) = runs(database.connection, "p")
    assert run.state is RunState.FAILED
    assert "KeyError" in str(run.failure)


def test_a_function_whose_columns_change_on_the_way_is_refused(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    rows = Listed([batch(id=[1]), batch(id=[2.5])])
    with pytest.raises(WrongUse, match="gave id as int64 first and as double later"):
        run_pipeline(pipeline_of(rows), database.url)
    assert database.execute("SELECT count(*) FROM t") == [(0,)]


def test_what_no_row_is_to_blame_for_fails_the_run_in_the_servers_words_without_values(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY);"
        " CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'not on my watch' USING DETAIL = 'secret ' || new.id; END $$;"
        " CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()"
    )
    with pytest.raises(RefusedByDatabase, match="not on my watch") as told:
        run_pipeline(pipeline_of(batch(id=[1])), database.url)
    assert "secret" not in str(told.value)
    assert runs(database.connection, "p")[0].state is RunState.FAILED


def test_a_million_bad_rows_do_not_pile_up_in_memory_but_in_the_quarantine(fresh_database: FRESH) -> None:
    """A tenth of that here: each batch's bad rows leave the process with the batch."""
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY, v smallint)")
    batches = [batch(id=list(range(at, at + 5000)), v=[99_999] * 5000) for at in range(0, 20_000, 5000)]
    run = run_pipeline(pipeline_of(Listed(batches)), database.url)
    assert run.counts == Counts(read=20_000, written=20_000, quarantined=20_000)
    assert database.execute("SELECT count(*), count(DISTINCT \"row\" ->> 'id') FROM pgmason.quarantine") == [
        (20_000, 20_000)
    ]
