"""A history is applied by PostgreSQL itself, once for each prefix of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgmason.catalog.kinds.table import Table
from pgmason.errors import StatementFailed, Unsupported, WrongUse
from pgmason.names import ObjectId
from pgmason.sources import Context, Reading, read_source

LOCK = 'provider = "postgresql"\n'


class History:
    """A Prisma folder in a directory of the test's own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "migrations"
        self.folder.mkdir()
        (self.folder / "migration_lock.toml").write_text(LOCK, encoding="utf-8")

    def add(self, name: str, sql: str) -> Path:
        file = self.folder / name / "migration.sql"
        file.parent.mkdir(exist_ok=True)
        file.write_text(sql, encoding="utf-8")
        return file

    def read(self, major: int = 15) -> Reading:
        return read_source("migrations:migrations", Context(base=self.root, root=self.root, major=major))


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def tables(reading: Reading) -> set[str]:
    return {identity.name for identity, _ in reading.catalog.of(Table)}


def test_adding_one_migration_replays_one_file(history: History) -> None:
    for number in range(1, 6):
        history.add(f"{number}_t", f"CREATE TABLE t{number} (id int); -- of no other test")
    first = history.read()
    assert (first.applied, first.reused) == (5, 0)
    again = history.read()
    assert (again.applied, again.reused) == (0, 5)
    history.add("6_t", "CREATE TABLE t6 (id int);")
    more = history.read()
    assert (more.applied, more.reused) == (1, 5)
    assert tables(more) == {f"public.t{n}" for n in range(1, 7)}


def test_editing_the_last_migration_replays_one_file(history: History) -> None:
    for number in range(1, 6):
        history.add(f"{number}_t", f"CREATE TABLE t{number} (id int);")
    history.read()
    history.add("5_t", "CREATE TABLE other (id int);")
    edited = history.read()
    assert (edited.applied, edited.reused) == (1, 4)
    assert tables(edited) == {"public.t1", "public.t2", "public.t3", "public.t4", "public.other"}


def test_editing_an_early_migration_is_seen(history: History) -> None:
    history.add("1_a", "CREATE TABLE a (id int);")
    history.add("2_b", "CREATE TABLE b (id int);")
    history.read()
    history.add("1_a", "CREATE TABLE a (id bigint);")
    edited = history.read()
    assert edited.catalog.objects[ObjectId("column", ("public", "a", "id"))].type == "bigint"


def test_a_failing_statement_is_told_with_file_line_statement_and_sqlstate(history: History) -> None:
    history.add("1_a", "CREATE TABLE a (id int);")
    history.add("2_b", "CREATE TABLE b (id int);\n\n-- twice\nCREATE TABLE a (id int);\nCREATE TABLE c (id int);\n")
    with pytest.raises(StatementFailed) as failed:
        history.read()
    error = failed.value
    assert (error.file, error.line, error.sqlstate) == ("migrations/2_b/migration.sql", 4, "42P07")
    assert error.statement == "CREATE TABLE a (id int)"
    assert 'relation "a" already exists' in str(error)


def test_the_line_of_an_error_inside_a_statement_is_the_line_in_the_file(history: History) -> None:
    history.add("1_a", "SELECT 1;\nCREATE TABLE a (\n  id int,\n  other nosuchtype\n);\n")
    with pytest.raises(StatementFailed) as failed:
        history.read()
    assert failed.value.line == 4


def test_after_a_failure_the_next_run_starts_from_the_last_good_file(history: History) -> None:
    for number in range(1, 5):
        history.add(f"{number}_t", f"CREATE TABLE before_failure_{number} (id int);")
    history.add("5_t", "CREATE TABLE t5 (id int); SELECT 1/0;")
    with pytest.raises(StatementFailed, match="division by zero"):
        history.read()
    history.add("5_t", "CREATE TABLE t5 (id int);")
    assert history.read().applied == 1


def test_a_syntax_error_names_the_line(history: History) -> None:
    history.add("1_a", "CREATE TABLE a (id int);\nCREAT TABLE b (id int);\n")
    with pytest.raises(StatementFailed) as failed:
        history.read()
    assert (failed.value.line, failed.value.sqlstate) == (2, "42601")


def test_concurrently_runs_outside_a_transaction(history: History) -> None:
    history.add("1_a", "CREATE TABLE a (id int);")
    history.add("2_a", 'CREATE INDEX CONCURRENTLY "a_id" ON a (id);')
    reading = history.read()
    assert reading.catalog.objects[ObjectId("index", ("public", "a_id"))].valid


def test_a_file_that_needs_its_statements_apart_is_applied_and_told(history: History) -> None:
    history.add("1_a", "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE a (m mood);")
    history.add("2_a", "ALTER TYPE mood ADD VALUE 'fine'; INSERT INTO a VALUES ('fine');")
    reading = history.read()
    assert any("one statement at a time only" in note for note in reading.notes)


@pytest.mark.parametrize("failing", [2, 17, 39, 40])
def test_the_one_file_of_many_that_fails_is_named_and_those_before_it_are_kept(history: History, failing: int) -> None:
    for number in range(1, 41):
        history.add(f"{number:02}_t", f"CREATE TABLE t{number} (id int);\nINSERT INTO t{number} VALUES ({number});")
    bad = history.add(f"{failing:02}_t", f"CREATE TABLE t{failing} (id int);\nINSERT INTO nowhere VALUES (1);")
    with pytest.raises(StatementFailed) as caught:
        history.read()
    assert (caught.value.file, caught.value.line) == (str(bad.relative_to(history.root)), 2)
    bad.write_text(f"CREATE TABLE t{failing} (id int);", encoding="utf-8")
    mended = history.read()
    assert (mended.applied, mended.reused) == (41 - failing, failing - 1)
    assert tables(mended) == {f"public.t{n}" for n in range(1, 41)}


def test_a_deferred_constraint_fails_the_file_that_broke_it(history: History) -> None:
    history.add("1_a", "CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES a DEFERRABLE INITIALLY DEFERRED);")
    history.add("2_a", "SELECT 1; INSERT INTO a VALUES (1, 2);")
    history.add("3_a", "SELECT 1; INSERT INTO a VALUES (2, 2);")
    with pytest.raises(StatementFailed) as caught:
        history.read()
    assert (caught.value.file, caught.value.sqlstate) == ("migrations/2_a/migration.sql", "23503")


def test_a_procedure_that_commits_runs_as_prisma_sends_its_file(history: History) -> None:
    history.add("1_a", "CREATE TABLE a (id int); CREATE TABLE b (id int);")
    history.add(
        "2_a",
        "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a VALUES (1); COMMIT;"
        " CREATE TABLE c (id int); END $$;",
    )
    history.add("3_a", "CALL fill();")
    history.add("4_a", "CREATE TABLE d (id int); CREATE TABLE e (id int);")
    reading = history.read()
    assert tables(reading) == {f"public.{name}" for name in "abcde"}
    assert not reading.notes


def test_settings_of_one_file_do_not_reach_the_next(history: History) -> None:
    history.add(
        "1_a", "CREATE SCHEMA other; SET search_path = other; CREATE TABLE a (id int); CREATE TEMP TABLE x (id int);"
    )
    history.add("2_b", "CREATE TABLE b (id int); CREATE TEMP TABLE x (id int);")
    assert tables(history.read()) == {"other.a", "public.b"}


def test_roles_and_extensions_that_nobody_creates_get_stand_ins_that_are_said(history: History) -> None:
    history.add("1_a", 'CREATE TABLE a (id int); GRANT SELECT ON a TO reporting; ALTER TABLE a OWNER TO "App Owner";')
    history.add("2_a", "CREATE EXTENSION IF NOT EXISTS timescaledb;")
    notes = history.read().notes
    assert "role App Owner: a stand-in without login" in notes
    assert "role reporting: a stand-in without login" in notes
    assert "extension timescaledb: an empty stand-in (this server lacks it)" in notes


def test_an_extension_that_an_administrator_created_is_found_and_said(history: History) -> None:
    history.add("1_a", "CREATE TABLE a (name text); CREATE INDEX ON a USING gin (name gin_trgm_ops);")
    [note] = history.read().notes
    assert note.startswith("extension pg_trgm: created beforehand")


def test_a_command_of_psql_that_would_change_the_meaning_is_refused(history: History) -> None:
    history.add("1_a", "CREATE TABLE a (id int);\n\\i other.sql\n")
    with pytest.raises(Unsupported) as refused:
        history.read()
    assert refused.value.where == "migrations/1_a/migration.sql:2"


def test_rows_in_copy_blocks_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "dump.sql").write_text(
        "\\restrict x\nCREATE TABLE a (id int, t text);\nCOPY a (id, t) FROM stdin;\n1\tone; \\\\ \n2\t\\N\n\\.\n"
        "ALTER TABLE a ADD CONSTRAINT two CHECK (id < 3);\n",
        encoding="utf-8",
    )
    context = Context(base=tmp_path, root=tmp_path)
    assert ObjectId("check", ("public", "a", "two")) in read_source("sql:dump.sql", context).catalog.objects
    (tmp_path / "dump.sql").write_text("CREATE TABLE a (id int);\nCOPY a FROM stdin;\nx\n\\.\n", encoding="utf-8")
    with pytest.raises(StatementFailed, match="invalid input syntax"):
        read_source("sql:dump.sql", context)


def test_names_may_hold_quotes_spaces_emoji_and_sql(history: History) -> None:
    name = "o'brien \"; DROP TABLE x; -- 🦊\n%s {}"
    quoted = '"' + name.replace('"', '""') + '"'
    history.add(
        "1 a; b.sql", f"CREATE TABLE {quoted} ({quoted} int PRIMARY KEY); COMMENT ON TABLE {quoted} IS $q${name}$q$;"
    )
    catalog = history.read().catalog
    assert ObjectId("column", ("public", name, name)) in catalog.objects
    assert catalog.comments == {ObjectId("table", ("public", name)): name}


def test_what_cannot_be_read_is_told_by_name(tmp_path: Path) -> None:
    context = Context(base=tmp_path, root=tmp_path)
    (tmp_path / "latin.sql").write_bytes(b"SELECT 'caf\xe9';")
    for source, words in (
        ("nowhere", "no such file or folder"),
        ("migrations:nowhere", "no such folder"),
        ("sql:*.nothing", "matches no file"),
        ("sql:latin.sql", "UTF-8"),
        ("catalog:latin.sql", "cannot be read"),
        ("prisma:schema.prisma", "no such file or folder"),
        ("database:env:PGMASON_NO_SUCH_VARIABLE", "is not set"),
    ):
        with pytest.raises(WrongUse, match=words):
            read_source(source, context)


def test_a_runaway_file_is_ended(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGMASON_SESSION_SECONDS", "1")
    history.add(
        "1_a",
        "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$;",
    )
    with pytest.raises(StatementFailed, match="ran longer than 1 s"):
        history.read()


def test_a_file_that_fills_the_disk_is_ended(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGMASON_SESSION_DISK_MB", "30")
    history.add("1_a", "CREATE TABLE a AS SELECT repeat('x', 1000) FROM generate_series(1, 100000000);")
    with pytest.raises(StatementFailed, match="outgrew 30 MB"):
        history.read()


@pytest.mark.parametrize("major", [15, 18])
def test_both_example_products_read_on_each_major(major: int) -> None:
    examples = Path(__file__).parents[2] / "examples"
    context = Context(base=examples, root=examples, major=major)
    for folder in ("shop/apps/api/prisma/migrations", "ledger/migrations"):
        reading = read_source(f"migrations:{folder}", context)
        assert reading.catalog.objects
        assert all(identity in reading.places for identity in reading.catalog.objects if identity.kind == "table")
