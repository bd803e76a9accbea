"""Every table of real products gets rows: PostgreSQL counts them. Four here; `bench.fill_corpus` has them all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pgmason.postgres.server import Server

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bench.fill_corpus import fill_product  # noqa: E402  # the long proof, of which this is a sample


@pytest.mark.corpus
@pytest.mark.parametrize("folder", ["prisma/umami", "prisma/hoppscotch", "samples/chinook", "samples/pagila"])
def test_every_table_of_a_real_product_holds_rows(server: Server, corpus: Path, folder: str) -> None:
    filled = fill_product(server, corpus, folder, 3)
    assert filled["tables"] > 10
    assert filled["faults"] == []
    assert filled["named"] == []
