"""Schemas at random: a fixed sample; python -m bench.prisma_schemas holds a thousand."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn_prisma import drawn
from prisma_engine import PrismaEngine
from prisma_judging import same_databases, same_statements, written_anew

from pgmason.postgres.server import Server
from pgmason.sources.prisma.faults import SchemaInvalid

SAMPLE = 25


@pytest.mark.parametrize("seed", range(2000, 2000 + SAMPLE))
def test_a_schema_at_random_means_what_the_engine_makes_of_it(
    seed: int, engine: PrismaEngine, prisma_server: Server, tmp_path: Path
) -> None:
    files = drawn(seed)
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if engine.faults(files):
        with pytest.raises(SchemaInvalid):
            same_statements("", tmp_path)
        return
    script = engine.create(files)
    differs = same_statements(script, tmp_path)
    if differs or seed % 8 == 0:
        differs = same_databases(script, tmp_path, prisma_server)
    assert differs == ""
    if seed % 8 == 0:
        assert written_anew(script, engine, prisma_server) == ""


def test_the_same_seed_draws_the_same_schema() -> None:
    assert [drawn(seed) for seed in range(40)] == [drawn(seed) for seed in range(40)]
    assert len({str(drawn(seed)) for seed in range(40)}) == 40
