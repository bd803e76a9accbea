"""What people wrote in the page stays, to the letter, whatever becomes of the schema."""

from __future__ import annotations

import pytest
from drawn_catalogs import catalog_of, model_input, names, tables
from hypothesis import given, settings
from hypothesis import strategies as st

from pgmason.docs import BrokenMarkers, NotOurs, render_data_model
from pgmason.docs.addresses import key_of
from pgmason.docs.passages import OVERVIEW, read_passages
from pgmason.errors import WrongUse

ORDERS = ("public", "orders")
USERS = ("public", "users")
SHOP = model_input(catalog_of({ORDERS: [USERS], USERS: []}))
EMPTY = model_input(catalog_of({}))

# Anything a person can type, but for a line that is a marker itself.
handwriting = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=80).filter(
    lambda text: "pgmason:keep" not in text
)


def written(key: str, text: str, *, page: str | None = None) -> str:
    """The shop's page with `text` typed into a passage."""
    page = page if page is not None else render_data_model(SHOP, None).text
    begin = f"<!-- pgmason:keep {key} -->\n"
    assert begin in page
    return page.replace(begin, f"{begin}{text}\n")


@settings(deadline=None, max_examples=30)
@given(
    before=tables(most=12),
    after=tables(most=12),
    texts=st.lists(handwriting, min_size=1, max_size=6),
)
def test_passages_survive_any_change_of_the_schema(
    before: dict[tuple[str, str], list[tuple[str, str]]],
    after: dict[tuple[str, str], list[tuple[str, str]]],
    texts: list[str],
) -> None:
    keys = [OVERVIEW, *(key_of(path) for path in before)]
    page = render_data_model(model_input(catalog_of(before)), None).text
    typed = dict(zip(keys, texts, strict=False))
    for key, text in typed.items():
        page = written(key, text, page=page)
    changed = render_data_model(model_input(catalog_of(after)), page)
    kept = read_passages(changed.text, file="page")
    homes = {OVERVIEW, *(key_of(path) for path in after)}
    assert {key: text for key, text in typed.items() if text.strip() or key in homes} == kept
    assert {passage.key for passage in changed.orphaned} == {
        k for k, t in typed.items() if k not in homes and t.strip()
    }
    # ... and they come home when the schema does
    again = read_passages(render_data_model(model_input(catalog_of(before)), changed.text).text, file="page")
    assert {key: text for key, text in typed.items() if text.strip()} == {k: t for k, t in again.items() if t.strip()}


@settings(deadline=None)
@given(name=names)
def test_no_name_breaks_out_of_its_marker(name: str) -> None:
    source = model_input(catalog_of({("public", name): []}))
    page = render_data_model(source, None).text
    page = written(key_of(("public", name)), "by hand", page=page)
    again = render_data_model(source, page)
    assert again.text == page
    assert again.orphaned == ()


@given(one=st.tuples(names, names), other=st.tuples(names, names))
def test_different_tables_have_different_keys(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (one == other) == (key_of(one) == key_of(other))


def test_a_passage_of_a_table_that_is_gone_is_kept_in_a_section_of_its_own() -> None:
    page = render_data_model(EMPTY, written("public.orders", "Ask Ada before touching this."))
    assert [(passage.key, passage.text) for passage in page.orphaned] == [
        ("public.orders", "Ask Ada before touching this.")
    ]
    section = page.text.partition("\n## Passages without their table\n")[2]
    assert "<!-- pgmason:keep public.orders -->\nAsk Ada before touching this.\n<!-- /pgmason:keep -->" in section


def test_an_emptied_passage_of_a_table_that_is_gone_goes_too() -> None:
    page = render_data_model(EMPTY, written("public.orders", "old")).text
    assert "Passages without" not in render_data_model(EMPTY, page.replace("\nold\n", "\n\n")).text


def test_text_outside_of_passages_is_not_kept() -> None:
    page = render_data_model(SHOP, None).text
    assert render_data_model(SHOP, page.replace("## Tables", "## Tables\n\nmine")).text == page


@pytest.mark.parametrize(
    ("old", "new", "line_of", "words"),
    [
        ("<!-- /pgmason:keep -->", "", "<!-- pgmason:keep public.orders -->", "begins a passage inside overview"),
        ("<!-- pgmason:keep overview -->", "", "<!-- /pgmason:keep -->", "not begun"),
        ("keep public.users -->", "keep public.orders -->", "second", "begins public.orders a second time"),
        ("<!-- pgmason:keep overview -->", "<!-- pgmason:keep over view -->", "over view", "cannot be read"),
        ("<!-- pgmason:keep overview -->", "<!-- pgmason:keep -->", "<!-- pgmason:keep -->", "has no name"),
        ("<!-- /pgmason:keep -->", "<!-- /pgmason:keep public.users -->", "keep public.users", "is within overview"),
    ],
    ids=["unclosed", "unopened", "duplicate", "unreadable", "nameless", "another's end"],
)
def test_broken_markers_are_refused_with_their_line(old: str, new: str, line_of: str, words: str) -> None:
    page = render_data_model(SHOP, None).text.replace(old, new, 1)
    with pytest.raises(BrokenMarkers, match=words) as caught:
        render_data_model(SHOP, page)
    lines = [n for n, line in enumerate(page.split("\n"), start=1) if line_of in line]
    if line_of == "second":
        lines = [n for n, line in enumerate(page.split("\n"), start=1) if "keep public.orders" in line][1:]
    assert caught.value.where == f"docs/DATA-MODEL.md:{lines[0]}"
    assert isinstance(caught.value, WrongUse)


def test_a_passage_that_never_ends_is_refused_at_its_beginning() -> None:
    page = render_data_model(SHOP, None).text
    head, _, tail = page.rpartition("<!-- /pgmason:keep -->")
    with pytest.raises(BrokenMarkers, match=r"begins public\.users, and nothing ends it"):
        render_data_model(SHOP, head + tail)


def test_a_file_of_somebody_else_is_refused_with_the_command_that_adopts_it() -> None:
    with pytest.raises(NotOurs) as caught:
        render_data_model(SHOP, "# Our data model\n\nwritten in 2019\n")
    assert caught.value.where == "docs/DATA-MODEL.md"
    assert [step.command for step in caught.value.next] == ["pgmason docs --adopt"]


def test_adopting_keeps_the_whole_text_as_the_passage_of_the_overview() -> None:
    theirs = '# Our data model\n\n<a id="overview"></a>\nwritten in 2019\n\n```\nA -> B\n```\n'
    page = render_data_model(SHOP, theirs, adopt=True).text
    assert read_passages(page, file="page") == {OVERVIEW: theirs.removesuffix("\n")}
    # from then on it is an ordinary page, and adopting it once more changes nothing
    assert render_data_model(SHOP, page).text == page
    assert render_data_model(SHOP, page, adopt=True).text == page


def test_a_file_with_markers_of_its_own_is_not_adopted() -> None:
    with pytest.raises(BrokenMarkers) as caught:
        render_data_model(SHOP, "# Ours\n<!-- pgmason:keep x -->\n", adopt=True)
    assert caught.value.where == "docs/DATA-MODEL.md:2"


def test_a_page_of_a_newer_version_is_left_alone() -> None:
    page = render_data_model(SHOP, None).text.replace("data-model 1 ", "data-model 2 ")
    with pytest.raises(NotOurs, match="newer pgmason"):
        render_data_model(SHOP, page)


def test_a_merge_conflict_around_the_first_line_is_mended_by_writing_the_page_anew() -> None:
    page = render_data_model(SHOP, None).text
    first, _, rest = page.partition("\n")
    other = first.replace(first[-70:-60], "0123456789")
    conflict = f"<<<<<<< HEAD\n{first}\n=======\n{other}\n>>>>>>> other\n{rest}"
    assert render_data_model(SHOP, conflict).text == page


def test_crlf_stays_crlf() -> None:
    page = written("public.orders", "by hand")
    windows = render_data_model(SHOP, page.replace("\n", "\r\n")).text
    assert windows == render_data_model(SHOP, page).text.replace("\n", "\r\n")
