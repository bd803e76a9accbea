"""Each case is a folder: `migrations/` as a repository holds it, `expect.toml` what is read of it.

`versions`, `downs` and `whole` (sent without a transaction around it) are checked where a case gives them; `notes`
are all the notes there are, each by its beginning or a part of it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pgmason import errors
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
    for migration in history.migrations:
        assert migration.up.is_relative_to(folder)
        assert migration.up_text().startswith("CREATE ")
        assert migration.down is None or (migration.down_text() or "").startswith("DROP ")


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
    (folder / "20240101000000_init.sql").write_text("SELECT 1;\n")
    with pytest.raises(Unsupported, match="looks like Supabase's migrations"):
        find_format(folder)


def test_a_format_named_in_the_configuration_is_not_looked_for(tmp_path: Path) -> None:
    assert find_format(tmp_path, named="prisma").name == "prisma"
    with pytest.raises(Unsupported, match="'flyway' are not read yet"):
        find_format(tmp_path, named="flyway")


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
    assert [format.name for format in all_formats()] == ["prisma", "updown"]
    assert all(format.ledger_tables and isinstance(format.transaction, Transaction) for format in all_formats())
