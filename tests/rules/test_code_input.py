"""What the rules over application code are given, and what a comment in it allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from coded import found_in

from pgmason.application import read_application
from pgmason.application.parsing import parse
from pgmason.config import Product, Waiver
from pgmason.findings import Standing
from pgmason.rules import check_code
from pgmason.rules.code_rule import CodeInput
from pgmason.rules.judging import judge
from pgmason.statements.fragments import HOLE, is_sql, reads_rows, relations_in, writes_rows

BUILT = """\
import { Pool } from "pg";
const pool = new Pool();
export async function find(name: string) {
%s
  return pool.query(`SELECT id FROM users WHERE name = '${name}'`);
}
"""


def product(root: Path, **settings: object) -> Product:
    return Product(**{"name": "shop", "root": root, "criteria": {}, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("comment", "standings"),
    [
        ("  // pgmason: allow sql-built-from-strings because names are letters until 2027-03-01", {Standing.WAIVED}),
        ("  // pgmason: allow sql-built-from-strings because names are letters until 2026-01-01", {Standing.NEW}),
        ("  // pgmason: allow sql-built-from-strings", {Standing.NEW}),
        ("  // pgmason: allow query-in-a-loop because there are three", {Standing.NEW}),
    ],
)
def test_a_comment_above_the_statement_allows_its_rule_with_a_reason_and_an_end(
    comment: str, standings: set[Standing]
) -> None:
    found = found_in(BUILT % comment, "typescript")
    judged = judge(found, product(Path()), None, date(2026, 11, 24))
    assert {one.standing for one in judged if one.finding.rule == "sql-built-from-strings"} == standings


def test_a_comment_that_silences_nothing_is_told() -> None:
    found = found_in("# pgmason: allow query-in-a-loop because there are three\nx = 1\n", "python")
    assert [(one.rule, one.fix) for one in found] == [("waiver-without-effect", "# remove it")]


def test_a_comment_stands_above_the_first_line_of_a_long_statement() -> None:
    text = (
        "from sqlalchemy import text\n\n\ndef find(session, word):\n"
        "    # pgmason: allow sql-built-from-strings because the word is checked\n"
        "    return session.execute(\n        text(f\"SELECT id FROM notes WHERE body = '{word}'\")\n    )\n"
    )
    (finding,) = found_in(text, "python")
    assert finding.allowed is not None
    assert finding.allowed.reason == "the word is checked"


def test_a_waiver_names_files() -> None:
    found = found_in(BUILT % "", "typescript", "src/reports/a.ts")
    waive = (Waiver(rule="sql-built-from-strings", object="src/reports/*", reason="no input reaches it"),)
    (judged,) = judge(found, product(Path(), waive=waive), None, date(2026, 11, 24))
    assert judged.standing is Standing.WAIVED


def test_a_fingerprint_stays_where_lines_move_and_differs_between_functions() -> None:
    (first,) = found_in(BUILT % "", "typescript")
    (moved,) = found_in("\n\n// more above\n" + BUILT % "", "typescript")
    (other,) = found_in((BUILT % "").replace("find(", "search("), "typescript")
    assert first.fingerprint == moved.fingerprint != other.fingerprint
    assert first.place != moved.place


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('export const a = "postgres://app:hG7kQ2mZ@db.acme.io/shop";', "hG7kQ2mZ"),
        ('export const ENCRYPTION_KEY = "b7Kq9ZtR2mXw8LpV4nYc6DsF";', "b7Kq9ZtR2mXw8LpV4nYc6DsF"),
        ('export const k = "AKIA' + 'Z7QW3ERT5YUI9OPA";', "Z7QW3ERT5YUI9OPA"),
    ],
)
def test_the_value_of_a_secret_is_never_told(text: str, secret: str) -> None:
    (finding,) = found_in(text, "typescript")
    assert finding.rule == "secret-in-code"
    assert secret not in repr(finding)


def test_raw_sql_is_told_where_the_orm_has_a_model_of_each_relation() -> None:
    text = "export const f = () => prisma.$queryRaw`SELECT o.id FROM orders o JOIN balances b ON b.id = o.id`;\n"
    code = CodeInput(product=product(Path()), file="a.ts", language="typescript", text=text, tree=parse("a.ts", text))
    rule = "raw-sql-beside-the-orm"
    assert [one.rule for one in check_code(replace(code, modelled=frozenset({"orders", "balances"})))] == [rule]
    assert check_code(replace(code, modelled=frozenset({"orders"}))) == ()


def test_what_does_not_parse_is_said_and_the_rest_is_judged() -> None:
    found = found_in((BUILT % "") + "export function half( {\n", "typescript")
    assert {one.rule for one in found} == {"code-not-read", "sql-built-from-strings"}


def test_the_application_is_without_tests_tools_migrations_and_generated_code(tmp_path: Path) -> None:
    wanted = ["apps/api/src/orders.ts", "apps/web/page.tsx", "jobs/nightly.py", "lib/a.mjs"]
    others = [
        "node_modules/pg/index.js", "tests/orders.test.ts", "src/a.spec.ts", "dist/a.js", "generated/client.ts",
        "db/migrations/1.py", "types.d.ts", ".next/a.js", "venv/x.py", "jest.config.js", "prisma/seed.ts", "a.sql",
    ]  # fmt: skip
    for name in (*wanted, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "link.ts").symlink_to(tmp_path / "lib/a.mjs")
    assert [one.file for one in read_application(product(tmp_path)).files] == wanted
    one = read_application(product(tmp_path, app=("apps/*/src", "nowhere")))
    assert [file.file for file in one.files] == ["apps/api/src/orders.ts"]
    assert one.notes == ("`app` names nowhere, where no application code was found",)


def test_files_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    (tmp_path / "large.ts").write_text("//" + " " * 1_000_001, encoding="utf-8")
    (tmp_path / "latin.py").write_bytes(b"# \xe9\n")
    said = read_application(product(tmp_path))
    assert said.files == ()
    assert len(said.notes) == 2


@pytest.mark.parametrize(
    ("text", "sql", "reads", "writes"),
    [
        ("SELECT 1", True, False, False),
        ("select id from t", True, True, False),
        ("-- a\n/* b */ WITH x AS (SELECT 1) UPDATE t SET a = 1", True, False, True),
        ("INSERT INTO t VALUES ('delete from')", True, False, True),
        ("update the page", False, False, True),
        ("with love from Paris", False, True, False),
        ("delete this", False, False, True),
        (f"DELETE FROM {HOLE}", True, False, True),
    ],
)
def test_a_piece_of_sql_is_told_from_a_sentence(text: str, sql: bool, reads: bool, writes: bool) -> None:
    assert is_sql(text) is sql
    if sql:
        assert (reads_rows(text), writes_rows(text)) == (reads, writes)


@pytest.mark.parametrize(
    ("text", "relations"),
    [
        ('SELECT 1 FROM "Order" o JOIN public.lines l ON true', {"Order", "lines"}),
        ("WITH x AS (SELECT 1 FROM a) SELECT * FROM x", {"a"}),
        ("SELECT * FROM generate_series(1, 2)", {"()"}),
        ("SELECT 1 FROM t FOR UPDATE SKIP LOCKED", {"t"}),
        (f"SELECT 1 FROM {HOLE}", {HOLE}),
    ],
)
def test_the_relations_of_a_piece_of_sql_are_found(text: str, relations: set[str]) -> None:
    assert relations_in(text) == relations
