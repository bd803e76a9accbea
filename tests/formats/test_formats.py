"""Each case is a folder: `migrations/` as a repository holds it, `expect.toml` what is read of it.

`versions`, `downs` and `whole` (sent without a transaction around it) are checked where a case gives them; `notes`
are all the notes there are, each by its beginning or a part of it.
"""

from __future__ import annotations

import tomllib
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pytest

from pgmason import errors
from pgmason.config import FORMATS
from pgmason.errors import UnknownSource, Unsupported, WrongUse
from pgmason.formats import Transaction, all_formats, find_format, read_history

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/expect.toml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_folder_is_read_as_its_runner_reads_it(case: Path) -> None:
    expected: dict[str, Any] = tomllib.loads((case / "expect.toml").read_text(encoding="utf-8"))
    folder = case / "migrations"
    if "error" in expected:
        with pytest.raises(errors.WrongUse) as raised:
            read_history(folder)
        assert type(raised.value).__name__ == expected["error"]
        assert expected["says"] in str(raised.value)
        assert str(folder) in str(raised.value)
        assert raised.value.exit_code == 2
        return
    history = read_history(folder)
    names = [migration.name for migration in history.migrations]
    assert (history.format, names) == (expected["format"], expected["migrations"])
    assert len(history.notes) == len(expected["notes"]), history.notes
    for note, part in zip(history.notes, expected["notes"], strict=True):
        assert part in note
    if "versions" in expected:
        assert [migration.version for migration in history.migrations] == expected["versions"]
    if "downs" in expected:
        assert [migration.name for migration in history.migrations if migration.down] == expected["downs"]
    if "whole" in expected:
        whole = [m.name for m in history.migrations if m.transaction is Transaction.WHOLE_FILE_IMPLICIT]
        assert whole == expected["whole"]
    if "alone" in expected:
        alone = [m.name for m in history.migrations if m.transaction is Transaction.STATEMENT_BY_STATEMENT]
        assert alone == expected["alone"]
    assert [migration.name for migration in history.programs] == expected.get("programs", [])
    for migration in history.migrations:
        assert migration.up.is_relative_to(folder)
        if migration in history.programs:
            with pytest.raises(Unsupported, match="is known only once the product's own tool has run it"):
                migration.up_text()
        else:
            assert first_words(migration.up_text()).startswith("CREATE ")
            assert migration.down is None or first_words(migration.down_text() or "").startswith("DROP ")
            assert "DROP " not in migration.up_text()


def first_words(text: str) -> str:
    """The text from its first line that is neither empty nor a comment."""
    lines = text.split("\n")
    return "\n".join(dropwhile(lambda line: not line.strip() or line.lstrip().startswith("--"), lines))


def test_a_down_goes_with_the_up_of_its_version(tmp_path: Path) -> None:
    for name in ("7_a.up.sql", "7_a.down.sql", "7_b.up.sql", "7_b.down.sql"):
        (tmp_path / name).write_text(f"-- {name}\n")
    pairs = [
        (migration.up.name, migration.down and migration.down.name) for migration in read_history(tmp_path).migrations
    ]
    assert pairs == [("7_a.up.sql", "7_a.down.sql"), ("7_b.up.sql", "7_b.down.sql")]


def test_two_ups_do_not_share_one_down_of_another_name(tmp_path: Path) -> None:
    for name in ("7_a.up.sql", "7_b.up.sql", "7_c.down.sql"):
        (tmp_path / name).write_text("SELECT 1;\n")
    history = read_history(tmp_path)
    assert [migration.down for migration in history.migrations] == [None, None]
    assert any("DOWN file without an UP: 7_c.down.sql" in note for note in history.notes)


def test_supabase_is_known_by_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "supabase" / "migrations"
    folder.mkdir(parents=True)
    for name in ("20210101000000_init.sql", "20240101000000_init.sql", "20240102000000_more.sql", "notes.sql"):
        (folder / name).write_text("SELECT 1;\n")
    history = read_history(folder)
    assert history.format == "supabase"
    assert [migration.version for migration in history.migrations] == ["20240101000000", "20240102000000"]
    assert history.notes == ("left out, as the Supabase CLI leaves it out: 20210101000000_init.sql, notes.sql",)


def test_golang_migrate_is_named_only_where_the_repository_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "db" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for name in ("1_a.up.sql", "000001_a.down.sql"):
        (folder / name).write_text("SELECT 1;\n")
    plain = read_history(folder)
    (tmp_path / "go.mod").write_text("module shop\n\nrequire github.com/golang-migrate/migrate/v4 v4.17.0\n")
    named = read_history(folder)
    assert (plain.format, named.format) == ("updown", "golang-migrate")
    assert plain.migrations == named.migrations
    assert named.migrations[0].down is not None
    assert named.ledger_tables == ("schema_migrations",)


def test_a_part_keeps_the_lines_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "1_a.sql").write_text("-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n")
    (migration,) = read_history(tmp_path).migrations
    assert migration.up_text().split("\n")[1] == "SELECT 1;"
    assert (migration.down_text() or "").split("\n")[3] == "SELECT 2;"


def test_without_a_line_that_opens_the_up_node_pg_migrate_runs_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "1_a.sql").write_text("-- Up Migration\nSELECT 1;\n")
    (tmp_path / "2_b.sql").write_text("SELECT 1;\n-- Down Migration\nSELECT 2;\n")
    assert "SELECT 2" in read_history(tmp_path).migrations[1].up_text()


def test_a_format_named_in_the_configuration_is_not_looked_for(tmp_path: Path) -> None:
    assert find_format(tmp_path, named="prisma").name == "prisma"
    with pytest.raises(Unsupported, match="'sql-migrate' are not read"):
        find_format(tmp_path, named="sql-migrate")


def test_naming_updown_does_not_make_a_file_with_its_down_inside_a_plain_one(tmp_path: Path) -> None:
    (tmp_path / "1_a.sql").write_text("--  +Goose UP\nCREATE TABLE a ();\n-- +goose Down\nDROP TABLE a;\n")
    with pytest.raises(Unsupported, match="holds UP and DOWN in one file"):
        read_history(tmp_path, named="updown")


def test_the_folder_above_is_told_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "prisma" / "migrations" / "1_a").mkdir(parents=True)
    (tmp_path / "prisma" / "schema.prisma").write_text("")
    with pytest.raises(UnknownSource, match="holds no migrations itself") as raised:
        find_format(tmp_path / "prisma")
    assert raised.value.next[0].command.endswith("migrations:" + str(tmp_path / "prisma" / "migrations"))


def test_a_folder_that_is_absent_or_a_file_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "file.sql").write_text("SELECT 1;\n")
    with pytest.raises(WrongUse, match="there is no such folder"):
        find_format(tmp_path / "absent")
    with pytest.raises(WrongUse, match="is a file, not a folder"):
        find_format(tmp_path / "file.sql")


def test_formats_are_found_by_package_and_each_says_how_its_runner_works() -> None:
    assert {format.name for format in all_formats()} >= {"prisma", "updown", "dbmate"}
    assert {format.name for format in all_formats()} <= set(FORMATS)
    assert all(format.ledger_tables and isinstance(format.transaction, Transaction) for format in all_formats())
