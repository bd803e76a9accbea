"""Small schemas, one idea each, in prisma_cases/: Prisma's own engine says what each means, and the reader agrees.

`accepted/` are valid, `refused/` are not, `refused_by_postgresql/` pass Prisma and fail on the server. A case is a
file, or a folder of files; it is named for what it shows.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from prisma_engine import PrismaEngine, Refused, files_of
from prisma_judging import empty_database

from pgmason.postgres.server import Server

CASES = Path(__file__).parent / "prisma_cases"


def cases(kind: str) -> list[Path]:
    return sorted((CASES / kind).iterdir())


def test_the_language_is_covered_by_more_than_two_hundred_cases() -> None:
    assert len(cases("accepted")) > 150
    assert len(cases("refused")) > 200


@pytest.mark.parametrize("case", cases("accepted"), ids=lambda case: case.stem)
def test_the_engine_takes_what_is_called_accepted(case: Path, engine: PrismaEngine) -> None:
    assert engine.faults(files_of(case)) == []


@pytest.mark.parametrize("case", cases("refused"), ids=lambda case: case.stem)
def test_the_engine_refuses_what_is_called_refused(case: Path, engine: PrismaEngine) -> None:
    assert engine.faults(files_of(case))
    with pytest.raises(Refused):
        engine.create(files_of(case))


@pytest.mark.parametrize("case", cases("refused_by_postgresql"), ids=lambda case: case.stem)
def test_postgresql_refuses_what_the_engine_lets_through(
    case: Path, engine: PrismaEngine, prisma_server: Server
) -> None:
    script = engine.create(files_of(case))
    with empty_database(prisma_server) as database, pytest.raises(psycopg.Error):
        database.apply(script)
