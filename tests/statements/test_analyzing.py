"""Which statements count statistics anew."""

from __future__ import annotations

import pytest

from pgmason.statements import analyzes, read_script


@pytest.mark.parametrize(
    ("sql", "does"),
    [
        ("ANALYZE", True),
        ("ANALYZE VERBOSE orders (note)", True),
        ("VACUUM ANALYZE orders", True),
        ("VACUUM (FULL, ANALYZE) orders", True),
        ("VACUUM (ANALYZE true) orders", True),
        ("VACUUM (ANALYZE off) orders", False),
        ("VACUUM (ANALYZE 0) orders", False),
        ("VACUUM orders", False),
        ("EXPLAIN ANALYZE SELECT 1", False),
    ],
)
def test_analyze_is_told_from_vacuum_without_it(sql: str, does: bool) -> None:
    (statement,) = read_script(f"{sql};").statements
    assert analyzes(statement) is does
