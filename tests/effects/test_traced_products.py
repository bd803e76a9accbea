"""Every migration of real products, traced from its own predecessor: the sample of bench/trace_corpus.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bench.trace_corpus import BEFOREHAND, fault_of, traces, units_of

from pgmason.effects.model import Trace
from pgmason.postgres.server import Server

pytestmark = pytest.mark.corpus


@pytest.mark.parametrize(
    ("folder", "major", "files", "statements"),
    [("prisma/umami", 15, 19, 177), ("updown/chirpstack", 18, 31, 138), ("samples/pagila", 18, 1, 222)],
)
def test_each_statement_is_done_and_what_is_known_is_what_is_there(
    folder: str, major: int, files: int, statements: int, corpus: Path, servers: Callable[[int], Server]
) -> None:
    found: list[Trace] = []
    faults = []
    for unit, trace, same in traces(
        servers(major), units_of(corpus, folder), BEFOREHAND.get(folder.split("/")[1], ()), compare_every=5
    ):
        found.append(trace)
        faults.append(fault_of(unit, trace, same))
    assert [fault for fault in faults if fault] == []
    assert len(found) == files
    assert sum(len(trace.effects) for trace in found) == statements
