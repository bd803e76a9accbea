"""What is judged and the digest that it is kept under are of the same content."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgmason.errors import Unsupported
from pgmason.formats import all_formats, find_format, read_history, read_once


def test_inside_a_file_that_somebody_writes_meanwhile_stays_as_it_was_read(tmp_path: Path) -> None:
    file = tmp_path / "1_first.up.sql"
    file.write_text("SELECT 1;", encoding="utf-8")
    (migration,) = read_history(tmp_path, named="updown").migrations
    with read_once():
        first = migration.up_digest
        file.write_text("SELECT 2;", encoding="utf-8")
        assert migration.up_text() == "SELECT 1;"
        assert migration.up_digest == first
    assert migration.up_text() == "SELECT 2;"
    assert migration.up_digest != first


def test_each_format_is_found_in_the_file_of_its_name(tmp_path: Path) -> None:
    for format in all_formats():
        assert find_format(tmp_path, named=format.name) is format
    for name in ("node_pg_migrate", "writing", "no such", "__init__"):
        with pytest.raises(Unsupported):
            find_format(tmp_path, named=name)
