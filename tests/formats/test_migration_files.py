"""What a migration's file may be, and what happens where it is something else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pgmason.errors import WrongUse
from pgmason.formats import Migration, Transaction, read_history
from pgmason.formats.migration import LARGEST_FILE_BYTES

NOBODY = 65534


def migration(file: Path) -> Migration:
    return Migration(name="m", version="1", up=file, down=None, transaction=Transaction.WHOLE_FILE_IMPLICIT)


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Root may read everything; so be somebody else for the while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_byte_order_mark_is_no_part_of_the_text_and_is_of_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "up.sql"
    content = b"\xef\xbb\xbfSELECT '\xe2\x82\xac';\r\n"
    file.write_bytes(content)
    assert migration(file).up_text() == "SELECT '€';\r\n"
    assert migration(file).up_digest == hashlib.sha256(content).hexdigest()
    assert migration(file).down_text() is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"SELECT 1;\nSELECT '\xe9';\n", ":2  is not UTF-8: byte 0xe9"),
        ("SELECT 1;\n".encode("utf-16"), ":1  is UTF-16 text, not UTF-8"),
        (b"SELECT 1;\n\nSELECT \0 2;\n", ":3  holds a zero byte"),
    ],
)
def test_text_that_is_none_is_refused_with_its_line(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "up.sql"
    file.write_bytes(content)
    with pytest.raises(WrongUse) as raised:
        migration(file).up_text()
    assert str(file) + says in str(raised.value)


def test_a_file_of_over_32_mb_is_refused_by_size(tmp_path: Path) -> None:
    file = tmp_path / "up.sql"
    with file.open("wb") as opened:
        opened.truncate(LARGEST_FILE_BYTES + 1)
    with pytest.raises(WrongUse, match="holds 32 MB"):
        migration(file).up_text()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "up.sql"
    os.mkfifo(file)
    with pytest.raises(WrongUse, match="is not a regular file"):
        migration(file).up_text()


def test_a_folder_named_as_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_a" / "migration.sql").mkdir(parents=True)
    (tmp_path / "2_b").mkdir()
    (tmp_path / "2_b" / "migration.sql").write_text("SELECT 1;\n")
    first = read_history(tmp_path).migrations[0]
    with pytest.raises(WrongUse, match=r"1_a/migration\.sql  is not a regular file"):
        first.up_text()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter, all the way down; pytest's own are the user's alone."""
    with TemporaryDirectory(dir="/tmp", prefix="pgmason-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_an_unreadable_folder_is_named(open_folder: Path) -> None:
    inner = open_folder / "1_a"
    inner.mkdir()
    (inner / "up.sql").write_text("SELECT 1;\n")
    inner.chmod(0)
    with an_ordinary_user(), pytest.raises(WrongUse, match=r"1_a  cannot be looked into: Permission denied") as told:
        read_history(open_folder)
    assert [step.command for step in told.value.next] == [f"chmod -R u+rX {inner}"]
    open_folder.chmod(0)
    with an_ordinary_user(), pytest.raises(WrongUse, match="cannot be listed: Permission denied"):
        read_history(open_folder)
    open_folder.chmod(0o755)
    inner.chmod(0o755)


def test_an_unreadable_file_is_named(open_folder: Path) -> None:
    file = open_folder / "1_a.up.sql"
    file.write_text("SELECT 1;\n")
    file.chmod(0)
    with an_ordinary_user(), pytest.raises(WrongUse, match=r"1_a\.up\.sql  cannot be read: Permission denied"):
        read_history(open_folder).migrations[0].up_text()


def test_links_inside_the_checkout_are_followed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "up.sql").write_text("SELECT 1;\n")
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "1_linked").symlink_to(shared)
    (folder / "2_own").mkdir()
    (folder / "2_own" / "up.sql").symlink_to(shared / "up.sql")
    history = read_history(folder)
    assert [step.up_text() for step in history.migrations] == ["SELECT 1;\n", "SELECT 1;\n"]


def test_a_link_out_of_the_checkout_shows_nobody_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("SELECT 'secret';\n")
    folder = tmp_path / "checkout" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "checkout" / ".git").mkdir()
    (folder / "1_a.up.sql").symlink_to(tmp_path / "secret")
    with pytest.raises(WrongUse, match=r"1_a\.up\.sql  is a symbolic link to a place outside the repository"):
        read_history(folder).migrations[0].up_text()
    (folder / "1_a.up.sql").unlink()
    (folder / "1_a").symlink_to(tmp_path)
    (tmp_path / "up.sql").write_text("SELECT 1;\n")
    with pytest.raises(WrongUse, match=r"1_a  is a symbolic link to a place outside the repository"):
        read_history(folder)


def test_a_circle_of_links_is_named_where_a_migration_would_be(tmp_path: Path) -> None:
    (tmp_path / "0_own").mkdir()
    (tmp_path / "0_own" / "up.sql").write_text("SELECT 1;\n")
    (tmp_path / "1_round").symlink_to(tmp_path / "2_about")
    (tmp_path / "2_about").symlink_to(tmp_path / "1_round")
    with pytest.raises(WrongUse, match=r"1_round  is a symbolic link that leads nowhere, or in a circle"):
        read_history(tmp_path)


def test_a_folder_linked_among_prisma_s_is_left_out_as_prisma_leaves_it_out(tmp_path: Path) -> None:
    (tmp_path / "1_a").mkdir()
    (tmp_path / "1_a" / "migration.sql").write_text("SELECT 1;\n")
    (tmp_path / "2_self").symlink_to(tmp_path)
    (tmp_path / "3_dead").symlink_to(tmp_path / "nowhere")
    history = read_history(tmp_path)
    assert [step.name for step in history.migrations] == ["1_a"]
    assert "left out, a symbolic link, which Prisma does not follow: 2_self, 3_dead" in history.notes


def test_a_name_cannot_rewrite_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "1_a").mkdir()
    (tmp_path / "1_a" / "migration.sql").write_text("SELECT 1;\n")
    (tmp_path / "2_\x1b[2J\n").mkdir()
    (note,) = [note for note in read_history(tmp_path).notes if "P3015" in note]
    assert "\\x1b[2J\\n" in note
    assert note.isprintable()
