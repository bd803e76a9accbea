"""A database as new is as new: what pg_dump says of it is what it says of a clone that nobody has used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from pgmason.config import read_workspace
from pgmason.errors import NoServer
from pgmason.lending.lender import Lender, lending
from pgmason.lending.per_test import PerTest
from pgmason.postgres.clones import Clone
from pgmason.postgres.installations import choose

SCHEMA = """
CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);
INSERT INTO countries VALUES ('CH', 'Switzerland'), ('JP', 'Japan');
CREATE TABLE people (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, country text REFERENCES countries);
CREATE TABLE pets (id bigserial PRIMARY KEY, owner integer NOT NULL REFERENCES people, name text);
CREATE TABLE diary (day date NOT NULL, text text) PARTITION BY RANGE (day);
CREATE TABLE diary_2026 PARTITION OF diary FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM people;
CREATE SEQUENCE tickets START 100;
SELECT nextval('tickets');
CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 * 2';
"""

# What a test may do, and whether the database is expected to be emptied instead of replaced.
USES = {
    "nothing": ("SELECT 1", True),
    "rows": (
        "INSERT INTO people (country) VALUES ('CH'), ('JP'); INSERT INTO pets (owner, name) VALUES (1, 'x')",
        True,
    ),
    "a partition's rows": ("INSERT INTO diary VALUES ('2026-05-01', 'sun')", True),
    "rows and none again": ("INSERT INTO people (country) VALUES ('CH'); DELETE FROM people", True),
    "a sequence alone": ("SELECT nextval('tickets'), nextval('pets_id_seq')", True),
    "a transaction rolled back": ("BEGIN; INSERT INTO people (country) VALUES ('JP'); ROLLBACK", True),
    "a row that was there": ("UPDATE countries SET name = 'Nippon' WHERE code = 'JP'", False),
    "a row taken away": ("DELETE FROM countries WHERE code = 'JP'", False),
    "the same row again": (
        "DELETE FROM countries WHERE code = 'JP'; INSERT INTO countries VALUES ('JP', 'Japan')",
        False,
    ),
    "a new table": ("CREATE TABLE more (id integer)", False),
    "a new column": ("ALTER TABLE people ADD COLUMN name text", False),
    "another name": ("ALTER TABLE people RENAME TO persons", False),
    "another default": ("ALTER TABLE people ALTER COLUMN country SET DEFAULT 'CH'", False),
    "another function": (
        "CREATE OR REPLACE FUNCTION twice(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + $1'",
        False,
    ),
    "row security": ("ALTER TABLE people ENABLE ROW LEVEL SECURITY", False),
    "a trigger switched off": ("ALTER TABLE pets DISABLE TRIGGER USER", True),  # there is none to switch off
    "a table taken away": ("DROP TABLE pets", False),
    "a comment": ("COMMENT ON TABLE people IS 'x'", False),
    "a grant on the schema": ("GRANT CREATE ON SCHEMA public TO PUBLIC", False),
    "a temporary table": ("CREATE TEMPORARY TABLE t (id integer)", True),  # gone with the session
    "a large object": ("SELECT lo_create(0)", False),
}


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender]:
    root = tmp_path_factory.mktemp("per_test")
    (root / "schema.sql").write_text(SCHEMA, encoding="utf-8")
    (root / "pgmason.toml").write_text('[products.people]\nschema = "sql:schema.sql"\n', encoding="utf-8")
    product = read_workspace(root / "pgmason.toml").product(None)
    try:
        choose(product.major)
    except NoServer as exc:
        pytest.skip(exc.what)
    with lending(product, what="tests") as lender:
        yield lender


def dump(lender: Lender, clone: Clone) -> str:
    """What pg_dump says of a clone, as the superuser, without the lines that are new each time."""
    tree = lender.server.tree
    program = tree.installation.bin / "pg_dump"
    if not program.exists() or shutil.which(str(program)) is None:
        pytest.skip(f"{tree.installation} has no pg_dump")
    said = subprocess.run(
        [program, "--host=127.0.0.1", f"--port={clone.port}", "--username=pgmason", clone.database],
        env={**os.environ, "PGPASSWORD": lender.server.state["password"]},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return re.sub(r"(?m)^\\(un)?restrict .*\n", "", said.stdout)


@pytest.mark.parametrize("use", USES)
def test_a_database_as_new_is_as_new(lender: Lender, use: str) -> None:
    statements, emptied = USES[use]
    unused = lender.borrow()
    expected = dump(lender, unused)
    lender.give_back(unused)
    lends = PerTest(lender)
    first = lends.take()
    with psycopg.connect(first.url(), autocommit=True) as connection:
        connection.execute(statements)
    lends.give_back(first)
    second = lends.take()
    assert dump(lender, second) == expected
    assert (second.database == first.database) is emptied
    lends.give_back(second)
    lends.close()


@pytest.mark.parametrize(
    "left", ["INSERT INTO people (country) VALUES ('CH')", "UPDATE countries SET name = 'x'", "LOCK TABLE pets"]
)
def test_a_transaction_that_was_left_open_does_not_reach_the_next_test(lender: Lender, left: str) -> None:
    lends = PerTest(lender)
    first = lends.take()
    connection = psycopg.connect(first.url())
    connection.execute(left)
    lends.give_back(first)
    second = lends.take()
    assert second.database != first.database
    with psycopg.connect(second.url(), autocommit=True) as next_one:
        next_one.execute("UPDATE countries SET name = 'y'; INSERT INTO pets (owner) SELECT id FROM people")
    connection.close()
    lends.give_back(second)
    lends.close()


def test_the_quicker_way_is_taken_once_both_are_measured(lender: Lender) -> None:
    lends = PerTest(lender)
    for _ in range(3):
        lends.give_back(lends.take())
    assert (lends.clones, lends.resets) == (1, 2)
    lends.reset_seconds.extend([9.0] * 5)  # as if emptying had become slow
    lends.give_back(lends.take())
    assert lends.clones == 2
    lends.clone_seconds.extend([20.0] * 9)
    lends.give_back(lends.take())
    lends.give_back(lends.take())
    assert lends.resets > 2
    lends.close()
