"""dbmate itself as the judge of how its folders are read and written: its own binary from npm, on a real database.

Fetched with PGMASON_NPM=1 alone. goose, golang-migrate and Flyway are in none of PyPI, npm and Debian as a program that
runs as it is installed, so no such judge is here for them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from same_catalogs import assert_same

from pgmason.catalog.script import script_of
from pgmason.config import read_workspace
from pgmason.errors import PgmasonError, WrongUse
from pgmason.formats import find_format, read_history
from pgmason.formats.migration import NewMigration
from pgmason.prove.pending import migration_inputs
from pgmason.rules import check_migration
from pgmason.sources import Context
from pgmason.sources.ledgers import without_ledgers
from pgmason.sources.migrations import read_migrations

VERSION = "2.36.0"

# What a folder of years holds: numbers of several lengths, functions with semicolons, an index outside a transaction,
# marks with options, Windows' line ends, a DOWN without a statement, a file that is no migration.
FOLDER = {
    "001_people.sql": """-- migrate:up
CREATE TABLE people (id bigserial PRIMARY KEY, name text NOT NULL);
INSERT INTO people (name) VALUES ('-- migrate:down');

-- migrate:down
DROP TABLE people;
""",
    "20230101000000_touch.sql": """-- a note first

-- migrate:up
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.name := trim(NEW.name); -- ; is no end
  RETURN NEW;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
-- migrate:down
DROP TRIGGER touch ON people;
DROP FUNCTION touch();
""",
    "20230102000000_index.sql": """-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY people_name ON people (name);
-- migrate:down transaction:false
DROP INDEX CONCURRENTLY people_name;
""",
    "20230103_state.sql": (
        "-- migrate:up\r\nCREATE TYPE state AS ENUM ('new', 'old');\r\n"
        "ALTER TABLE people ADD state state NOT NULL DEFAULT 'new';\r\n-- migrate:down\r\n"
    ),
    "notes.sql": "SELECT nothing;\n",
}
# comes last where versions are text, as they are to dbmate
LAST = {
    "9_last.sql": """-- migrate:up
COMMENT ON TABLE people IS 'who, and; what';
CREATE VIEW named AS SELECT name FROM people;
-- migrate:down
DROP VIEW named;
"""
}
A = "CREATE TABLE a (id int);\n"
INDEX = "CREATE INDEX CONCURRENTLY ON a (id);\n"


@pytest.fixture(scope="module")
def dbmate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that npm's package ships for this machine."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on this machine")
    if os.environ.get("PGMASON_NPM") != "1":
        pytest.skip("PGMASON_NPM=1 is not set, so dbmate is not fetched")
    folder = tmp_path_factory.mktemp("dbmate")
    install = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", f"dbmate@{VERSION}"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    found = sorted(folder.glob("node_modules/@dbmate/*/bin/dbmate"))
    if done.returncode or not found:
        pytest.skip(f"npm install dbmate@{VERSION}: {done.stderr.strip()[-300:] or 'no program for this machine'}")
    return found[0]


@pytest.fixture
def run(dbmate: Path, fresh_database: Callable[..., Any]) -> Callable[..., Any]:
    """Runs dbmate on a database of the test's own, which is given back with the exit code and what was printed."""
    database = fresh_database(15)

    def call(folder: Path, *verbs: str) -> tuple[Any, int, str]:
        command = [str(dbmate), "--url", f"{database.url}?sslmode=disable", "--migrations-dir", str(folder)]
        done = subprocess.run(
            [*command, "--no-dump-schema", *verbs], capture_output=True, text=True, check=False, timeout=60
        )
        return database, done.returncode, done.stdout + done.stderr

    return call


def written(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return folder


def dumped(database: Any) -> str:
    """pg_dump -s of a database without dbmate's ledger, as the superuser sees it."""
    server = database.scratch.server
    program = server.tree.installation.bin / "pg_dump"
    if not program.exists():
        pytest.skip(f"{server.tree.installation} has no pg_dump")
    done = subprocess.run(
        [program, "-s", "-T", "schema_migrations", "--host=127.0.0.1", f"--port={server.state['port']}",
         "--username=pgmason", database.scratch.name],
        env={**os.environ, "PGPASSWORD": server.state["password"]}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return re.sub(r"(?m)^\\(un)?restrict .*\n", "", done.stdout)


def test_a_folder_is_read_as_dbmate_runs_it(
    run: Callable[..., Any], fresh_database: Callable[..., Any], tmp_path: Path
) -> None:
    folder = written(tmp_path / "migrations", FOLDER | LAST)
    database, code, said = run(folder, "migrate")
    assert code == 0, said
    reading = read_migrations(folder, Context(base=tmp_path, root=tmp_path))
    assert reading.history is not None
    assert reading.history.format == "dbmate"
    assert [one.version for one in reading.history.migrations] == re.findall(r"(?m)^Applied: (\d+)", said)
    assert_same(reading.catalog, without_ledgers(database.read_catalog(), ["*.schema_migrations"]))
    ours = fresh_database(15)
    ours.execute(script_of(reading.catalog))
    assert dumped(ours) == dumped(database)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (A, False),
        (f"-- migrate:down\nDROP TABLE a;\n-- migrate:up\n{A}", False),
        (f"{A}-- migrate:up\nCREATE TABLE b (id int);\n-- migrate:down\n", False),
        ("-- migrate:up\nCREATE TABLE a (id int)\nCREATE TABLE b (id int);\n-- migrate:down\n", False),
        # the schema that is meant is read all the same, and that it cannot run so is told
        (f"-- migrate:up transaction:false\n{A}{INDEX}-- migrate:down\n", True),
        (f"-- migrate:up\n{A}{INDEX}-- migrate:down\n", True),
    ],
)
def test_what_dbmate_refuses_is_refused_or_told(run: Callable[..., Any], tmp_path: Path, text: str, told: bool) -> None:
    folder = written(tmp_path / "migrations", {"1_a.sql": text})
    _, code, said = run(folder, "migrate")
    assert code != 0, said
    context = Context(base=tmp_path, root=tmp_path)
    if not told:
        with pytest.raises(PgmasonError):
            read_migrations(folder, context, format="dbmate")
        return
    (tmp_path / "pgmason.toml").write_text('[products.shop]\nmigrations = "migrations"\n', encoding="utf-8")
    shop = read_workspace(tmp_path / "pgmason.toml").product(None)
    history = read_history(folder)
    inputs = migration_inputs(shop, history, history.migrations, what="tests")
    assert "migration-fails" in {found.rule for one in inputs for found in check_migration(one)}


def test_a_name_that_dbmate_would_run_too_early_is_not_written(tmp_path: Path) -> None:
    """No program is asked: that versions are text to dbmate is seen above, where 9 comes after 2023."""
    folder = written(tmp_path / "migrations", FOLDER | LAST)
    format = find_format(folder)
    assert format.write is not None
    new = NewMigration(name="pets", at=datetime(2026, 3, 1, tzinfo=UTC), up="CREATE TABLE pets (name text);")
    with pytest.raises(WrongUse, match="20260301000000 would run before 9_last"):
        format.write(format.read(folder), new)


def test_what_is_written_is_run_and_undone_by_dbmate(run: Callable[..., Any], tmp_path: Path) -> None:
    folder = written(tmp_path / "migrations", FOLDER)
    database, code, said = run(folder, "migrate")
    assert code == 0, said
    before = dumped(database)
    format = find_format(folder)
    assert format.write is not None
    new = NewMigration(
        name="Pets", at=datetime(2026, 3, 1, tzinfo=UTC),
        up="CREATE TABLE pets (name text DEFAULT 'a;b');\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1;';",
        down="DROP FUNCTION f();\nDROP TABLE pets;",
    )  # fmt: skip
    alone = NewMigration(
        name="by name", at=datetime(2026, 3, 2, tzinfo=UTC),
        up="CREATE INDEX CONCURRENTLY pets_name ON pets (name);", down="DROP INDEX CONCURRENTLY pets_name;", alone=True,
    )  # fmt: skip
    for one in (new, alone):
        for file in format.write(read_history(folder), one):
            file.path.write_text(file.text, encoding="utf-8")
    _, code, said = run(folder, "migrate")
    assert code == 0, said
    reading = read_migrations(folder, Context(base=tmp_path, root=tmp_path))
    assert_same(reading.catalog, without_ledgers(database.read_catalog(), ["*.schema_migrations"]))
    assert "pets_name" in dumped(database)
    for _ in range(2):
        _, code, said = run(folder, "rollback")
        assert code == 0, said
    assert dumped(database) == before
