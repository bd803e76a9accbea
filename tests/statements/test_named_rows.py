"""Which columns an UPDATE or DELETE gives values for, so that a key of them names its rows."""

from __future__ import annotations

import pytest

from pgmason.statements import columns_given, read_script


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("DELETE FROM t WHERE id = 5", {"id"}),
        ("DELETE FROM ONLY s.t WHERE t.id IN (1, 2)", {"id"}),
        ("UPDATE t SET a = 1 WHERE id = '5'::bigint AND kind = 'x' AND b > 3", {"id", "kind"}),
        ("UPDATE t SET a = 1 WHERE (id = 1 AND (kind = 'x'))", {"id", "kind"}),
        ("UPDATE t SET a = 1", set()),
        ("UPDATE t SET a = 1 WHERE id = 1 OR id = 2", set()),
        ("UPDATE t SET a = 1 WHERE NOT id = 1", set()),
        ("UPDATE t SET a = 1 WHERE id <> 1", set()),
        ("UPDATE t SET a = 1 WHERE id = b", set()),
        ("UPDATE t SET a = 1 WHERE id::text = '1'", set()),
        ("UPDATE t SET a = 1 WHERE id IN (1, b)", set()),
        ("UPDATE t SET a = 1 FROM u WHERE t.id = 1", set()),
        ("DELETE FROM t USING u WHERE t.id = 1", set()),
        ("DELETE FROM t WHERE id = 1 AND kind IN (SELECT kind FROM u)", set()),
        ("WITH u AS (SELECT 1) DELETE FROM t WHERE id = 1", set()),
        ("SELECT * FROM t WHERE id = 1", set()),
        ("CREATE INDEX ON t (id)", set()),
    ],
)
def test_columns_that_are_given_a_value(sql: str, columns: set[str]) -> None:
    (statement,) = read_script(sql).statements
    assert columns_given(statement) == columns
