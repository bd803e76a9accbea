"""SQL text is cut where PostgreSQL and psql cut it, and each piece knows its place.

A folder in cases/ is a script and what must be found in it; the .toml files beside this one hold one-line cases.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgmason.statements import (
    NamedObject,
    Script,
    ScriptError,
    Statement,
    extensions_created,
    needs_own_transaction,
    objects_named,
    read_script,
    roles_named,
    transaction_control,
)

if TYPE_CHECKING:
    from conftest import FreshDatabase
    from pgmason.postgres.server import Server

HERE = Path(__file__).parent


def data(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8")  # no translation of line ends


def only(sql: str) -> Statement:
    (statement,) = read_script(sql).statements
    return statement


# Cutting.


@pytest.mark.parametrize("case", sorted((HERE / "cases").iterdir()), ids=lambda case: case.name)
def test_a_script_gives_its_statements_and_meta_commands_each_at_its_place(case: Path) -> None:
    text = text_of(case / "script.sql")
    script = read_script(text)
    expected = tomllib.loads((case / "expect.toml").read_text(encoding="utf-8"))
    assert [shown(statement) for statement in script.statements] == [
        {"copy_data": None} | statement for statement in expected.get("statement", [])
    ]
    assert [
        {"text": command.text, "line": command.line, "harmless": command.harmless} for command in script.meta_commands
    ] == expected.get("meta_command", [])
    assert_in_place(script, text)


def shown(statement: Statement) -> dict[str, Any]:
    return {name: getattr(statement, name) for name in ("text", "line", "column", "form", "copy_data")}


def assert_in_place(script: Script, text: str) -> None:
    """Offset, line and column agree with the text, whatever it is."""
    for statement in script.statements:
        assert text[statement.offset : statement.offset + len(statement.text)] == statement.text
        before = text[: statement.offset].removeprefix("\ufeff").split("\n")
        assert (statement.line, statement.column) == (len(before), len(before[-1]) + 1)


# Statements after which a semicolon may follow, with all that could be mistaken for one.
STATEMENTS = (
    "SELECT 1",
    "select 'a;b' as \"c;d\", e'x\\';', 'it''s'",
    "SELECT '\\', E'\\\\', U&'\\0061', n'\\', date'\\'",
    "SELECT E'a'\n \t\n 'b\\';', 'c' \r\n '\\'",
    'CREATE TABLE "größe 😀" (é int, a$b$ text DEFAULT $$;\'"$$)',
    "DO $do$ BEGIN PERFORM 'x;'; /* ' */ END $do$",
    "DO $é$ $$ ; $do$ -- ; $é$",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
    "CREATE RULE r AS ON UPDATE TO t DO ALSO (DELETE FROM u; DELETE FROM v)",
    "SELECT /* ; /* nested; ' */ \\ */ 1 -- ; \\i x\n + 2",
    "INSERT INTO t VALUES ('😀;', 1), (E'\\'', $1)",
    "SELECT 5 -/* ; */- 3 OPERATOR(pg_catalog.*) 2",
    "SELECT 1 AS \u00a0nbsp",
)
TRIVIA = ("", " ", "\n", "\t\r\n", "-- c; ' \\ $$\n", "/* ; */", "/* ü 😀 /* ; ' */ \\ */", ";", "\n\n")
COPIES = (
    ("COPY t FROM stdin", ""),
    ('copy s.t (a, "b;") from STDIN with (format csv)', "1,\"it's; $$ /* --\n\\x\n"),
    ("COPY t FROM stdin", "ü\t😀\\\\\n\\N\t\\.\n\n"),
)
META_COMMANDS = ("\\echo hi; 'x' /* $$ \"", "\\set ON_ERROR_STOP on", "\\i other; '.sql", "\\restrict ü", "\\timing")


@st.composite
def scripts(draw: st.DrawFn) -> tuple[str, list[tuple[str, str | None]], list[str]]:
    """A script, its statements with their COPY data, and its meta-commands."""
    parts: list[str] = [draw(st.sampled_from(("", "\ufeff")))]
    statements: list[tuple[str, str | None]] = []
    metas: list[str] = []
    for kind in draw(st.lists(st.sampled_from(("statement", "statement", "copy", "meta")), max_size=12)):
        parts.append(draw(st.sampled_from(TRIVIA)))
        match kind:
            case "statement":
                statement = draw(st.sampled_from(STATEMENTS))
                statements.append((statement, None))
                parts += (statement, draw(st.sampled_from(("", " ", "\n-- c;\n", "/* ; */"))), ";")
            case "copy":
                statement, rows = draw(st.sampled_from(COPIES))
                statements.append((statement, rows))
                parts += (statement, draw(st.sampled_from((";", " ;\t", "; -- c; '"))), "\n", rows, "\\.\n")
            case _:
                metas.append(draw(st.sampled_from(META_COMMANDS)))
                parts += ("\n", metas[-1], "\n")
    if draw(st.booleans()):
        statements.append((draw(st.sampled_from(STATEMENTS)), None))
        parts += (statements[-1][0], draw(st.sampled_from(("", "\n", " -- the end", "/* ; */"))))
    return "".join(parts), statements, metas


@given(scripts())
def test_any_script_gives_back_exactly_what_it_was_put_together_from(
    made: tuple[str, list[tuple[str, str | None]], list[str]],
) -> None:
    text, statements, metas = made
    script = read_script(text)
    assert [(statement.text, statement.copy_data) for statement in script.statements] == statements
    assert [command.text for command in script.meta_commands] == metas
    assert_in_place(script, text)


@given(st.text(alphabet="'\"$a;E\\-/*\n ().,😀", max_size=40))
def test_any_text_at_all_is_read_or_refused_with_a_place(text: str) -> None:
    refused: ScriptError | None = None
    try:
        assert_in_place(read_script(text), text)
    except ScriptError as exc:
        refused = exc
    if refused:
        assert text.split("\n")[refused.line - 1].removesuffix("\r") == refused.near
        assert 0 <= refused.offset <= len(text)


def test_a_statement_read_alone_is_itself() -> None:
    for text in STATEMENTS:
        assert only(text).text == text


def test_two_readings_are_equal_and_show_no_tree() -> None:
    assert read_script("SELECT 1; COPY t FROM stdin;\n1\n\\.") == read_script("SELECT 1; COPY t FROM stdin;\n1\n\\.")
    assert repr(only("SELECT 1")) == "Statement(text='SELECT 1', offset=0, line=1, column=1, form='select_stmt')"


# Meta-commands.


@pytest.mark.parametrize("text", data("meta_commands.toml")["harmless"])
def test_a_line_without_influence_on_the_schema_is_harmless(text: str) -> None:
    script = read_script(f"\n{text}\n")
    assert [(command.text, command.line, command.harmless) for command in script.meta_commands] == [(text, 2, True)]
    assert script.refused == ()


@pytest.mark.parametrize("text", data("meta_commands.toml")["refused"])
def test_every_other_line_for_psql_is_refused(text: str) -> None:
    script = read_script(f"{text}\n")
    assert script.refused == script.meta_commands
    assert [command.text for command in script.meta_commands] == [text]


def test_quitting_is_harmless_only_where_nothing_follows() -> None:
    assert read_script("SELECT 1;\n\\q\n-- the end").refused == ()
    (refused,) = read_script("SELECT 1;\n\\q\nSELECT 2;").refused
    assert refused.line == 2


# Errors.


@pytest.mark.parametrize("case", data("errors.toml")["error"], ids=lambda case: case["message"][:40])
def test_an_error_has_its_place_in_the_text_as_given(case: dict[str, Any]) -> None:
    with pytest.raises(ScriptError) as caught:
        read_script(case["script"], file="up.sql")
    error = caught.value
    assert (error.message, error.line, error.column, error.near) == (
        case["message"],
        case["line"],
        case["column"],
        case["near"],
    )
    assert error.where == f"up.sql:{error.line}:{error.column}"
    assert error.fix == case.get("fix", error.fix)
    before = case["script"][: error.offset].removeprefix("\ufeff").split("\n")
    assert (error.line, error.column) == (len(before), len(before[-1]) + 1)
    assert {name: error.as_json()["error"][name] for name in ("file", "line", "column", "offset", "near")} == {
        "file": "up.sql",
        "line": error.line,
        "column": error.column,
        "offset": error.offset,
        "near": error.near,
    }


def test_a_comment_between_the_parts_of_a_string_is_refused_though_postgresql_takes_it() -> None:
    """A gap of libpg_query's scanner; our lexer is ready for the day it closes."""
    with pytest.raises(ScriptError, match="syntax error"):
        read_script("SELECT 'a' -- and on\n'b'")


def test_a_lone_surrogate_is_told_where_it_stands() -> None:
    with pytest.raises(ScriptError, match="not text") as caught:
        read_script("SELECT 1;\nSELECT '\udcff'")
    assert (caught.value.line, caught.value.column) == (2, 9)


def test_of_a_very_long_line_only_the_faulty_part_is_shown() -> None:
    with pytest.raises(ScriptError) as caught:
        read_script("SELECT 1; " * 500 + "SELEC 2; " + "SELECT 3; " * 500)
    assert "SELEC 2;" in str(caught.value)
    assert len(str(caught.value)) < 400
    assert str(caught.value).startswith('line 1, column 5001  syntax error at or near "SELEC"')


# Depth: libpg_query itself looks at no stack.


def test_a_long_chain_of_operators_is_read() -> None:
    for links in (60, 600, 6000):
        assert only("SELECT 'a'" + " || 'a'" * links).form == "select_stmt"


def test_a_chain_that_would_exhaust_the_stack_is_an_error_not_a_crash() -> None:
    for chain in (
        "SELECT 1" + "+1" * 300_000,
        "SELECT 1" + " UNION SELECT 1, 2" * 50_000,
        "COPY (SELECT 1" + "+1" * 99_999,
    ):
        with pytest.raises(ScriptError, match="nested too deeply"):
            read_script(f"{chain};")


def test_a_small_stack_is_enough_for_a_chain_that_is_read() -> None:
    read: list[int] = []
    restored = threading.Event()  # the stack size is one setting for the whole process

    def reading() -> None:
        restored.wait()
        read.append(len(read_script("SELECT a" + "::a" * 9_000 + "; SELECT a" + "::a" * 250).statements))

    usual = threading.stack_size(1 << 20)
    try:
        thread = threading.Thread(target=reading)
        thread.start()
    finally:
        threading.stack_size(usual)
        restored.set()
    thread.join()
    assert read == [2]
    assert threading.stack_size() == usual


def test_many_rows_in_one_statement_are_not_mistaken_for_depth() -> None:
    assert only("INSERT INTO t VALUES " + ",".join("(1 + 2, 'a', now(), NULL)" for _ in range(50_000))).form


# Questions to the tree.


@pytest.mark.parametrize("sql", data("own_transaction.toml")["alone"] + data("own_transaction.toml")["alone_on_18"])
def test_what_postgresql_refuses_in_a_transaction_block_needs_its_own(sql: str) -> None:
    assert needs_own_transaction(only(sql))


@pytest.mark.parametrize("sql", data("own_transaction.toml")["free"])
def test_what_postgresql_takes_in_a_transaction_block_needs_none_of_its_own(sql: str) -> None:
    assert not needs_own_transaction(only(sql))


OBJECTS = """CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a); CREATE TYPE mood AS ENUM ('good');
CREATE TABLE parent (a int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF parent FOR VALUES IN (1);
CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE UNIQUE INDEX ON m (a);"""


def test_postgresql_draws_the_same_line(server: Server, database_on: Callable[[Server], FreshDatabase]) -> None:
    """All but the statements on an existing subscription: a database that has one cannot be dropped after the test."""
    refused_in_a_block = "25001"
    with server.connect(database_on(server).scratch.name) as connection:
        connection.execute(f"SET search_path = public; {OBJECTS}")
        for kind in ("alone", "free"):
            for sql in data("own_transaction.toml")[kind]:
                if "SUBSCRIPTION s " in f"{sql} " or sql.startswith("PREPARE"):
                    continue
                connection.execute("BEGIN")
                state = None
                try:
                    connection.execute(sql)
                except psycopg.Error as exc:
                    state = exc.sqlstate
                connection.execute("ROLLBACK")
                assert (sql, state == refused_in_a_block) == (sql, kind == "alone")


def test_transaction_control_is_told_from_the_rest() -> None:
    script = read_script(
        "BEGIN; START TRANSACTION; SAVEPOINT a; RELEASE a; ROLLBACK TO a; ROLLBACK; COMMIT; END; ABORT"
    )
    assert all(transaction_control(statement) for statement in script.statements)
    assert not any(map(transaction_control, read_script("SELECT 1; SET TRANSACTION READ ONLY; DO 'COMMIT'").statements))


@pytest.mark.parametrize("case", data("roles.toml")["case"], ids=lambda case: case["script"][:40])
def test_the_roles_that_a_script_needs_are_named(case: dict[str, Any]) -> None:
    assert sorted(roles_named(read_script(case["script"]))) == case["roles"]


def test_the_extensions_that_a_script_creates_are_named_in_order() -> None:
    script = read_script('CREATE EXTENSION pg_trgm; CREATE EXTENSION IF NOT EXISTS "uuid-ossp" SCHEMA s; SELECT 1')
    assert extensions_created(script) == ("pg_trgm", "uuid-ossp")


@pytest.mark.parametrize("case", data("objects.toml")["case"], ids=lambda case: case["sql"][:40])
def test_the_objects_that_a_statement_creates_or_alters_are_named(case: dict[str, Any]) -> None:
    assert objects_named(only(case["sql"])) == tuple(
        NamedObject(kind=kind, path=tuple(path)) for kind, *path in case["names"]
    )


# Real products.

BROKEN = {"updown/cratesio/20170318181441_downloads_need_no_id/down.sql"}  # lacks a semicolon; nobody ever ran it


@pytest.mark.corpus
def test_every_script_of_the_corpus_is_read(corpus: Path) -> None:
    paths = sorted(path for path in corpus.rglob("*.sql") if path.is_file())
    texts = {path.relative_to(corpus).as_posix(): text_of(path) for path in paths}
    found: dict[str, Script] = {}
    refused: set[str] = set()
    start = time.perf_counter()
    for name, text in texts.items():
        try:
            found[name] = read_script(text, file=name)
        except ScriptError:
            refused.add(name)
    elapsed = time.perf_counter() - start
    statements = sum(len(script.statements) for script in found.values())
    print(f"{len(texts)} scripts, {statements} statements, {sum(map(len, texts.values()))} characters: {elapsed:.2f} s")
    assert refused == BROKEN & set(texts)
    assert all(script.refused == () for script in found.values())
    for name, script in found.items():
        assert_in_place(script, texts[name])
        for statement in script.statements:
            assert only(statement.text).form == statement.form


@pytest.mark.corpus
def test_a_dump_gives_up_all_its_rows(corpus: Path) -> None:
    script = read_script(text_of(corpus / "samples" / "pagila" / "pagila.sql"))
    blocks = [statement.copy_data for statement in script.statements if statement.copy_data is not None]
    assert sum(block.count("\n") for block in blocks) == 46_273  # as its README counts them
    assert all(block == "" or block.endswith("\n") for block in blocks)


# The module itself.


def test_importing_the_module_does_not_load_the_grammar() -> None:
    code = "import sys, pgmason.statements; sys.exit('postgast' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
