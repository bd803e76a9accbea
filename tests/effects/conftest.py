"""A database under watch, and files traced on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from pgmason.effects.model import Effect, Trace
from pgmason.effects.witness import TRACE_SECONDS, Witness, watching
from pgmason.postgres.scratch import scratch_database
from pgmason.postgres.server import Server
from pgmason.sources.units import Frame, Unit
from pgmason.statements import read_script


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An empty database of the test's own under watch."""

    witness: Witness

    def run(self, sql: str) -> None:
        """SQL that is not traced, as the confined role; what was known is read anew afterwards."""
        with self.witness.scratch.session() as session:
            session.execute(sql)
        self.witness.known = {}

    def trace(self, sql: str, frame: Frame = Frame.STATEMENTS, *, seconds: float = TRACE_SECONDS) -> Trace:
        unit = Unit(name="file", file="file.sql", text=sql, frame=frame)
        return self.witness.trace(unit, read_script(sql), seconds=seconds)

    def effect(self, sql: str) -> Effect:
        """The effect of one statement."""
        (effect,) = self.trace(sql).effects
        return effect

    def tables(self) -> set[str]:
        rows = self.witness.observer.execute(
            "SELECT relname FROM pg_catalog.pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::pg_catalog.regnamespace"
        )
        return {name for (name,) in rows}


@pytest.fixture
def watched(server: Server) -> Iterator[Watched]:
    """The test runs once on each major."""
    with ExitStack() as stack:
        scratch = stack.enter_context(scratch_database(server))
        yield Watched(witness=stack.enter_context(watching(scratch)))


@pytest.fixture
def watched_on(servers: Callable[[int], Server]) -> Iterator[Callable[[int], Watched]]:
    with ExitStack() as stack:

        def on(major: int) -> Watched:
            scratch = stack.enter_context(scratch_database(servers(major)))
            return Watched(witness=stack.enter_context(watching(scratch)))

        yield on
