"""Rows go into tables as products have them: every type, partitions, generated and identity columns, triggers."""

# ruff: noqa: E501, DTZ001  one line for each case of the table; Arrow has timestamps without a zone
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from listed import Listed, batch, pipeline_of

from pgmason.errors import Unsupported, WrongUse
from pgmason.pipelines.model import Counts
from pgmason.pipelines.runner import run_pipeline

FRESH = Callable[..., Any]

# SQL type, an Arrow array, and what PostgreSQL itself says the same literal is.
TYPES: list[tuple[str, pa.Array, list[str]]] = [
    ("smallint", pa.array([1, -32768]), ["1", "-32768"]),
    ("integer", pa.array([1, 2**31 - 1]), ["1", "2147483647"]),
    ("bigint", pa.array([1, -(2**63)], pa.int64()), ["1", "-9223372036854775808"]),
    ("bigint", pa.array([1, 2], pa.uint64()), ["1", "2"]),
    ("bigint", pa.array(["1", "2"]), ["1", "2"]),
    ("bigint", pa.array([1.0, 2.0]), ["1", "2"]),
    ("numeric", pa.array([Decimal("1.50"), Decimal("-0.001")]), ["1.500", "-0.001"]),
    ("numeric", pa.array(["1.50", "1e3"]), ["1.50", "1000"]),
    ("numeric", pa.array([1, 2**62]), ["1", "4611686018427387904"]),
    ("numeric(10,2)", pa.array([1.005, 19.99]), ["1.00", "19.99"]),
    ("numeric(10,2)", pa.array([7, 8], pa.int32()), ["7.00", "8.00"]),
    ("numeric(50,10)", pa.array([Decimal("1.5"), None]), ["1.5", "NULL"]),
    ("real", pa.array([0.5, 1.25]), ["0.5", "1.25"]),
    ("double precision", pa.array([0.1, float("inf")]), ["0.1", "'Infinity'"]),
    ("boolean", pa.array([True, False]), ["true", "false"]),
    ("boolean", pa.array(["true", "0"]), ["true", "false"]),
    ("text", pa.array(["", "Käse 🧀"]), ["''", "'Käse 🧀'"]),
    ("text", pa.array(["a", "b"]).dictionary_encode(), ["'a'", "'b'"]),
    ("text", pa.array([1, 2]), ["'1'", "'2'"]),
    ("varchar(3)", pa.array(["abc", "äöü"], pa.large_string()), ["'abc'", "'äöü'"]),
    ("char(4)", pa.array(["ab", "abcd"]), ["'ab'", "'abcd'"]),
    ("bytea", pa.array([b"\x00\x01", b""]), ["'\\x0001'", "''"]),
    ("uuid", pa.array(["00000000-0000-0000-0000-00000000000a", None]), ["'00000000-0000-0000-0000-00000000000a'", "NULL"]),
    ("uuid", pa.array([UUID(int=10).bytes, UUID(int=11).bytes], pa.binary(16)), [f"'{UUID(int=10)}'", f"'{UUID(int=11)}'"]),
    ("json", pa.array(['{"b":1, "a":2}', "null"]), ["'{\"b\":1, \"a\":2}'", "'null'"]),
    ("jsonb", pa.array([{"a": [1, None], "d": Decimal("1.10")}, None]), ["'{\"a\":[1,null],\"d\":1.10}'", "NULL"]),
    ("date", pa.array([date(2024, 2, 29), date(1, 1, 1)]), ["'2024-02-29'", "'0001-01-01'"]),
    ("date", pa.array(["2024-02-29", None]), ["'2024-02-29'", "NULL"]),
    ("date", pa.array([datetime(2024, 2, 29), None]), ["'2024-02-29'", "NULL"]),
    ("timestamptz", pa.array([datetime(2024, 1, 1, 12, tzinfo=UTC), None]), ["'2024-01-01 12:00+00'", "NULL"]),
    ("timestamptz", pa.array([datetime(2024, 1, 1, 12), None], pa.timestamp("us", "Europe/Berlin")), ["'2024-01-01 12:00+00'", "NULL"]),
    ("timestamptz", pa.array(["2024-01-01T12:00:00+02:00", None]), ["'2024-01-01 10:00+00'", "NULL"]),
    ("timestamptz(3)", pa.array([1_500_000, 1_000_500], pa.int64()).cast(pa.timestamp("us", "UTC")), ["'1970-01-01 00:00:01.5+00'", "'1970-01-01 00:00:01.0005+00'"]),
    ("timestamp", pa.array([1_600, 1_400], pa.int64()).cast(pa.timestamp("ns")), ["'1970-01-01 00:00:00.000002'", "'1970-01-01 00:00:00.000001'"]),
    ("timestamp", pa.array(["2024-01-01T12:00:00", "2024-01-01 12:00"]), ["'2024-01-01 12:00'", "'2024-01-01 12:00'"]),
    ("time", pa.array([time(12, 30), None]), ["'12:30'", "NULL"]),
    ("time", pa.array(["12:30", "23:59:59.5"]), ["'12:30'", "'23:59:59.5'"]),
    ("interval", pa.array([timedelta(days=1, hours=2), timedelta(microseconds=-5)]), ["'26:00:00'", "'-0.000005 seconds'"]),
    ("interval", pa.array([pa.MonthDayNano([14, 3, 5_000_000_000]), None]), ["'14 mons 3 days 5 seconds'", "NULL"]),
    ("inet", pa.array(["10.0.0.1/8", "::1"]), ["'10.0.0.1/8'", "'::1'"]),
    ("int4range", pa.array(["[1,5)", "empty"]), ["'[1,5)'", "'empty'"]),
    ("tsvector", pa.array(["'a':1 'b':2", ""]), ["'''a'':1 ''b'':2'", "''"]),
    ("bit(3)", pa.array(["101", "000"]), ["B'101'", "B'000'"]),
    ("money", pa.array(["$1.50", "2"]), ["'$1.50'", "'2'"]),
    ("point", pa.array(["(1,2)", None]), ["'(1,2)'", "NULL"]),
    ("xml", pa.array(["<a>b</a>", None]), ["'<a>b</a>'", "NULL"]),
    ("integer[]", pa.array([[1, None, 3], []], pa.list_(pa.int64())), ["'{1,NULL,3}'", "'{}'"]),
    ("text[]", pa.array([["a", None, 'q"'], None]), ["'{a,NULL,\"q\\\"\"}'", "NULL"]),
    ("integer[]", pa.array([[[1, 2], [3, 4]], None]), ["'{{1,2},{3,4}}'", "NULL"]),
    ("numeric(6,2)[]", pa.array([[Decimal("1.50")], [None]]), ["'{1.50}'", "'{NULL}'"]),
    ("uuid[]", pa.array([[str(UUID(int=1))], []]), [f"'{{{UUID(int=1)}}}'", "'{}'"]),
    ("timestamptz[]", pa.array([[datetime(2024, 1, 1, tzinfo=UTC)], None]), ["'{2024-01-01 00:00:00+00}'", "NULL"]),
    ("mood", pa.array(["sad", "so so"]), ["'sad'", "'so so'"]),
    ("mood[]", pa.array([["sad", "so so"], None]), ["'{sad,\"so so\"}'", "NULL"]),
    ("positive", pa.array([1, 2]), ["1", "2"]),
    ("spot", pa.array([{"x": 1, "note": 'a "b", c'}, {"x": None, "note": ""}]), ["ROW(1, 'a \"b\", c')", "ROW(NULL, '')"]),
    ("spot[]", pa.array([[{"x": 1, "note": "(,)"}], None]), ["ARRAY[ROW(1, '(,)')::spot]", "NULL"]),
]  # fmt: skip
DEFINITIONS = (
    "CREATE TYPE mood AS ENUM ('so so', 'sad'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0);"
    " CREATE TYPE spot AS (x integer, note text)"
)


@pytest.mark.parametrize("policy", ["update", "append"])
def test_every_type_arrives_as_postgresql_itself_reads_it(fresh_database: FRESH, policy: str) -> None:
    """One table of all of them; the expected values are literals that the server reads."""
    database = fresh_database()
    database.execute(DEFINITIONS)
    names = [f"c{place}" for place in range(len(TYPES))]
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in zip(names, TYPES, strict=True))
    database.execute(f"CREATE TABLE t (id bigint PRIMARY KEY, {columns}); CREATE TABLE expected (LIKE t)")
    for row in (0, 1):
        values = ", ".join(literals[row] for _, _, literals in TYPES)
        database.execute(f"INSERT INTO expected VALUES ({row}, {values})")
    given = batch(id=[0, 1], **{name: array for name, (_, array, _) in zip(names, TYPES, strict=True)})
    source = Listed([given], cursor=policy == "append")
    run = run_pipeline(pipeline_of(source, on_conflict=policy), database.url)
    assert run.counts == Counts(read=2, written=2, inserted=2)
    for name, (kind, array, _) in zip(names, TYPES, strict=True):
        same = f"SELECT t.{name}::text, e.{name}::text FROM t JOIN expected e USING (id) ORDER BY id"
        for got, expected in database.execute(same):
            assert got == expected, f"{kind} from {array.type}"


def test_a_null_column_of_no_type_goes_into_any_column(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY, a text, b inet, c numeric(4,1), d jsonb, e int[])")
    nulls = pa.nulls(2)
    run_pipeline(pipeline_of(batch(id=[1, 2], a=nulls, b=nulls, c=nulls, d=nulls, e=nulls)), database.url)
    assert database.execute("SELECT * FROM t WHERE id = 1") == [(1, None, None, None, None, None)]


def test_rows_go_to_their_partitions_and_move_when_their_key_says_so(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE t (id bigint, day date, n int, UNIQUE (id, day)) PARTITION BY RANGE (day);"
        " CREATE TABLE t_old PARTITION OF t FOR VALUES FROM (MINVALUE) TO ('2024-01-01');"
        " CREATE TABLE t_new PARTITION OF t FOR VALUES FROM ('2024-01-01') TO (MAXVALUE)"
    )
    days = [date(2023, 5, 5), date(2024, 5, 5)]
    rows = Listed([batch(id=[1, 2], day=days, n=[1, 2])], cursor=False)
    assert run_pipeline(pipeline_of(rows, key=("id", "day")), database.url).counts.inserted == 2
    assert run_pipeline(pipeline_of(rows, key=("id", "day")), database.url).counts.unchanged == 2
    assert database.execute("SELECT tableoid::regclass::text, id FROM t ORDER BY 2") == [("t_old", 1), ("t_new", 2)]
    appended = pipeline_of(Listed([batch(id=[3], day=days[:1], n=[3])]), on_conflict="append", name="q")
    assert run_pipeline(appended, database.url).counts.inserted == 1


def test_a_generated_column_is_left_to_the_table_and_refused_when_it_is_brought(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED)")
    run_pipeline(pipeline_of(batch(id=[1], n=[21])), database.url)
    assert database.execute("SELECT twice FROM t") == [(42,)]
    with pytest.raises(WrongUse, match="twice is generated"):
        run_pipeline(pipeline_of(batch(id=[1], twice=[1]), name="q"), database.url)


@pytest.mark.parametrize("policy", ["update", "append"])
@pytest.mark.parametrize("column", ["GENERATED ALWAYS AS IDENTITY", "GENERATED BY DEFAULT AS IDENTITY", "SERIAL"])
@pytest.mark.parametrize("highest", [7, 5000])
def test_the_application_gets_no_number_that_a_load_has_taken(
    fresh_database: FRESH, column: str, policy: str, highest: int
) -> None:
    database = fresh_database()
    kind = "serial" if column == "SERIAL" else f"bigint {column}"
    database.execute(f"CREATE TABLE t (id {kind} PRIMARY KEY, n int); INSERT INTO t (n) VALUES (1)")
    run_pipeline(pipeline_of(batch(id=[highest], n=[7]), on_conflict=policy), database.url)
    assert database.execute("INSERT INTO t (n) VALUES (8) RETURNING id") == [(highest + 1,)]


def test_columns_that_are_not_brought_get_their_defaults_and_keep_what_they_hold(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, n int, by_hand text, created_at timestamptz NOT NULL DEFAULT now());"
        " INSERT INTO t VALUES (1, 1, 'mine', '2020-01-01')"
    )
    run_pipeline(pipeline_of(batch(id=[1, 2], n=[2, 3])), database.url)
    assert database.execute("SELECT id, n, by_hand, created_at < '2021-01-01' FROM t ORDER BY id") == [
        (1, 2, "mine", True),
        (2, 3, None, False),
    ]


def test_triggers_of_the_target_see_what_a_run_changes_and_nothing_else(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE audit (what text, id int);"
        " CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO audit VALUES (tg_op, new.id); RETURN new; END $$;"
        " CREATE TRIGGER note BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();"
        " INSERT INTO t VALUES (1, 1), (2, 2); TRUNCATE audit"
    )
    run_pipeline(pipeline_of(batch(id=[1, 2, 3], n=[1, 5, 3])), database.url)
    assert database.execute("SELECT * FROM audit ORDER BY id") == [("UPDATE", 2), ("INSERT", 3)]


def test_names_are_quoted_however_odd_they_are(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute('CREATE SCHEMA "Ödd"; CREATE TABLE "Ödd"."T""x;--" ("Id" int PRIMARY KEY, "a b%s{}" text)')
    rows = batch(**{"Id": [1], "a b%s{}": ["x"]})
    run_pipeline(pipeline_of(rows, target='Ödd.T"x;--', key=("Id",)), database.url)
    assert database.execute('SELECT * FROM "Ödd"."T""x;--"') == [(1, "x")]


def test_a_table_that_refers_to_itself_is_loaded_whatever_the_order(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t)")
    assert run_pipeline(pipeline_of(batch(id=[1, 2, 3], parent=[2, 3, None])), database.url).counts.inserted == 3


@pytest.mark.parametrize(
    ("made", "rows", "said"),
    [
        ("CREATE TABLE t (id int PRIMARY KEY)", {"id": [1], "extra": [1]}, "no column extra"),
        ("CREATE TABLE t (id int PRIMARY KEY, must int NOT NULL)", {"id": [1]}, "lacks must"),
        ("CREATE TABLE t (id int PRIMARY KEY, d date)", {"id": [1], "d": [1]}, "int64 does not go into d"),
        ("CREATE TABLE t (id int PRIMARY KEY, b bool)", {"id": [1], "b": [1]}, "int64 does not go into b"),
        ("CREATE TABLE u (id int PRIMARY KEY)", {"id": [1]}, "no such table"),
    ],
)
def test_what_can_never_fit_is_told_before_a_row_is_read(
    fresh_database: FRESH, made: str, rows: dict[str, Any], said: str
) -> None:
    database = fresh_database()
    database.execute(made)
    with pytest.raises(WrongUse, match=said):
        run_pipeline(pipeline_of(batch(**rows)), database.url)


def test_a_view_is_refused_by_name(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE VIEW t AS SELECT 1 AS id")
    with pytest.raises(Unsupported, match="is a view"):
        run_pipeline(pipeline_of(batch(id=[1])), database.url)
