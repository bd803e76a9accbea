"""pgmason trace, as somebody types it: on the state before a file, in text and JSON, with the exit code that fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pgmason.cli import run

MIGRATIONS = {
    "20260101_init": 'CREATE TABLE "orders" (id int PRIMARY KEY, note text);\nCREATE INDEX n ON orders (note);\n',
    "20260102_total": 'ALTER TABLE "orders" ADD COLUMN total int;\n\nUPDATE orders SET total = 1;\n'
    "ALTER TABLE orders ALTER total SET NOT NULL;\n",
    "20260103_late": "CREATE TABLE later (id int);\n",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "migrations"
    for name, text in MIGRATIONS.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "migration.sql").write_text(text, encoding="utf-8")
    (folder / "migration_lock.toml").write_text('provider = "postgresql"\n', encoding="utf-8")
    (folder / "20260102_total" / "down.sql").write_text("ALTER TABLE orders DROP COLUMN total;\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def type_(*words: str) -> tuple[int, str]:
        code = run(list(words))
        return code, capsys.readouterr().out

    return type_


def test_a_step_of_a_history_meets_what_stands_before_it(repository: Path, typed) -> None:
    code, out = typed("trace", "migrations/20260102_total/migration.sql", "--on", "migrations:migrations")
    assert code == 0
    assert "on 1 migration before it in migrations" in out
    assert "sent whole" in out
    assert "3 rows in each of 1 tables" in out
    lines = [line.strip() for line in out.splitlines()]
    assert "locks  public.orders  ACCESS EXCLUSIVE: blocks reads and writes" in lines
    assert "+ column public.orders.total" in lines
    assert "rows  public.orders: 3 updated" in lines
    assert "~ column public.orders.total  not null: no -> yes" in lines
    assert "public.orders  ACCESS EXCLUSIVE from line 1: blocks reads and writes" in lines
    assert "depends on production's rows: fails where public.orders.total is null" in lines
    assert "later" not in out


def test_json_has_every_field_of_the_model(repository: Path, typed) -> None:
    code, out = typed(
        "trace", "migrations/20260102_total/migration.sql", "--on", "migrations", "--format", "json", "--rows", "0"
    )
    assert code == 0
    told = json.loads(out)
    assert told["version"] == 1
    (transaction,) = told["transactions"]
    assert transaction["ending"] == "committed"
    assert [effect["statement"]["line"] for effect in transaction["effects"]] == [1, 3, 4]
    first = transaction["effects"][0]
    orders = {"kind": "table", "name": "public.orders"}
    assert first["locks"] == [{"relation": orders, "lock": "AccessExclusiveLock"}]
    assert first["objects"][0]["verb"] == "created"
    assert transaction["taken_by"] == [{"relation": orders, "value": 1}] or len(transaction["taken_by"]) > 1


def test_an_expression_is_told_without_the_number_that_the_server_gives_it(repository: Path, typed) -> None:
    (repository / "change.sql").write_text(
        "ALTER TABLE later ALTER id SET DEFAULT 1;\nALTER TABLE later ALTER id TYPE bigint;\n"
        "ALTER TABLE later ALTER id DROP DEFAULT;\n",
        encoding="utf-8",
    )
    code, out = typed("trace", "change.sql", "--on", "migrations")
    assert code == 0
    told = [line.strip() for line in out.splitlines() if "~ column public.later.id" in line]
    assert told == [
        "~ column public.later.id  default: set",
        "~ column public.later.id  type: integer -> bigint, default: made anew",
        "~ column public.later.id  default: taken away",
    ]


def test_default_privileges_that_go_are_told_by_what_they_were_on(repository: Path, typed) -> None:
    (repository / "change.sql").write_text(
        "CREATE SCHEMA s;\nALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC;\n"
        "ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE SELECT ON TABLES FROM PUBLIC;\n",
        encoding="utf-8",
    )
    code, out = typed("trace", "change.sql", "--on", "migrations")
    assert code == 0
    assert "- default privileges on tables of pgmason_owner in schema s" in out
    code, out = typed("trace", "change.sql", "--on", "migrations", "--format", "json")
    assert code == 0
    assert json.loads(out)["transactions"]


def test_a_down_meets_what_its_up_made(repository: Path, typed) -> None:
    code, out = typed("trace", "migrations/20260102_total/down.sql", "--on", "migrations")
    assert code == 0
    assert "- column public.orders.total" in out


def test_another_file_meets_the_whole_source(repository: Path, typed) -> None:
    Path("change.sql").write_text("DROP TABLE later;\nSELECT nothing FROM here;\nSELECT 1;\n", encoding="utf-8")
    code, out = typed("trace", "change.sql", "--on", "migrations", "--frame", "statements")
    assert code == 1
    assert "- table public.later" in out
    assert 'FAILED  relation "here" does not exist (42P01)' in out
    assert "not reached" in out


def test_on_sql_files_and_on_nothing(repository: Path, typed) -> None:
    Path("schema.sql").write_text("CREATE TABLE a (id int);\n", encoding="utf-8")
    Path("change.sql").write_text("ALTER TABLE a ADD b int;\n", encoding="utf-8")
    assert typed("trace", "change.sql", "--on", "sql:schema.sql")[0] == 0
    assert typed("trace", "change.sql", "--on", "empty")[0] == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT 1;\nCREATE TALBE t ();\n", "change.sql:2  cannot be read: syntax error"),
        ("SELECT 1;\n\\copy t FROM 'x'\n", "change.sql:2  cannot be read: a command of psql's own"),
        ("SELECT 'unclosed;\n", "cannot be read: unterminated quoted string"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_finding_and_no_crash(text: str, told: str, repository: Path, typed) -> None:
    Path("change.sql").write_text(text, encoding="utf-8")
    code, out = typed("trace", "change.sql", "--on", "empty")
    assert code == 1
    assert told in out
    code, out = typed("trace", "change.sql", "--on", "empty", "--format", "json")
    assert code == 1
    assert json.loads(out)["unreadable"]["line"] >= 1


def test_a_wrong_source_is_wrong_use(repository: Path, typed) -> None:
    Path("change.sql").write_text("SELECT 1;\n", encoding="utf-8")
    assert typed("trace", "change.sql", "--on", "nowhere")[0] == 2
    assert typed("trace", "change.sql", "--on", "sql:nowhere/*.sql")[0] == 2


def test_a_frame_that_refuses_a_statement_says_so_and_shows_the_rest(repository: Path, typed) -> None:
    step = Path("migrations/20260104_index")
    step.mkdir()
    (step / "migration.sql").write_text(
        "ALTER TABLE orders ADD c int;\nCREATE INDEX CONCURRENTLY i ON orders (c);\n", encoding="utf-8"
    )
    code, out = typed("trace", str(step / "migration.sql"), "--on", "migrations")
    assert code == 1
    assert "FAILS as its runner sends it, at line 2" in out
    assert "SHARE UPDATE EXCLUSIVE: blocks other changes of the schema" in out
    assert "waits until every older transaction on it is over" in out


def test_a_file_that_fails_on_rows_shows_what_it_does_without_them(repository: Path, typed) -> None:
    Path("change.sql").write_text(
        "ALTER TABLE orders ADD c int NOT NULL;\nALTER TABLE orders ADD d int;\n", encoding="utf-8"
    )
    code, out = typed("trace", "change.sql", "--on", "migrations")
    assert code == 1
    assert "(23502)" in out
    failed, _, empty = out.partition("It failed on rows. On empty tables it does this:")
    assert "not reached" in failed
    assert "+ column public.orders.d" in empty
