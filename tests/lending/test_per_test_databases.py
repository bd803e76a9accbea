"""A database as new is as new: what pg_dump says of it is what it says of a clone that nobody has used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from pgmason.config import Product, read_workspace
from pgmason.errors import NoServer
from pgmason.lending.lender import Lender, lending
from pgmason.lending.per_test import PerTest
from pgmason.postgres.clones import Clone
from pgmason.postgres.installations import choose
from pgmason.postgres.scratch import evict_templates

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
    with lending(product_of(tmp_path_factory.mktemp("per_test"), SCHEMA), what="tests") as lender:
        yield lender


def product_of(root: Path, schema: str) -> Product:
    (root / "schema.sql").write_text(schema, encoding="utf-8")
    (root / "pgmason.toml").write_text('[products.people]\nschema = "sql:schema.sql"\n', encoding="utf-8")
    product = read_workspace(root / "pgmason.toml").product(None)
    try:
        choose(product.major)
    except NoServer as exc:
        pytest.skip(exc.what)
    return product


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


@pytest.fixture
def lends(lender: Lender) -> Iterator[PerTest]:
    """One database at a time, so that the next one is the last one, emptied, or another."""
    with closing(PerTest(lender, at_once=1)) as lends:
        yield lends


def use(clone: Clone, statements: str) -> None:
    with psycopg.connect(clone.url(), autocommit=True) as connection:
        connection.execute(statements.encode())


@pytest.mark.parametrize("what", USES)
def test_a_database_as_new_is_as_new(lender: Lender, lends: PerTest, what: str) -> None:
    statements, emptied = USES[what]
    first = lends.take()
    expected = dump(lender, first)
    use(first, statements)
    lends.give_back(first)
    second = lends.take()
    assert dump(lender, second) == expected
    assert (second.database == first.database) is emptied
    assert (lends.resets, lends.refused) == (int(emptied), int(not emptied))


@pytest.mark.parametrize(
    "left", ["INSERT INTO people (country) VALUES ('CH')", "UPDATE countries SET name = 'x'", "LOCK TABLE pets", ""]
)
def test_a_session_that_was_left_open_does_not_reach_the_next_test(lends: PerTest, left: str) -> None:
    first = lends.take()
    connection = psycopg.connect(first.url())
    connection.execute(left.encode())
    lends.give_back(first)
    second = lends.take()
    assert second.database != first.database
    use(second, "UPDATE countries SET name = 'y'; INSERT INTO pets (owner) SELECT id FROM people")
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def test_the_quicker_way_is_taken_once_both_are_measured(lends: PerTest) -> None:
    for _ in range(3):
        lends.give_back(lends.take())
    lends.give_back(lends.take())
    lends.reset_seconds.extend([9.0] * 9)  # as if emptying had become slow
    before = lends.clones
    for _ in range(2):
        lends.give_back(lends.take())
    assert lends.clones > before
    lends.clone_seconds.extend([20.0] * 20)
    before = lends.resets
    for _ in range(3):
        lends.give_back(lends.take())
    lends.take()
    assert lends.resets > before


def test_nothing_of_the_products_runs_with_our_rights_while_its_tables_are_emptied(tmp_path: Path) -> None:
    """A trigger or rule that fires for a superuser would be the superuser; one that fires always has its table left."""
    schema = """
        CREATE TABLE seen (who text);
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO seen VALUES (current_user); RETURN OLD; END $$;
        CREATE TABLE usual (id integer);
        CREATE TRIGGER row_goes BEFORE DELETE ON usual FOR EACH ROW EXECUTE FUNCTION tell();
        CREATE TRIGGER rows_go AFTER DELETE ON usual EXECUTE FUNCTION tell();
        CREATE TRIGGER all_go BEFORE TRUNCATE ON usual EXECUTE FUNCTION tell();
        CREATE RULE never AS ON DELETE TO usual DO INSTEAD NOTHING;
        CREATE TABLE parent (id integer);
        CREATE TABLE child (more text) INHERITS (parent);
        INSERT INTO child VALUES (1, 'came with the schema');
        CREATE TABLE always (id integer);
        CREATE TRIGGER row_goes BEFORE DELETE ON always FOR EACH ROW EXECUTE FUNCTION tell();
        ALTER TABLE always ENABLE ALWAYS TRIGGER row_goes;
        CREATE TABLE referred (id integer PRIMARY KEY);
        CREATE TABLE refers (id integer REFERENCES referred);
        CREATE TRIGGER all_go BEFORE TRUNCATE ON refers EXECUTE FUNCTION tell();
        ALTER TABLE refers ENABLE REPLICA TRIGGER all_go;
    """
    many = "SELECT FROM generate_series(1, 100000)"
    with lending(product_of(tmp_path, schema), what="tests") as lender:
        for statements, emptied in (
            ("INSERT INTO usual VALUES (1), (2); INSERT INTO parent VALUES (7)", True),
            (f"INSERT INTO usual {many}; INSERT INTO parent {many}", True),
            ("INSERT INTO always VALUES (1)", False),
            ("INSERT INTO referred SELECT generate_series(1, 100000)", False),
            (f"INSERT INTO refers {many}", False),
        ):
            with closing(PerTest(lender, at_once=1)) as lends:
                first = lends.take()
                expected = dump(lender, first)
                use(first, statements)
                lends.give_back(first)
                second = lends.take()
                assert (second.database == first.database) is emptied, statements
                assert dump(lender, second) == expected, statements


def test_tests_in_several_threads_never_meet_each_others_rows(lender: Lender) -> None:
    held: set[str] = set()

    def test(number: int) -> None:
        clone = lends.take()
        assert clone.database not in held
        held.add(clone.database)
        with psycopg.connect(clone.url(), autocommit=True) as connection:
            assert connection.execute("SELECT count(*) FROM people").fetchone() == (0,)
            connection.execute("INSERT INTO people (country) VALUES ('CH')")
            if number % 5 == 0:
                connection.execute("CREATE TABLE more (id integer)")
        held.discard(clone.database)
        lends.give_back(clone)

    with closing(PerTest(lender)) as lends, ThreadPoolExecutor(4) as threads:
        list(threads.map(test, range(40)))
    assert lends.resets > 0
    assert lends.refused > 0


def test_a_template_that_goes_meanwhile_is_made_again(lender: Lender, lends: PerTest) -> None:
    lends.give_back(lends.take())
    assert evict_templates(lender.server.admin, 0) >= 1
    lends.reset_seconds.extend([9.0] * 9)  # so that clones are taken
    for _ in range(3):
        clone = lends.take()
        use(clone, "INSERT INTO people (country) VALUES ('CH'); CREATE TABLE more (id integer)")
        lends.give_back(clone)


HOLD = """
import sys, time
from pathlib import Path
from pgmason.config import Product, read_workspace
from pgmason.lending.lender import lending
from pgmason.lending.per_test import PerTest
with lending(read_workspace(Path(sys.argv[1])).product(None), what="tests") as lender:
    lends = PerTest(lender)
    lends.give_back(lends.take())
    print(lends.take().database, flush=True)
    time.sleep(60)
"""


def test_a_process_that_is_killed_leaves_none_of_its_databases(lender: Lender) -> None:
    file = lender.product.root / "pgmason.toml"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lease = process.stdout.readline().split("_")[1]
        process.kill()
    patience = time.monotonic() + 20
    left = [("",)]
    while left and time.monotonic() < patience:
        time.sleep(0.1)
        left = lender.server.admin.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s"
            " UNION SELECT rolname FROM pg_roles WHERE rolname LIKE %s",
            [f"s\\_{lease}%", f"r\\_{lease}%"],
        ).fetchall()
    assert left == []
