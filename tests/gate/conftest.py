"""Fixtures of the gate's tests; what they are made of is gate_input.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gate_input import make_history, make_schema

from pgmason.catalog.model import Catalog
from pgmason.config import Product
from pgmason.evidence import Ledger
from pgmason.formats.migration import History


@pytest.fixture
def product(tmp_path: Path) -> Callable[..., Product]:
    def make(**settings: Any) -> Product:
        return Product(**{"name": "shop", "root": tmp_path, "criteria": {}, **settings})

    return make


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(folder=tmp_path / "evidence")


@pytest.fixture
def history(tmp_path: Path) -> Callable[..., History]:
    """A history on disk: for each migration its name, the text of its UP, and that of its DOWN or None."""

    def make(*steps: tuple[str, str, str | None], format: str = "prisma") -> History:
        return make_history(tmp_path / "migrations", *steps, format=format)

    return make


@pytest.fixture
def schema() -> Catalog:
    """Two tables, one of which refers to the other, so that each rule has something to look at."""
    return make_schema()
