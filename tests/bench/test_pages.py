"""What is generated in docs/ is what would be generated now."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import pages
from pgmason.evidence import write_whole
from pgmason.rules import all_rules

ROOT = Path(__file__).parents[2]


def test_the_pages_of_the_rules_are_current() -> None:
    assert pages.differences(ROOT / "docs" / "rules") == (), "run: make docs"


def test_every_rule_has_a_page_that_shows_both_its_examples_and_is_in_the_list() -> None:
    index = (ROOT / "docs" / "rules" / "README.md").read_text(encoding="utf-8")
    for rule in all_rules():
        page = (ROOT / "docs" / "rules" / f"{rule.name}.md").read_text(encoding="utf-8")
        for part in (rule.title, rule.why, rule.effect, rule.bad.rstrip(), rule.good.rstrip(), rule.cannot_see):
            assert part in page
        assert f"[{rule.name}]({rule.name}.md)" in index


def test_an_edited_a_missing_and_an_orphaned_page_are_told(tmp_path: Path) -> None:
    for name, text in pages.rule_pages().items():
        write_whole(tmp_path / name, text)
    assert pages.differences(tmp_path) == ()
    first, second = sorted(rule.name for rule in all_rules())[:2]
    (tmp_path / f"{first}.md").write_text("by hand", encoding="utf-8")
    (tmp_path / f"{second}.md").unlink()
    (tmp_path / "gone-rule.md").write_text("", encoding="utf-8")
    told = pages.differences(tmp_path)
    assert sorted(told) == sorted(
        [f"{first}.md: is not current", f"{second}.md: is missing", "gone-rule.md: no rule has that name"]
    )


def test_refreshing_writes_what_is_missing_and_takes_away_what_has_no_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["bench.pages"])
    (tmp_path / "gone-rule.md").write_text("", encoding="utf-8")
    assert pages.main() == 0
    assert pages.differences(tmp_path) == ()
    monkeypatch.setattr("sys.argv", ["bench.pages", "--check"])
    assert pages.main() == 0
