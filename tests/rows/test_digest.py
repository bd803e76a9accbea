"""The digest of a table sees every difference that PostgreSQL's own comparison of the rows sees, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgmason.rows.digest import TableDigest, digest_table, digest_tables

KEYED = "CREATE TABLE {} (id int PRIMARY KEY, n numeric, s text, f float8, j jsonb, a int[])"
LOOSE = "CREATE TABLE {} (id int, n numeric, s text, f float8, j jsonb, a int[])"


@pytest.fixture
def sessions(fresh_database: Callable[..., Any]) -> Iterator[list[psycopg.Connection[Any]]]:
    with ExitStack() as stack:
        url = fresh_database().url
        yield [stack.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(3)]


def digests(sessions: list[psycopg.Connection[Any]], definition: str, rows: str, others: str) -> list[TableDigest]:
    sessions[0].execute("DROP TABLE IF EXISTS one, other")
    for table, values in (("one", rows), ("other", others)):
        sessions[0].execute(definition.format(table).encode())
        if values:
            sessions[0].execute(f"INSERT INTO {table} VALUES {values}".encode())
    return list(digest_tables(sessions[:1], [("public", "one"), ("public", "other")]).values())


# Two sets of rows that are not the same, and the columns in which they differ.
DIFFERENT = {
    "values swapped between rows": ("(1,1,'a'),(2,2,'b')", "(1,2,'a'),(2,1,'b')", ("n",)),
    "values swapped between columns": ("(1,7,'8')", "(1,8,'7')", ("n", "s")),
    "null against zero": ("(1,NULL,'a')", "(1,0,'a')", ("n",)),
    "null against empty": ("(1,1,NULL)", "(1,1,'')", ("s",)),
    "null in another row": ("(1,NULL,'a'),(2,1,'a')", "(1,1,'a'),(2,NULL,'a')", ("n",)),
    "digits after the point": ("(1,1.0,'a')", "(1,1.00,'a')", ("n",)),
    "the last bit of a float": ("(1,1,'a',0.1)", "(1,1,'a',0.1000000000000000055511151231257827 + 2e-17)", ("f",)),
    "an empty document against none": ("(1,1,'a',1,'{}')", "(1,1,'a',1,NULL)", ("j",)),
    "an empty array against one of null": ("(1,1,'a',1,NULL,'{}')", "(1,1,'a',1,NULL,'{NULL}')", ("a",)),
    "a row more": ("(1,1,'a')", "(1,1,'a'),(2,1,'a')", ("a", "f", "id", "j", "n", "s")),
    "quotes that move": ("(1,1,'a,\"b'),(2,1,'c')", "(1,1,'a'),(2,1,'\"b,c')", ("s",)),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_rows_that_differ_have_another_digest_and_the_columns_say_where(
    sessions: list[psycopg.Connection[Any]], name: str
) -> None:
    rows, others, columns = DIFFERENT[name]
    if name == "the last bit of a float":
        others = "(1,1,'a',0.1::float8 + 1.3877787807814457e-17)"
    one, other = digests(sessions, KEYED, rows, others)
    assert one.digest != other.digest
    assert one.differs_in(other) == columns


@pytest.mark.parametrize(
    ("rows", "others"),
    [
        ("(1,1,'a'),(1,1,'a'),(2,2,'b')", "(1,1,'a'),(2,2,'b'),(2,2,'b')"),  # duplicates, and as many rows
        ("(1,1,'a'),(1,1,'a')", "(2,2,'b'),(2,2,'b')"),  # each row twice, which cancels in an exclusive or
        ("(1,1,'a'),(2,2,'b')", "(1,2,'a'),(2,1,'b')"),
    ],
)
def test_rows_without_a_key_are_told_apart_as_wholes(
    sessions: list[psycopg.Connection[Any]], rows: str, others: str
) -> None:
    one, other = digests(sessions, LOOSE, rows, others)
    assert one.rows == other.rows
    assert one.digest != other.digest


ROW = st.tuples(
    st.integers(0, 3),
    st.sampled_from(["NULL", "0", "1", "1.0", "'NaN'"]),
    st.sampled_from(["NULL", "''", "'a'", "'(,)'", "'\"'"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=4), others=st.lists(ROW, max_size=4))
def test_the_digests_agree_where_and_only_where_the_rows_do(
    sessions: list[psycopg.Connection[Any]], rows: list[Any], others: list[Any]
) -> None:
    """The judge is the multiset of the rows as the server writes them."""
    texts = [", ".join(f"({i}, {n}, {s})" for i, n, s in part) for part in (rows, others)]
    one, other = digests(sessions, LOOSE, *texts)
    written = [
        sessions[0].execute(f"SELECT t::text FROM {table} t ORDER BY 1".encode()).fetchall()
        for table in ("one", "other")
    ]
    assert (one.digest == other.digest) == (written[0] == written[1])


def test_the_order_of_rows_settings_of_the_session_and_the_number_of_readers_change_nothing(
    sessions: list[psycopg.Connection[Any]],
) -> None:
    sessions[0].execute(
        "CREATE TABLE big (id int PRIMARY KEY, at timestamptz, f float8, b bytea, i interval) WITH (fillfactor = 10);"
        " INSERT INTO big SELECT n, '2024-01-01'::timestamptz + n * interval '1 s', n / 3.0, '\\x00ff',"
        " n * interval '1 h' FROM generate_series(1, 30000) n"
    )
    expected = digest_table(sessions[:1], "public", "big")
    sessions[0].execute("CREATE TABLE again (LIKE big INCLUDING ALL); INSERT INTO again SELECT * FROM big ORDER BY -id")
    for session in sessions:
        session.execute("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET extra_float_digits = 0")
        session.execute("SET bytea_output = 'escape'; SET IntervalStyle = 'sql_standard'; SET search_path = pg_temp")
    assert digest_table(sessions, "public", "big").digest == expected.digest
    assert digest_table(sessions[:1], "public", "again").digest == expected.digest
    assert expected.rows == 30000


def test_all_tables_are_of_one_snapshot_even_when_rows_move_between_them(
    sessions: list[psycopg.Connection[Any]],
) -> None:
    sessions[0].execute("CREATE TABLE one (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY)")
    sessions[0].execute("INSERT INTO one SELECT generate_series(1, 100)")

    class Moving:
        """A session that, after its first statement of the digest, has the rows moved by another."""

        def __init__(self) -> None:
            self.asked = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(sessions[0], name)

        def execute(self, *what: Any) -> Any:
            self.asked += 1
            if self.asked == 4:
                sessions[2].execute("WITH m AS (DELETE FROM one RETURNING id) INSERT INTO other SELECT * FROM m")
            return sessions[0].execute(*what)

    moving: Any = Moving()
    found = digest_tables([moving, sessions[1]], [("public", "one"), ("public", "other")])
    assert [table.rows for table in found.values()] == [100, 0]


def test_partitions_are_read_as_one_table(sessions: list[psycopg.Connection[Any]]) -> None:
    sessions[0].execute(
        "CREATE TABLE whole (id int PRIMARY KEY, s text); CREATE TABLE parted (LIKE whole INCLUDING ALL)"
        " PARTITION BY HASH (id); CREATE TABLE p0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        " CREATE TABLE p1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1)"
    )
    for table in ("whole", "parted"):
        sessions[0].execute(f"INSERT INTO {table} SELECT n, 'row ' || n FROM generate_series(1, 500) n".encode())
    found = digest_tables(sessions, [("public", "whole"), ("public", "parted")])
    assert len({table.digest for table in found.values()}) == 1
    assert {table.rows for table in found.values()} == {500}


def test_columns_that_are_left_out_are_not_looked_at(sessions: list[psycopg.Connection[Any]]) -> None:
    one, other = digests(sessions, KEYED, "(1,1,'a')", "(1,2,'a')")
    tables = [("public", "one"), ("public", "other")]
    assert one.digest != other.digest
    found = digest_tables(sessions[:1], tables, without={table: {"n"} for table in tables})
    assert len({table.digest for table in found.values()}) == 1
    unkeyed = digest_tables(sessions[:1], tables, without={table: {"id", "n"} for table in tables})
    assert {table.key for table in unkeyed.values()} == {()}
