"""A migration that a format writes is the last one that it reads, says what was asked, and applies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pgmason.errors import WrongUse
from pgmason.formats import Transaction, all_formats, find_format
from pgmason.formats.migration import Language, NewMigration
from pgmason.sources import Context
from pgmason.sources.migrations import read_migrations
from pgmason.statements import read_script

A = "CREATE TABLE a (id int PRIMARY KEY);\n"
FOLDERS = {
    "prisma": {"20250101000000_a/migration.sql": A, "migration_lock.toml": 'provider = "postgresql"\n'},
    "updown": {"0001_a.up.sql": A, "0001_a.down.sql": "DROP TABLE a;\n"},
    "updown folders": {"2025-01-01-000000_a/up.sql": A, "2025-01-01-000000_a/down.sql": "DROP TABLE a;\n"},
    "updown counted folders": {"001_a/up.sql": A},
    "updown numbered": {"01_a.sql": A},
    "golang-migrate": {
        "000001_a.up.sql": A,
        "000001_a.down.sql": "DROP TABLE a;\n",
        "go.mod": "require github.com/golang-migrate/migrate/v4 v4.17.0",
    },
    "supabase": {"20250101000000_a.sql": A},
    "dbmate": {"20250101000000_a.sql": f"-- migrate:up\n{A}\n-- migrate:down\nDROP TABLE a;\n"},
    "goose": {"00001_a.sql": f"-- +goose Up\n{A}\n-- +goose Down\nDROP TABLE a;\n"},
    "flyway": {"V1__a.sql": A},
    "node-pg-migrate": {"1700000000000_a.sql": f"-- Up Migration\n{A}\n-- Down Migration\nDROP TABLE a;\n"},
    "drizzle": {
        "meta/_journal.json": '{"version": "7", "dialect": "postgresql", "entries":'
        ' [{"idx": 0, "version": "7", "when": 1700000000000, "tag": "0000_a", "breakpoints": true}]}',
        "meta/0000_snapshot.json": '{"id": "11111111-1111-1111-1111-111111111111", "dialect": "postgresql"}',
        "0000_a.sql": A,
    },
}
WITHOUT_DOWN = {"supabase", "drizzle", "updown numbered"}
NAMES = {
    "prisma": "20260301123000_add_b_c/migration.sql",
    "updown": "0002_add_b_c.up.sql",
    "updown folders": "2026-03-01-123000_add_b_c/up.sql",
    "updown counted folders": "002_add_b_c/up.sql",
    "updown numbered": "02_add_b_c.sql",
    "golang-migrate": "000002_add_b_c.up.sql",
    "supabase": "20260301123000_add_b_c.sql",
    "dbmate": "20260301123000_add_b_c.sql",
    "goose": "00002_add_b_c.sql",
    "flyway": "V2__add_b_c.sql",
    "node-pg-migrate": "1772368200000_add_b_c.sql",
    "drizzle": "0001_add_b_c.sql",
}
UP = (
    "CREATE TABLE b (id int REFERENCES a, note text DEFAULT 'x;y:z');\n"
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;\n"
)
DOWN = "DROP FUNCTION f();\nDROP TABLE b;\n"
AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def folder_of(tmp_path: Path, case: str) -> Path:
    folder = tmp_path / "supabase" / "migrations" if case == "supabase" else tmp_path / "migrations"
    for name, text in FOLDERS[case].items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def written(folder: Path, new: NewMigration) -> None:
    format = find_format(folder)
    assert format.write is not None
    for file in format.write(format.read(folder), new):
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_text(file.text, encoding="utf-8")


def statements(text: str | None) -> list[str]:
    return [" ".join(statement.text.split()) for statement in read_script(text or "").statements]


@pytest.mark.parametrize("case", FOLDERS)
def test_what_is_written_is_read_back_and_applies(case: str, tmp_path: Path, servers: Callable[[int], Any]) -> None:
    servers(15)
    folder = folder_of(tmp_path, case)
    down = None if case in WITHOUT_DOWN else DOWN
    written(folder, NewMigration(name="Add b & c", at=AT, up=UP, down=down))
    format = find_format(folder)
    assert format.name == case.partition(" ")[0]
    first, last = format.read(folder).migrations
    assert last.up.relative_to(folder).as_posix() == NAMES[case]
    assert statements(first.up_text()) == statements(A)
    assert statements(last.up_text()) == statements(UP)
    assert statements(last.down_text()) == statements(down)
    tables = {
        identity.name for identity, _ in read_migrations(folder, Context(base=tmp_path, root=tmp_path)).catalog.tables
    }
    assert tables == {"public.a", "public.b"}


@pytest.mark.parametrize("case", sorted(FOLDERS.keys() - {"drizzle"}))
def test_what_must_be_alone_is_written_so_that_it_is(case: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, case)
    written(folder, NewMigration(name="index", at=AT, up="CREATE INDEX CONCURRENTLY ON a (id);", alone=True))
    last = find_format(folder).read(folder).migrations[-1]
    assert last.transaction in (Transaction.WHOLE_FILE_IMPLICIT, Transaction.STATEMENT_BY_STATEMENT)
    if last.language is Language.SQL:
        assert len(statements(last.up_text())) == 1


@pytest.mark.parametrize("case", sorted(WITHOUT_DOWN))
def test_a_down_is_refused_where_the_format_has_no_place_for_it(case: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, case)
    with pytest.raises(WrongUse, match="has no place for a DOWN"):
        written(folder, NewMigration(name="b", at=AT, up=UP, down=DOWN))


def test_a_later_number_than_now_is_gone_beyond(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "dbmate")
    (folder / "20270101000000_c.sql").write_text("-- migrate:up\nSELECT 1;\n-- migrate:down\n", encoding="utf-8")
    written(folder, NewMigration(name="b", at=AT, up=UP))
    assert (folder / "20270101000001_b.sql").exists()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["01_init", "19_add_session"], "20_b"),
        (["0_init"], "20260301123000_b"),
        (["0_init", "20270101000000_c"], "20270101000001_b"),
        (["98_a", "99_b"], "99_b_b"),
        (["20250101000000_a", "start"], "start_b"),
        (["init"], "init_b"),
    ],
)
def test_a_folder_of_prismas_comes_last_by_name_in_the_manner_of_those_before(
    names: list[str], expected: str, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "migration.sql").write_text("SELECT 1;\n", encoding="utf-8")
    (tmp_path / "migration_lock.toml").write_text('provider = "postgresql"\n', encoding="utf-8")
    written(tmp_path, NewMigration(name="b", at=AT, up=UP))
    assert max(folder.name for folder in tmp_path.iterdir() if folder.is_dir()) == expected


def test_a_folder_of_diesels_keeps_the_dashes_where_the_last_one_is_later_than_now(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "updown folders")
    (folder / "2027-01-01-000000_c").mkdir()
    (folder / "2027-01-01-000000_c" / "up.sql").write_text("SELECT 1;\n", encoding="utf-8")
    written(folder, NewMigration(name="b", at=AT, up=UP))
    assert (folder / "2027-01-01-000001_b" / "up.sql").exists()


def test_every_format_but_djangos_is_written() -> None:
    assert [format.name for format in all_formats() if format.write is None] == ["django"]
