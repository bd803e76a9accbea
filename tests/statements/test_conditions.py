"""What a condition speaks of, from the expressions that PostgreSQL prints."""

from __future__ import annotations

import pytest

from pgmason.statements import Condition, is_constant, read_condition


@pytest.mark.parametrize(
    ("expression", "columns", "numbers", "strings", "patterns"),
    [
        ("(a > 0)", ("a",), ("0",), (), ()),
        (
            "((state)::text = ANY ((ARRAY['on'::character varying, 'off'::character varying])::text[]))",
            ("state",), (), ("on", "off"), (),
        ),
        ("((VALUE >= 1901) AND (VALUE <= 2155))", ("value",), ("1901", "2155"), (), ()),
        ("((x ~~ '%@%'::text) OR (y ~* '^a'::text))", ("x", "y"), (), (), (("like", "%@%"), ("regex", "^a"))),
        ("(length(b) <= '-5'::integer)", ("b",), (), ("-5",), ()),
        ("(t.c < 1.5)", ("c",), ("1.5",), (), ()),
    ],
)  # fmt: skip
def test_a_condition_is_read(
    expression: str,
    columns: tuple[str, ...],
    numbers: tuple[str, ...],
    strings: tuple[str, ...],
    patterns: tuple[tuple[str, str], ...],
) -> None:
    assert read_condition(expression) == Condition(columns=columns, numbers=numbers, strings=strings, patterns=patterns)


def test_what_the_grammar_refuses_is_no_condition() -> None:
    assert read_condition("(a >") is None


@pytest.mark.parametrize("expression", ["5", "'x'::text", "'{}'::jsonb", "ARRAY[1, 2]", "(-1)", "true", "NULL::text"])
def test_a_constant_is_one(expression: str) -> None:
    assert is_constant(expression)


@pytest.mark.parametrize("expression", ["now()", "CURRENT_DATE", "nextval('s'::regclass)", "a + 1", "(SELECT 1)", "("])
def test_what_may_change_is_no_constant(expression: str) -> None:
    assert not is_constant(expression)
