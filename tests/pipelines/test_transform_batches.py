"""What is done with a batch on its way: columns, rows, what is nested, and programs at the other end of a stream."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgmason.errors import WrongUse
from pgmason.pipelines import transform
from pgmason.pipelines.transform.aside import COLUMN, take_aside
from pgmason.pipelines.transform.programs import ProgramFailed


def batch(**columns: Any) -> pa.RecordBatch:
    return pa.record_batch({name: v if isinstance(v, pa.Array) else pa.array(v) for name, v in columns.items()})


def aside(marked: pa.RecordBatch) -> tuple[list[dict[str, Any]], list[tuple[str, list[bool]]]]:
    rest, failing = take_aside(marked)
    return rest.to_pylist(), [(one.reason, one.mask.to_pylist()) for one in failing]


def test_columns_are_renamed_chosen_dropped_and_added() -> None:
    given = batch(a=[1, 2], b=["x", "y"])
    assert transform.rename(given, a="n").schema.names == ["n", "b"]
    assert transform.drop(given, "a").schema.names == ["b"]
    assert transform.select(given, "b", "a").schema.names == ["b", "a"]
    assert transform.with_column(given, "c", 7)["c"].to_pylist() == [7, 7]
    assert transform.with_column(given, "a", pa.array([3, 4]))["a"].to_pylist() == [3, 4]
    assert given.schema.names == ["a", "b"]
    with pytest.raises(WrongUse, match="no column z; it has a, b"):
        transform.rename(given, z="n")
    with pytest.raises(WrongUse, match="two columns would be named b"):
        transform.rename(given, a="b")


def test_a_cast_names_what_does_not_fit_and_never_rounds() -> None:
    given = batch(total=["1.50", "1.505", "x", None])
    rows, failing = aside(transform.cast(given, total="numeric(12,2)"))
    assert [row["total"] for row in rows] == [Decimal("1.50"), None, None, None]
    assert failing == [("total is no decimal128(12, 2)", [False, True, True, False])]
    assert COLUMN not in transform.cast(given, total="numeric(12,2)", failing="null").schema.names
    with pytest.raises(WrongUse, match=r"2 of 4 values of total are no decimal128\(12, 2\)"):
        transform.cast(given, total="numeric(12,2)", failing="stop")
    with pytest.raises(WrongUse, match="'money' is no type"):
        transform.cast(given, total="money")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # both are times, and machines are busy
@given(st.lists(st.integers() | st.sampled_from(["", "x", "1.5", "-0", "1e3"]), max_size=40))
def test_a_cast_finds_exactly_the_values_that_fail_alone(values: list[Any]) -> None:
    texts = [str(value) for value in values]

    def alone(text: str) -> int | None:
        try:
            return pa.array([text]).cast(pa.int64())[0].as_py()  # type: ignore[no-any-return]
        except pa.ArrowInvalid:
            return None

    rows, failing = aside(transform.cast(batch(n=pa.array(texts, pa.string())), n="bigint"))
    assert [row["n"] for row in rows] == [alone(text) for text in texts]
    wrong = failing[0][1] if failing else [False] * len(texts)
    assert wrong == [alone(text) is None for text in texts]


def test_rows_are_set_aside_with_their_first_reason() -> None:
    marked = transform.set_aside(batch(a=[1, 2, 3]), pa.array([True, None, False]), "first")
    marked = transform.set_aside(marked, pa.array([True, True, False]), "second")
    rows, failing = aside(marked)
    assert rows == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert failing == [("first", [True, False, False]), ("second", [False, True, False])]


def test_one_row_of_each_key_is_kept_the_first_or_the_last_and_nulls_are_equal() -> None:
    given = batch(k=["a", "b", "a", None, None], v=[1, 2, 3, 4, 5])
    assert transform.deduplicate(given, "k")["v"].to_pylist() == [2, 3, 5]
    assert transform.deduplicate(given, ["k"], keep="first")["v"].to_pylist() == [1, 2, 4]
    assert transform.deduplicate(given, ["k", "v"]) is given


def test_structs_become_columns_and_lists_become_rows() -> None:
    given = pa.RecordBatch.from_pylist(
        [{"id": 1, "who": {"name": "a", "at": {"city": "x"}}, "tags": ["p", "q"]}, {"id": 2, "who": None, "tags": []}]
    )
    flat = transform.flatten(given, "who")
    assert flat.schema.names == ["id", "who_name", "who_at_city", "tags"]
    assert flat.to_pylist()[1] == {"id": 2, "who_name": None, "who_at_city": None, "tags": []}
    assert transform.select(transform.explode(given, "tags"), "id", "tags").to_pylist() == [
        {"id": 1, "tags": "p"}, {"id": 1, "tags": "q"},
    ]  # fmt: skip
    kept = transform.explode(given, "tags", keep_empty=True)
    assert kept["tags"].to_pylist() == ["p", "q", None]
    assert kept["id"].to_pylist() == [1, 1, 2]
    with pytest.raises(WrongUse, match="two columns would be named id"):
        transform.flatten(batch(id=[1], w=[{"id": 2}]), "w", prefix="")


def test_fields_of_a_json_text_become_columns_and_what_is_none_is_set_aside() -> None:
    given = batch(p=['{"total": 1.10, "who": {"id": 7}}', '{"total": "x"}', "[1]", "{", None, "{}"])
    rows, failing = aside(transform.parse_json(given, "p", {"total": "numeric(12,2)", "who.id": "bigint"}))
    assert rows[0] == {"p_total": Decimal("1.10"), "p_who_id": 7}
    assert rows[4] == rows[5] == {"p_total": None, "p_who_id": None}
    assert failing == [
        ("p: total is no decimal128(12, 2)", [False, True, False, False, False, False]),
        ("p is no JSON object", [False, False, True, True, False, False]),
    ]


def test_a_lookup_finds_rows_of_the_target_by_a_value(fresh_database: Callable[..., Any]) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE customers (id uuid PRIMARY KEY, email text, rank numeric(5,2));"
        "INSERT INTO customers VALUES ('00000000-0000-0000-0000-000000000001', 'a@x', 1.5),"
        " ('00000000-0000-0000-0000-000000000002', 'b@x', NULL), (gen_random_uuid(), 'twice', 1),"
        " (gen_random_uuid(), 'twice', 2)"
    )
    given = batch(email=["a@x", "nobody", None, "a@x", "b@x"])
    with transform.asking(database.connection):
        take = {"id": "customer_id", "rank": "rank"}
        rows, failing = aside(transform.lookup(given, "email", "public.customers.email", take))
        assert [row["customer_id"] for row in rows] == [
            "00000000-0000-0000-0000-000000000001", None, None, "00000000-0000-0000-0000-000000000001",
            "00000000-0000-0000-0000-000000000002",
        ]  # fmt: skip
        assert [row["rank"] for row in rows] == [Decimal("1.50"), None, None, Decimal("1.50"), None]
        assert failing == [("email is not in public.customers.email", [False, True, False, False, False])]
        found = transform.lookup(
            batch(c=["00000000-0000-0000-0000-000000000001".upper(), "no uuid"]),
            "c", "public.customers.id", {"email": "email"}, missing="null",
        )  # fmt: skip
        assert found["email"].to_pylist() == ["a@x", None]
        with pytest.raises(WrongUse, match="two rows"):
            transform.lookup(batch(email=["twice"]), "email", "public.customers.email", {"id": "i"})
        with pytest.raises(WrongUse, match=r"no column public\.customers\.mail"):
            transform.lookup(batch(email=["a"]), "email", "public.customers.mail", {"id": "i"})
    with pytest.raises(WrongUse, match="none here"):
        transform.lookup(given, "email", "public.customers.email", {"id": "i"})


# --- programs -------------------------------------------------------------------------------------------------------

WHOLE = """
import sys, pyarrow as pa
table = pa.ipc.open_stream(sys.stdin.buffer).read_all()
out = table.append_column("double", pa.compute.multiply(table["id"], 2)) if False else table.append_column(
    "double", pa.array([v * 2 for v in table["id"].to_pylist()], pa.int64()))
with pa.ipc.new_stream(sys.stdout.buffer, out.schema) as writer:
    writer.write_table(out)
"""
EACH = """
import sys, os, pyarrow as pa
reader = pa.ipc.open_stream(sys.stdin.buffer)
schema = reader.schema.append(pa.field("pid", pa.int64()))
with pa.ipc.new_stream(sys.stdout.buffer, schema) as writer:
    for batch in reader:
        writer.write_batch(batch.append_column("pid", pa.array([os.getpid()] * len(batch), pa.int64())))
        sys.stdout.buffer.flush()
"""


def test_any_program_that_reads_an_arrow_stream_and_writes_one_is_a_transform() -> None:
    double = transform.program(sys.executable, "-c", WHOLE)
    assert double(batch(id=[1, 2]))["double"].to_pylist() == [2, 4]
    assert double(batch(id=pa.array([], pa.int64()))).num_rows == 0


def test_a_program_that_answers_each_batch_is_started_once() -> None:
    each = transform.program(sys.executable, "-c", EACH, each=True)
    answers = [each(batch(id=[i])) for i in range(3)]
    assert [one["id"].to_pylist() for one in answers] == [[0], [1], [2]]
    assert len({one["pid"][0].as_py() for one in answers}) == 1
    large = each(batch(id=list(range(300_000))))  # more than pipes hold: sent while the answer is read
    assert large.num_rows == 300_000


@pytest.mark.parametrize("each", [True, False])
def test_a_program_that_fails_is_told_with_its_last_words(each: bool) -> None:
    fails = transform.program(sys.executable, "-c", "import sys; sys.exit('no such rate')", each=each)
    with pytest.raises(ProgramFailed, match="left with code 1") as raised:
        fails(batch(id=[1]))
    assert "no such rate" in raised.value.what
    silent = transform.program(sys.executable, "-c", "print('hello')", each=each)
    with pytest.raises(ProgramFailed):
        silent(batch(id=[1]))
    slow = transform.program(sys.executable, "-c", "import time; time.sleep(60)", each=each, timeout_s=0.5)
    with pytest.raises(ProgramFailed, match=r"within 0\.5 s"):
        slow(batch(id=[1]))


def test_a_program_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot be started") as raised:
        transform.program("no-such-program", cwd=tmp_path)(batch(id=[1]))
    assert getattr(raised.value, "exit_code", None) == 3


def test_a_program_is_given_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@h/d")
    monkeypatch.setenv("SHOP_API_TOKEN", "hunter2")
    says = "import os, sys; sys.exit(' '.join(sorted(os.environ.values())))"
    with pytest.raises(ProgramFailed) as raised:
        transform.program(sys.executable, "-c", says)(batch(id=[1]))
    assert "hunter2" not in raised.value.what
