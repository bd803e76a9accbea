"""`docs --check` tells whether the page is current, and what it lacks."""

from __future__ import annotations

from drawn_catalogs import Path, catalog_of, model_input, tables
from hypothesis import given, settings

from pgmason.docs import check_data_model, render_data_model
from pgmason.names import ObjectId

ORDERS, USERS, OLD = ("public", "orders"), ("public", "users"), ("billing", "old")
BEFORE = catalog_of({OLD: [], ORDERS: []})
AFTER = catalog_of({ORDERS: [USERS], USERS: []})
PAGE = render_data_model(model_input(BEFORE), None).text


def test_a_page_just_written_is_current() -> None:
    found = check_data_model(model_input(BEFORE), PAGE)
    assert (found.exists, found.current, found.fails) == (True, True, False)
    assert (found.differences, found.diff) == ((), ())


def test_line_endings_make_no_difference() -> None:
    assert check_data_model(model_input(BEFORE), PAGE.replace("\n", "\r\n")).current
    assert check_data_model(model_input(BEFORE), "\ufeff" + PAGE).current


def test_a_missing_page_is_told_as_such() -> None:
    found = check_data_model(model_input(BEFORE), None)
    assert (found.exists, found.current, found.fails) == (False, False, True)
    assert found.differences == ("does not exist",)


def test_a_stale_page_names_what_is_missing_gone_and_changed() -> None:
    found = check_data_model(model_input(AFTER), PAGE)
    assert (found.missing, found.gone, found.changed) == (("table users",), ("table billing.old",), ("table orders",))
    assert found.fails
    assert len(found.diff) == 20
    assert found.differences == (
        "lacks the table users",
        "still has the table billing.old",
        "differs in the table orders",
    )


def test_the_difference_shows_the_lines() -> None:
    edited = PAGE.replace("| `c0` | `bigint` | yes |", "| `c0` | `bigint` | no |", 1)
    found = check_data_model(model_input(BEFORE), edited)
    assert found.changed == ("table billing.old",)
    assert "-| `c0` | `bigint` | no |  |  |  |" in found.diff
    assert "+| `c0` | `bigint` | yes |  |  |  |" in found.diff


def test_a_change_that_no_part_shows_is_a_change_of_the_head() -> None:
    found = check_data_model(model_input(BEFORE), PAGE.replace("# Data model of", "# Data model off", 1))
    assert found.differences == ("differs in the head",)


def test_anchors_within_a_passage_are_text() -> None:
    marker = "<!-- pgmason:keep public.orders -->\n"
    page = PAGE.replace(marker, f'{marker}<a id="table:public.forged"></a>\n')
    assert check_data_model(model_input(BEFORE), page).current
    found = check_data_model(model_input(AFTER), page)
    assert "table public.forged" not in " ".join((*found.gone, *found.missing))


def test_missing_descriptions_fail_only_where_they_are_required() -> None:
    counted = check_data_model(model_input(BEFORE), PAGE)
    assert counted.undescribed == {"table": 2, "column": 4}
    required = check_data_model(model_input(BEFORE), PAGE, descriptions_required=True)
    assert required.current
    assert required.fails


def test_described_tables_and_columns_satisfy_the_requirement() -> None:
    comments = {identity: "said" for identity in BEFORE.objects if identity.kind in {"table", "column"}}
    source = model_input(catalog_of({OLD: [], ORDERS: []}, comments=comments))
    page = render_data_model(source, None).text
    found = check_data_model(source, page, descriptions_required=True)
    assert not found.fails
    blank = model_input(catalog_of({ORDERS: []}, comments={ObjectId("table", ORDERS): " \n"}))
    assert render_data_model(blank, None).undescribed_tables == (ObjectId("table", ORDERS),)


@settings(deadline=None, max_examples=20)
@given(before=tables(most=25), after=tables(most=25))
def test_a_page_is_current_exactly_when_the_schema_is_the_same(
    before: dict[Path, list[Path]], after: dict[Path, list[Path]]
) -> None:
    page = render_data_model(model_input(catalog_of(before)), None).text
    found = check_data_model(model_input(catalog_of(after)), page)
    assert found.current == (catalog_of(before) == catalog_of(after))
    assert found.current == (found.differences == ())
    gone = {f"table {'.'.join(path).removeprefix('public.')}" for path in set(before) - set(after)}
    assert gone <= set(found.gone)
