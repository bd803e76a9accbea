"""Expressions as PostgreSQL prints them: what they say is what was put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pgmason.statements.expressions import (
    Call,
    Constant,
    Constants,
    array_items,
    index_keys,
    read_expression,
    without_schema,
)

ARRAYS = ([], ["a"], ["a b", 'c"d', "e\\f", "", "NULL", "null", "{}", "x,y", " z "], ["é", "\n", "'"], ["1", "-2"])


@pytest.mark.parametrize("items", ARRAYS, ids=str)
def test_an_array_s_text_has_the_items_that_the_server_put_in(
    items: list[str], fresh_database: Callable[..., Any]
) -> None:
    database = fresh_database()
    [(text,)] = database.execute("SELECT (%s::text[])::text", items)
    assert array_items(text) == tuple(Constant(item) for item in items)


def test_what_is_no_list_of_one_dimension_is_not_read_as_one() -> None:
    assert array_items("{a,NULL}") == (Constant("a"), Constant(None))
    assert array_items("{{1,2},{3,4}}") is None
    assert array_items("[0:1]={1,2}") is None


def test_defaults_are_read_as_the_server_prints_them(fresh_database: Callable[..., Any]) -> None:
    wanted: dict[str, tuple[str, object]] = {
        "a": ("integer DEFAULT -7", Constant("-7")),
        "b": ("text DEFAULT 'it''s'", Constant("it's")),
        "c": ("boolean DEFAULT true", Constant("true")),
        "d": ("numeric(5,2) DEFAULT 1.50", Constant("1.50", number=True)),
        "e": ("timestamptz DEFAULT now()", Call("now", 0)),
        "f": ("timestamptz DEFAULT CURRENT_TIMESTAMP", Call("CURRENT_TIMESTAMP", 0)),
        "g": ("timestamptz DEFAULT CURRENT_TIMESTAMP(3)", None),
        "h": ("text[] DEFAULT ARRAY['a', 'b']", Constants((Constant("a"), Constant("b")))),
        "i": ("text[] DEFAULT '{}'", Constant("{}")),
        "j": ("integer DEFAULT 1 + 1", None),
        "k": ("text DEFAULT NULL::text", Constant(None)),
        "l": ("serial", Call("nextval", 1, "public.t_l_seq")),
    }
    database = fresh_database()
    columns = ", ".join(f"{name} {text}" for name, (text, _) in wanted.items())
    database.execute(f"CREATE TABLE public.t ({columns})")
    found = {one.own_name: column.default for one, column in _columns(database)}
    assert {name: read_expression(text) for name, text in found.items() if text} == {
        name: value for name, (_, value) in wanted.items() if found[name]
    }
    assert found["k"] is None or read_expression(found["k"]) == Constant(None)


def _columns(database: Any) -> Any:
    catalog = database.read_catalog()
    [(table, _)] = catalog.tables
    return catalog.columns(table)


def test_the_keys_of_an_index_are_told_beyond_their_defaults() -> None:
    definition = (
        "CREATE UNIQUE INDEX x ON public.t USING btree (a DESC, b DESC NULLS LAST, lower(c) text_pattern_ops,"
        " d COLLATE \"C\", e public.own_ops (siglen='32'))"
    )
    a, b, c, d, e = index_keys(definition)
    assert (a.column, a.descending, a.nulls) == ("a", True, "")
    assert (b.descending, b.nulls) == (True, "last")
    assert (c.column, c.operator_class) == (None, ("", "text_pattern_ops"))
    assert (d.collated, a.collated) == (True, False)
    assert (e.operator_class, e.parameters) == (("public", "own_ops"), True)


def test_a_schema_is_left_out_before_names_and_nowhere_else() -> None:
    text = "public.f('public.x') || public.\"public\".y || a.public.b"
    assert without_schema(text, "public") == "f('public.x') || \"public\".y || a.public.b"
    assert without_schema('"Two Words".f()', "Two Words") == "f()"
    assert without_schema("f()", "public") == "f()"
