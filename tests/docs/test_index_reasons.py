"""The page says of each index why it is there."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawn_catalogs import model_input

from pgmason.docs import render_data_model

CASES = tomllib.loads((Path(__file__).parent / "index_reasons.toml").read_text(encoding="utf-8"))["case"]
TABLES = """
CREATE TABLE parent (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent, a int, b int, name text, doc jsonb,
                    words tsvector, at timestamptz, FOREIGN KEY (a, b) REFERENCES parent (a, b));
"""


@pytest.mark.parametrize("case", CASES, ids=[case["sql"] for case in CASES])
def test_an_index_is_told_by_what_it_serves(case: dict[str, str], fresh_database: Callable[..., Any]) -> None:
    database = fresh_database()
    database.execute(TABLES)
    database.execute(case["sql"])
    page = render_data_model(model_input(database.read_catalog()), None).text
    (line,) = [line for line in page.split("\n") if line.startswith("| `made` |")]
    assert line.removesuffix(" |").split(" | ")[2] == case["reason"]
