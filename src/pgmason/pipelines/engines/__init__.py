"""Who does the work between the source and the staging table? One file an engine.

An engine takes numbered batches from one iterator, has each prepared (`preparing.py`), and sends the rows to the
staging tables over sessions of its own. It commits nothing else: the target, the ledger and the cursor are changed by
the run alone, once, when the engine is through. It holds a bounded number of batches: when PostgreSQL is slow, the
source is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pgmason.pipelines.model import Counts, Extracted, Pipeline, Source
from pgmason.rows.target import Target

__all__ = ["Engine", "Staged", "Work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker is to do: `columns` is the schema of the function's batches, serialised for other processes."""

    pipeline: Pipeline
    url: str = field(repr=False)
    target: Target
    columns: bytes
    run: int
    through_function: bool = True

    @property
    def session_name(self) -> str:
        """How a worker's session is named in pg_stat_activity."""
        return f"pgmason pipeline {self.pipeline.name} run {self.run}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """What an engine did: counts of what was read, written and set aside, and warnings with their counts."""

    counts: Counts
    warnings: tuple[tuple[str, int], ...] = ()


class Engine(Protocol):
    """See the module."""

    @property
    def name(self) -> str:
        """As the ledger tells it: `local, 2 threads`."""
        ...

    @property
    def readers(self) -> int:
        """Into how many parts a source is best cut, where it can be; 1: read it here."""
        ...

    @property
    def straight(self) -> bool:
        """Whether rows that need no staging may go from this process straight into the target."""
        ...

    def stage(self, work: Work, batches: Iterator[tuple[int, Extracted]], report: Callable[[Counts], None]) -> Staged:
        """Prepare and stage every batch; all are staged when it returns. Raises what a worker raised, the first."""
        ...

    def stage_parts(self, work: Work, parts: Sequence[Source], report: Callable[[Counts], None]) -> Staged:
        """The same of the parts of a divided source, each read by a worker."""
        ...

    def close(self) -> None:
        """Let go of what it holds between runs."""
        ...
