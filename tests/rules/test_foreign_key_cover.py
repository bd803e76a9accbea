"""Whether an index covers a foreign key is asked of PostgreSQL: a row of the parent is deleted, and blocks are counted.

Each case is a folder: `before.sql` makes `parent` and `child`; `expect.toml` says whether the key is covered and why,
and in which worlds PostgreSQL is asked (which columns of the key have many values). Covered means: a handful of
blocks in every world, planned for this value or for any. `fails.sql` runs when the rows are in, and fails.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection, Error
from psycopg.errors import UniqueViolation
from ruled import autocommit, run, verdict

CASES = sorted(folder for folder in Path(__file__).with_name("foreign_key_cover").iterdir())
ROWS = 6_000  # of about 230 bytes: 170 blocks
HANDFUL = 8  # blocks for each table that holds rows: the way down an index or two, and the row

_BLOCKS = """
WITH RECURSIVE family AS (
  SELECT 'child'::regclass::oid AS oid
  UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN family f ON i.inhparent = f.oid
)
SELECT sum(pg_stat_get_xact_blocks_fetched(c.oid)), count(*) FILTER (WHERE c.relkind = 'r')
FROM pg_class c
WHERE c.oid IN (SELECT oid FROM family)
   OR c.oid IN (SELECT x.indexrelid FROM pg_index x JOIN family f ON x.indrelid = f.oid)"""


def fill(connection: Connection[Any], key: list[str], many: list[str]) -> None:
    """Parents for every child, and one parent without children, whose values are among the common ones."""
    values = {column: f"(i {'' if column in many else '% 2'})::text" for column in key}
    types = dict(
        connection.execute(
            "SELECT attrelid::regclass::text || '.' || attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid IN ('parent'::regclass, 'child'::regclass) AND attnum > 0"
        ).fetchall()
    )

    def row(table: str) -> str:
        return ", ".join(f"{values[column]}::{types[f'{table}.{column}']}" for column in key)

    columns = ", ".join(key)
    connection.execute(
        f"INSERT INTO parent ({columns}) SELECT DISTINCT {row('parent')} FROM generate_series(1, {ROWS}) i"
    )
    lonely = ", ".join(f"'{777_777 if column in many else 0}'" for column in key)
    connection.execute(f"INSERT INTO parent ({columns}) VALUES ({lonely})")
    generated = connection.execute(
        "SELECT attidentity <> '' FROM pg_attribute WHERE attrelid = 'child'::regclass AND attname = 'x'"
    ).fetchone()
    x, x_value = ("", "") if generated == (True,) else (", x", ", i % 50")
    connection.execute(
        f"INSERT INTO child ({columns}{x}, pad) SELECT {row('child')}{x_value}, repeat('.', 200)"
        f" FROM generate_series(1, {ROWS}) i"
    )
    connection.execute("ANALYZE parent, child")


def blocks_of_one_check(url: str, key: list[str], many: list[str], plan: str) -> float:
    """The blocks of the child, per table that holds rows, that PostgreSQL reads when the lonely parent is deleted."""
    with autocommit(url) as connection:
        connection.execute(f"SET plan_cache_mode = {plan}")
        where = " AND ".join(f"{column} = '{777_777 if column in many else 0}'" for column in key)
        with connection.transaction(force_rollback=True):
            assert connection.execute(f"DELETE FROM parent WHERE {where}").rowcount == 1
            blocks, tables = connection.execute(_BLOCKS).fetchone() or (0, 1)
    return float(blocks) / tables


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_key_is_covered_where_postgresql_reads_a_handful_of_blocks(case, server, database_on):
    expect = tomllib.loads((case / "expect.toml").read_text())
    read: dict[tuple[str, str], float] = {}
    for many in expect["many"]:
        database = database_on(server)
        for extension in expect.get("extensions", ()):
            try:
                database.execute(f"CREATE EXTENSION {extension}")
            except Error as exc:
                pytest.skip(f"{extension} is not on this server: {exc}")
        database.execute((case / "before.sql").read_text())
        with autocommit(database.url) as connection:
            fill(connection, expect["key"], many)
            if (case / "fails.sql").exists():
                with pytest.raises(UniqueViolation):
                    run(connection, (case / "fails.sql").read_text())
        for plan in ("force_custom_plan", "force_generic_plan"):
            read[", ".join(many), plan] = blocks_of_one_check(database.url, expect["key"], many, plan)
        found = verdict(database.read_catalog(), "foreign-key-without-index")
        assert (found == ()) is expect["covered"], [finding.message for finding in found]
    assert all(blocks <= HANDFUL for blocks in read.values()) is expect["covered"], read


def test_at_least_twenty_one_shapes_are_asked():
    covered = [tomllib.loads((case / "expect.toml").read_text())["covered"] for case in CASES]
    assert len(covered) >= 21
    assert {True, False} == set(covered)
