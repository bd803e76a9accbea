"""Whether a text is JSON that PostgreSQL takes, held against PostgreSQL itself: one by one, and among others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from pgmason.rows import texts

DOCUMENTS = [
    "{}", "[]", "null", "true", "1", "-0", "1.5e3", '"x"', " 1 ", '{"a": {"b": [{}]}}', '{"a": 1, "a": 2}', '"\\/"',
    '"\\u0041"', '"\\ud83d\\ude00"', '"\x7f"', "[1\n,2]", '{\n}', "1e4300", "1" * 5000, '{"e": 12345, "E99999": 1}',
    "", " ", "01", "1.", ".5", "-", "+1", "1e", "--1", "1_0", "NaN", "-Infinity", "nul", "true1", "tru", "'a'",
    "{a: 1}", "{'a': 1}", '{"a": 1,}', "[1,]", "[1 2]", '{"a" 1}', "1 2", "1,2", "[1", "2]", '"a', 'b"', '"a\nb"',
    '"a\tb"', '"\\x"', '"\\u12"', '"\\u0000"', '"\\ud800"', '"\\ude00\\ud83d"', "\ufeff1", "\v1", "\xa01",
    "1e131071", "1e131072", "0.1e131072", "12e131070", "12e131071", "0e999999", "0e99999999999999", "-1e131072",
    "1e-16383", "1e-16384", "1.5e-16382", "1.5e-16383", "0e-16384", "5e-324", "1E+20000", "1e200000", "[[1e200000]]",
    '"1e200000"', "1" * 131_072, "1" * 131_073, "0." + "1" * 16_383, "0." + "1" * 16_384, "1e2147483647",
]  # fmt: skip


@pytest.mark.parametrize("without_msgspec", [False, True])
@pytest.mark.parametrize("kind", ["json", "jsonb"])
def test_what_is_a_document_is_what_postgresql_says_of_each(
    fresh_database: Callable[..., Any], kind: str, without_msgspec: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if without_msgspec:
        monkeypatch.setitem(__import__("sys").modules, "msgspec", None)
    database = fresh_database()
    takes = []
    for document in DOCUMENTS:
        try:
            database.connection.execute(f"SELECT %s::text::{kind}", [document])
            takes.append(True)
        except psycopg.Error:
            takes.append(False)
    assert 20 < sum(takes) < len(takes) - 20
    alone = [texts.invalid_json(pa.array([document]), jsonb=kind == "jsonb") is None for document in DOCUMENTS]
    assert dict(zip(DOCUMENTS, alone, strict=True)) == dict(zip(DOCUMENTS, takes, strict=True))

    among = pa.array([None, *DOCUMENTS, "{}", None])
    mask = texts.invalid_json(among.slice(1), jsonb=kind == "jsonb")
    assert mask is not None
    assert mask.to_pylist() == [not taken for taken in takes] + [False, False]
    good = pa.array([document for document, taken in zip(DOCUMENTS, takes, strict=True) if taken] + [None])
    assert texts.invalid_json(good, jsonb=kind == "jsonb") is None
