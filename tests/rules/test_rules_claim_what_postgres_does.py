"""What rules say of row layouts, of lists of columns and of closed sets is what PostgreSQL does."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import psycopg
import pytest
from migrated import judged
from ruled import autocommit, run, verdict

from pgmason.postgres.server import Server
from pgmason.rules import rule_named
from pgmason.rules.migration.function_returns_all_columns import FunctionReturnsAllColumns
from pgmason.rules.migration.style.columns_in_a_wasteful_order import _LAID_OUT, padding_bytes
from pgmason.rules.migration.view_without_the_new_column import ViewWithoutTheNewColumn
from pgmason.statements import takes_all_columns

VALUES = {
    "bigint": "1", "boolean": "true", "integer": "1", "smallint": "1", "timestamp with time zone": "now()",
    "uuid": "'00000000-0000-0000-0000-000000000000'", "date": "'2026-01-01'", "time with time zone": "'10:00+00'",
}  # fmt: skip
HEADER = 24  # bytes of a row without NULLs


@pytest.mark.parametrize("types", [("boolean", "bigint", "smallint", "integer"), ("boolean", "uuid", "bigint"),
                                   ("time with time zone", "boolean", "timestamp with time zone"),
                                   ("date", "boolean", "bigint", "boolean")])  # fmt: skip
def test_the_bytes_between_columns_are_those_that_postgres_writes(types: tuple[str, ...], fresh_database: Any) -> None:
    database = fresh_database()
    with autocommit(database.url) as connection:
        for number, order in enumerate(sorted(set(permutations(types)))):
            columns = ", ".join(f"c{at} {type_}" for at, type_ in enumerate(order))
            values = ", ".join(VALUES[type_] for type_ in order)
            connection.execute(f"CREATE TABLE t{number} ({columns}); INSERT INTO t{number} VALUES ({values})".encode())
            query = f"SELECT pg_column_size(t{number}) FROM t{number}"
            (written,) = connection.execute(query.encode()).fetchone() or (0,)
            own = sum(_LAID_OUT[type_][0] for type_ in order)
            end = -(own + padding_bytes([_LAID_OUT[type_] for type_ in order])) % 8
            assert end == 0, "a row is a multiple of eight bytes"
            # what is asked is without the bytes that make the row's end one
            known = padding_bytes([*(_LAID_OUT[type_] for type_ in order), None])
            assert written == HEADER + own + known, order


def test_a_view_of_all_columns_does_not_show_the_new_one(fresh_database: Any) -> None:
    rule = ViewWithoutTheNewColumn()
    with autocommit(fresh_database().url) as connection:
        run(connection, rule.schema + rule.bad)
        shown = connection.execute("SELECT * FROM open_orders").description or ()
        assert [column.name for column in shown] == ["id", "note"]


def test_a_function_that_lists_what_a_star_gives_fails_once_there_is_more(fresh_database: Any) -> None:
    rule = FunctionReturnsAllColumns()
    with autocommit(fresh_database().url) as connection:
        run(connection, rule.schema)
        connection.execute("SELECT * FROM newest_orders()")
        run(connection, rule.bad)
        with pytest.raises(psycopg.errors.DatatypeMismatch, match="structure of query"):
            connection.execute("SELECT * FROM newest_orders()")


def test_a_function_of_the_tables_own_rows_and_one_that_counts_are_not_spoken_of(
    servers: Callable[[int], Server],
) -> None:
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, note text);
CREATE FUNCTION newest() RETURNS SETOF orders LANGUAGE sql AS $$ SELECT * FROM orders $$;
CREATE FUNCTION counted() RETURNS TABLE (n bigint) LANGUAGE sql AS $$ SELECT count(*) FROM orders $$;
CREATE VIEW notes AS SELECT note FROM orders;
"""
    found = judged(servers(15), schema, "SET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN code text;\n")
    assert [one.message for one in found] == []


@pytest.mark.parametrize(
    ("body", "does"),
    [
        ("BEGIN RETURN QUERY SELECT * FROM t; END", True),
        ("BEGIN RETURN QUERY SELECT DISTINCT * FROM t; END", True),
        ("BEGIN RETURN QUERY SELECT t.* FROM t; END", True),
        ("BEGIN RETURN QUERY EXECUTE 'SELECT a, * FROM t'; END", True),
        ("BEGIN RETURN QUERY SELECT count(*), 2 * 3, a*b FROM t; END", False),
        ("BEGIN /* SELECT * FROM t */ RETURN; -- SELECT *\nEND", False),
    ],
)
def test_a_star_is_told_from_a_count_a_product_and_a_comment(body: str, does: bool) -> None:
    assert takes_all_columns(body) is does


def test_the_fix_of_an_enum_keeps_its_defaults_and_values(fresh_database: Any) -> None:
    database = fresh_database()
    name = rule_named("enum-in-place-of-a-check").name
    with autocommit(database.url) as connection:
        run(
            connection,
            """
CREATE TYPE "State's" AS ENUM ('it''s', 'a::b');
CREATE TABLE one (id bigint PRIMARY KEY, state "State's" NOT NULL DEFAULT 'a::b');
CREATE TABLE two (id bigint PRIMARY KEY, "to" "State's");
INSERT INTO one (id) VALUES (1);
INSERT INTO two VALUES (1, 'it''s');
""",
        )
        (finding,) = verdict(database.read_catalog(), name)
        run(connection, finding.fix or "")
        connection.execute("INSERT INTO one (id) VALUES (2)")
        assert connection.execute("SELECT state FROM one").fetchall() == [("a::b",), ("a::b",)]
        assert connection.execute('SELECT "to" FROM two').fetchall() == [("it's",)]
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("INSERT INTO two VALUES (2, 'other')")


@pytest.mark.parametrize(("analyzed", "reminded"), [("orders", False), ("customers", True), ("", False)])
def test_only_an_analyze_of_the_table_itself_takes_the_reminder_away(
    analyzed: str, reminded: bool, server: Server
) -> None:
    schema = "CREATE TABLE orders (id integer, note text);\nCREATE TABLE customers (id integer);\n"
    text = f"ALTER TABLE orders ALTER COLUMN note SET STATISTICS 500;\nANALYZE {analyzed};\n"
    found = {one.rule for one in judged(server, schema, text)}
    assert ("planner-without-statistics" in found) is reminded


def test_each_new_table_that_wastes_bytes_is_told(server: Server) -> None:
    text = "".join(f"CREATE TABLE {name} (a boolean, b bigint, c boolean, d bigint);\n" for name in ("t", "u"))
    found = judged(server, "", text, style=("columns-in-a-wasteful-order",))
    told = [one.object.name for one in found if one.rule == "columns-in-a-wasteful-order" and one.object]
    assert told == ["public.t", "public.u"]


def test_a_down_that_fails_is_told_in_a_line(server: Server) -> None:
    found = judged(server, "CREATE TABLE t (id integer);", "ALTER TABLE t ADD COLUMN b int;", down="DROP TABLE u;")
    (told,) = (one.message for one in found if one.rule == "down-does-not-restore")
    assert 'table "u" does not exist' in told
    assert "\n" not in told
