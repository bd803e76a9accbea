"""Every table of a schema gets valid rows, or is named with the reason; and nothing but rows is changed.

A file in cases/ is a schema. `-- unfilled: TABLE, ...` names the tables of it that no row can be in, `-- fewer: TABLE
COUNT, ...` those whose keys or rows of their own allow no more than COUNT.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from pgmason.postgres.server import Server
from pgmason.samples import Filled, Wanted
from pgmason.samples.making import fill_tables

if TYPE_CHECKING:
    from conftest import FreshDatabase

CASES = sorted(Path(__file__).with_name("cases").glob("*.sql"), key=lambda path: path.stem)


def said(text: str, word: str) -> list[str]:
    """What the comment `-- word: a, b` at the head of a case says."""
    lines = [line for line in text.splitlines() if line.startswith(f"-- {word}: ")]
    return [item.strip() for line in lines for item in line.partition(": ")[2].split(",")]


def counts(database: FreshDatabase) -> dict[str, int]:
    """PostgreSQL's own count of the rows of every table that can hold some, by name."""
    tables = database.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    )
    with database.scratch.observer() as observer:  # whom no policy hides a row from
        return {
            name: observer.execute(
                sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(schema, name))
            ).fetchone()[0]
            for schema, name in tables
        }


def fill(database: FreshDatabase, rows: int) -> Filled:
    return fill_tables(database.connection, Wanted(rows=rows))


@pytest.mark.parametrize("rows", [3, 1000])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_table_of_a_case_gets_its_rows(
    case: Path, rows: int, server: Server, database_on: Callable[..., FreshDatabase]
) -> None:
    database = database_on(server)
    text = case.read_text(encoding="utf-8")
    database.execute(text)
    database.execute("DISCARD TEMP")
    before = database.read_catalog() if rows < 10 else None
    filled = fill(database, rows)
    unfilled = said(text, "unfilled")
    fewer = {name: int(count) for name, count in (item.split() for item in said(text, "fewer"))}
    assert sorted(one.path[1] for one in filled.unfilled) == unfilled
    expected = {name: min(rows, fewer.get(name, rows)) for name in counts(database) if name not in unfilled}
    actual = {name: count for name, count in counts(database).items() if name not in unfilled}
    if "seeded" in actual:
        expected["seeded"] = 2  # it had them
    assert actual == expected
    assert before is None or database.read_catalog() == before, (
        "nothing but rows was changed: no trigger is left asleep"
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_rows_are_the_same_each_time(case: Path, fresh_database: Callable[..., FreshDatabase]) -> None:
    contents = []
    for _ in range(2):
        database = fresh_database()
        database.execute(case.read_text(encoding="utf-8"))
        database.execute("DISCARD TEMP")
        fill(database, 7)
        tables = [name for name in counts(database) if name != "volatile"]  # its default is random()
        contents.append(
            {
                name: database.connection.execute(
                    sql.SQL("SELECT md5(string_agg(t::text, ',' ORDER BY ctid)) FROM ONLY {} t").format(
                        sql.Identifier(name)
                    )
                ).fetchone()
                for name in tables
            }
        )
    assert contents[0] == contents[1]


def test_a_default_draws_values_that_no_row_has(server: Server, database_on: Callable[..., FreshDatabase]) -> None:
    database = database_on(server)
    database.execute(
        "CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);"
        "CREATE SEQUENCE s; CREATE TABLE c (id int PRIMARY KEY DEFAULT nextval('s'))"
    )
    fill(database, 50)
    for table in "abc":
        database.execute(f"INSERT INTO {table} DEFAULT VALUES")
        assert counts(database)[table] == 51


def test_rows_of_one_number_agree_so_that_a_key_added_later_finds_its_rows(
    server: Server, database_on: Callable[..., FreshDatabase]
) -> None:
    database = database_on(server)
    database.execute(
        "CREATE TABLE users (id uuid PRIMARY KEY, email text, age int);"
        "CREATE TABLE posts (id bigserial PRIMARY KEY, user_id uuid, editor_id uuid NOT NULL, count text)"
    )
    fill(database, 200)
    database.execute("ALTER TABLE posts ADD FOREIGN KEY (user_id) REFERENCES users, ALTER user_id SET NOT NULL")
    database.execute(
        "ALTER TABLE posts ALTER count TYPE integer USING count::integer; CREATE UNIQUE INDEX ON users (email)"
    )
    assert counts(database) == {"users": 200, "posts": 200}


def test_tables_get_as_many_rows_as_is_said_of_them(fresh_database: Callable[..., FreshDatabase]) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE big (id int PRIMARY KEY); CREATE TABLE small (big_id int REFERENCES big)")
    fill_tables(database.connection, Wanted(rows=2, of={("public", "big"): 20_000}))
    assert counts(database) == {"big": 20_000, "small": 2}
    [(known,)] = database.execute("SELECT reltuples FROM pg_class WHERE relname = 'big'")
    assert known == 20_000, "a large table has statistics"


def test_a_large_self_reference_is_a_tree_that_recursion_leaves(fresh_database: Callable[..., FreshDatabase]) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE node (id int PRIMARY KEY, parent_id int REFERENCES node)")
    fill(database, 1000)
    [(nodes, depth)] = database.execute(
        "WITH RECURSIVE t AS (SELECT id, 1 AS depth FROM node WHERE parent_id IS NULL"
        " UNION ALL SELECT n.id, t.depth + 1 FROM t JOIN node n ON n.parent_id = t.id)"
        " SELECT count(*), max(depth) FROM t"
    )
    assert (nodes, depth) == (1000, 10)


def test_a_session_that_was_ended_is_no_reason_of_a_table(fresh_database: Callable[..., FreshDatabase]) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int)")
    with database.scratch.observer() as observer:
        observer.execute("SELECT pg_terminate_backend(%s)", [database.connection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        fill(database, 3)
