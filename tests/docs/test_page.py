"""The page of a database reads as its schema is, and nothing in the schema can make it read otherwise."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drawn_catalogs import catalog_of, model_input

from pgmason.catalog.model import Unread
from pgmason.docs import check_data_model, read_data_model, render_data_model
from pgmason.docs.markdown import cell, code, fenced, paragraphs, text
from pgmason.errors import WrongUse

HERE = Path(__file__).parent
PAGES = sorted(folder for folder in (HERE / "pages").iterdir())


@pytest.mark.parametrize("folder", PAGES, ids=lambda folder: folder.name)
def test_the_page_of_a_schema_is_the_one_that_was_read_and_approved(folder: Path, fresh_database: Any) -> None:
    """PGMASON_UPDATE_PAGES=1 writes the pages anew; read their difference before it is committed."""
    database = fresh_database()
    database.execute((folder / "schema.sql").read_text(encoding="utf-8"))
    approved = folder / "DATA-MODEL.md"
    page = render_data_model(model_input(database.read_catalog()), read_data_model(approved))
    if os.environ.get("PGMASON_UPDATE_PAGES"):
        approved.write_text(page.text, encoding="utf-8")
    assert page.text == read_data_model(approved)


@pytest.fixture
def torture(fresh_database: Any) -> Any:
    database = fresh_database()
    database.execute((HERE / "torture.sql").read_text(encoding="utf-8"))
    return database.read_catalog()


def test_no_name_or_text_makes_a_marker_an_anchor_or_html(torture: Any) -> None:
    page = render_data_model(model_input(torture), None)
    lines = page.text.split("\n")
    fence = ""
    anchors, markers = [], []
    for line in lines:
        if fence:
            fence = "" if line == fence else fence
            continue
        if line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
        elif line.startswith("<a id="):
            anchors.append(line)
        elif line.startswith("<!-- pgmason:keep"):
            markers.append(line)
        elif line.startswith("|"):
            assert len(_cells(line)) in {2, 3, 4, 6, 8}, line
        else:
            assert not line.startswith("<") or line.startswith(("<!-- pgmason:data-model", "<!-- /pgmason"))
        assert "<script>" not in line.replace("`<script>`", "").replace("`'<script>alert(1)</script>'::text`", "")
    # 30 tables by hand from torture.sql, 2 views, 1 enum; the overview has a passage besides
    assert len(markers) == 30 + 2 + 1 - 1 + 1
    assert len(set(anchors)) == len(anchors)
    assert render_data_model(model_input(torture), page.text).text == page.text
    assert check_data_model(model_input(torture), page.text).current


def _cells(line: str) -> list[str]:
    return line.strip("|").split("|")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain words", "plain words"),
        ("user_id of order_lines", "user_id of order_lines"),
        ("_emphasis_ and __more__", "\\_emphasis\\_ and \\_\\_more\\_\\_"),
        ("a | b", "a &#124; b"),
        ("`code` *bold* ~gone~ [link](x)", "\\`code\\` \\*bold\\* \\~gone\\~ \\[link\\](x)"),
        ("<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;"),
        ("# heading", "\\# heading"),
        ("- item", "\\- item"),
        ("12. item", "12\\. item"),
        ("12) item", "12\\) item"),
        ("=====", "\\====="),
        ("    indented", "indented"),
        ("costs $5 or $6", "costs \\$5 or \\$6"),
        ("C:\\temp", "C:\\\\temp"),
        ("bell\a and \u202eright to left", "bell\\\\x07 and \\\\u202eright to left"),
        ("全角\u3000空白", "全角 空白"),
    ],
)
def test_prose_reads_as_the_text_that_it_was(value: str, written: str) -> None:
    assert text(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("now()", "`now()`"),
        ("a | b", "<code>a &#124; b</code>"),
        ("tick`", "<code>tick&#96;</code>"),
        (" padded", "<code> padded</code>"),
        ("two\nlines", "`two\\nlines`"),
        ("<b>|_x_", "<code>&#60;b&#62;&#124;&#95;x&#95;</code>"),
        ("", ""),
    ],
)
def test_code_reads_as_the_text_that_it_was(value: str, written: str) -> None:
    assert code(value) == written


def test_a_comment_of_several_lines_keeps_them() -> None:
    assert cell("one\r\ntwo\n\nthree") == "one<br>two<br>three"
    assert paragraphs("one\ntwo\n\n\n  three\n") == ["one\\", "two", "", "three"]


def test_a_fence_is_longer_than_any_in_its_text() -> None:
    assert fenced("SELECT '\n````\n'", "sql") == ["`````sql", "SELECT '", "````", "'", "`````"]


def test_what_is_not_read_is_said_at_the_top_and_under_its_table() -> None:
    label = Unread("security label", '"on t" on public.t', ("public", "t"))
    unread = (label, Unread("security label", "mac for role x"))
    catalog = replace(catalog_of({("public", "t"): []}), unread=unread)
    page = render_data_model(model_input(catalog), None).text
    assert "> **This page is incomplete.** It leaves out, by kind: security label (2)." in page
    assert '**Not read**\n\n- security label: `"on t"`' in page
    assert '- security label (2): `"on t" on public.t`, `mac for role x`' in page.partition("\n## Not read\n")[2]


def test_triggers_rules_and_policies_stand_under_their_table(fresh_database: Any) -> None:
    database = fresh_database()
    database.execute(
        """
        CREATE TABLE t (id int PRIMARY KEY, during int4range, note text, EXCLUDE USING gist (during WITH &&));
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER "on t" BEFORE INSERT OR UPDATE OF note ON t FOR EACH ROW EXECUTE FUNCTION f();
        CREATE CONSTRAINT TRIGGER late AFTER DELETE ON t DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION f();
        ALTER TABLE t DISABLE TRIGGER late;
        CREATE RULE kept AS ON DELETE TO t DO INSTEAD NOTHING;
        ALTER TABLE t ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON t FOR SELECT USING (id > 0);
        CREATE POLICY few ON t AS RESTRICTIVE TO CURRENT_USER WITH CHECK (note <> '');
        CREATE TABLE off (id int);
        CREATE POLICY idle ON off USING (true);
        """
    )
    page = render_data_model(model_input(database.read_catalog()), None).text
    part = page.partition("### t\n")[2]
    assert "- Exclusion `t_during_excl`: `EXCLUDE USING gist (during WITH &&)`" in part
    assert (
        "**Triggers**\n\n"
        "- `late`: after delete, each row, at commit, switched off, calls `f`\n"
        "- `on t`: before insert or update of `note`, each row, calls `f`\n"
        "- Rule `kept`: instead of delete\n"
    ) in part
    assert (
        "**Row security**\n\n"
        "- On, for all but its owner\n"
        "- `few`: narrows everything for `pgmason_owner`, writing rows where `(note <> ''::text)`\n"
        "- `own`: allows select for everybody, of rows where `(id > 0)`\n"
    ) in part
    off = page.partition("### off\n")[2].partition("\n### ")[0]
    assert "- Off, so these do nothing:\n- `idle`: allows everything for everybody, of rows where `true`" in off


def test_a_ledger_of_a_migration_runner_needs_no_description(fresh_database: Any) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE schema_migrations (version text PRIMARY KEY)")
    page = render_data_model(model_input(database.read_catalog()), None)
    assert (page.undescribed_tables, page.undescribed_columns) == ((), ())
    assert "_The record that a migration runner keeps for itself._" in page.text


def test_a_table_is_described_by_a_passage_too_and_the_page_stays_current() -> None:
    source = model_input(catalog_of({("public", "orders"): []}))
    page = render_data_model(source, None)
    assert len(page.undescribed_tables) == 1
    assert page.text.count("_No description in the database._") == 1
    marker = "<!-- pgmason:keep public.orders -->\n"
    typed = page.text.replace(marker, f"{marker}What customers ordered.\n")
    assert render_data_model(source, typed).undescribed_tables == ()
    assert check_data_model(source, typed).current


def test_an_empty_database_has_a_page() -> None:
    page = render_data_model(model_input(catalog_of({})), None)
    assert "There are no tables." in page.text
    assert page.diagrams == ()


def test_the_page_has_no_trailing_blanks_and_one_newline_at_its_end() -> None:
    page = render_data_model(model_input(catalog_of({("public", "a"): []})), None).text
    assert not [line for line in page.split("\n") if line != line.rstrip()]
    assert page.endswith("\n")
    assert "\n\n\n" not in page


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "DATA-MODEL.md"
    assert read_data_model(file) is None
    file.write_bytes(b"a\r\nb\n")
    assert read_data_model(file) == "a\r\nb\n"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(WrongUse, match="not UTF-8"):
        read_data_model(file, name="docs/DATA-MODEL.md")
    with pytest.raises(WrongUse, match="cannot be read"):
        read_data_model(tmp_path)
