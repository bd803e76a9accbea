"""What the files of a history name is known without parsing them, and known anew where one changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgmason.names import ObjectId
from pgmason.sources import Context, Reading, kind_of, source_kinds
from pgmason.sources import scripts as scripts_module
from pgmason.sources.migrations import read_migrations


class Folder:
    """A folder of numbered files, read again and again; `parsed` are the files that were parsed since the last time."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.parsed: list[str] = []
        real = scripts_module.read_script

        def counted(text: str, *, file: str | None = None) -> object:
            self.parsed.append(str(file))
            return real(text, file=file)

        monkeypatch.setattr(scripts_module, "read_script", counted)

    def write(self, number: int, text: str) -> None:
        (self.root / f"{number}_file.up.sql").write_text(text, encoding="utf-8")

    def read(self) -> Reading:
        self.parsed.clear()
        return read_migrations(self.root, Context(base=self.root, root=self.root))

    def place_of(self, *path: str) -> str:
        return str(self.read().places[ObjectId("table", ("public", *path))])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    made = Folder(tmp_path, monkeypatch)
    for number in range(1, 7):
        made.write(
            number,
            f"CREATE TABLE said_{number} (id integer); GRANT SELECT ON said_{number} TO reader_{number};"
            f" -- of {tmp_path.name} and of no other test, which would find what this one left",
        )
    return made


def test_after_one_new_file_only_that_one_is_parsed(folder: Folder) -> None:
    first = folder.read()
    assert len(folder.parsed) == 6
    assert [note for note in first.notes if "reader_" in note] == [
        f"role reader_{number}: a stand-in without login" for number in range(1, 7)
    ]
    folder.write(7, "CREATE TABLE said_7 (id integer);")
    second = folder.read()
    assert folder.parsed == ["7_file.up.sql"]
    assert second.notes == first.notes, "what stands in is said, though its file was not parsed"
    assert {one: place for one, place in second.places.items() if "said_7" not in one.path} == first.places


def test_an_edited_file_is_parsed_and_points_elsewhere(folder: Folder) -> None:
    folder.read()
    folder.write(6, "\n\nCREATE TABLE said_6 (id integer);")
    assert folder.place_of("said_6") == "6_file.up.sql:3"
    assert folder.parsed == ["6_file.up.sql"]
    folder.write(6, "CREATE TABLE said_6 (id integer, more integer);")
    assert folder.place_of("said_6") == "6_file.up.sql:1"


def test_the_same_text_in_another_file_points_to_that_file(folder: Folder) -> None:
    folder.read()
    (folder.root / "6_file.up.sql").rename(folder.root / "8_file.up.sql")
    assert folder.place_of("said_6") == "8_file.up.sql:1"
    assert folder.parsed == []


def test_what_was_kept_of_other_code_is_not_used(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.read()
    monkeypatch.setattr("pgmason.sources.said.code_mark", lambda: "of another version")
    folder.write(7, "CREATE TABLE said_7 (id integer);")
    folder.read()
    assert len(folder.parsed) == 7


def test_each_kind_of_source_is_found_in_the_file_of_its_name(tmp_path: Path) -> None:
    context = Context(base=tmp_path, root=tmp_path)
    for kind in source_kinds():
        found = kind_of(f"{kind.prefix}:x" if kind.prefix != "empty" else "empty", context)
        assert found is not None
        assert found[0] is kind
    assert kind_of("replay:x", context) is None, "a file of the folder that is no source"
