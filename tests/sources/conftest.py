"""Prisma's own engine, for the tests that it judges."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pgmason.postgres.server import Server

sys.path.insert(0, str(Path(__file__).parents[1] / "prisma_oracle"))

from prisma_engine import EngineMissing, PrismaEngine  # beside the packages it needs


def address(server: Server, database: str) -> str:
    """The database's address for the engine, as the superuser."""
    return f"postgresql://pgmason:{server.state['password']}@127.0.0.1:{server.state['port']}/{database}"


@pytest.fixture(scope="session")
def prisma_server(servers: Callable[[int], Server]) -> Server:
    """The server on which a schema is held against the engine's: 15, or 18 where the machine has no 15."""
    try:
        return servers(15)
    except pytest.skip.Exception:
        return servers(18)


@pytest.fixture(scope="session")
def engine(prisma_server: Server) -> Iterator[PrismaEngine]:
    """The engine, one process for all tests of this worker; skips by name where Node, npm or its packages are not."""
    try:
        with PrismaEngine(address(prisma_server, "postgres")) as running:
            yield running
    except EngineMissing as exc:
        pytest.skip(str(exc))
