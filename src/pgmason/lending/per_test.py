"""A database as new for each test: another clone, or the last one made as new, whichever is quicker here?

Both are measured in the first tests, and from then on the quicker one is taken; where the last database cannot be made
as new, whatever the reason, it is a clone. Times are wall-clock seconds.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from pgmason.lending.lender import Lender
from pgmason.lending.resetting import FreshState, fresh_state, reset
from pgmason.postgres.clones import Clone

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["PerTest"]

_REMEMBERED = 20


@dataclass(slots=True)
class PerTest:
    """Lends a database as new, one at a time, and takes it back. Close it at the end."""

    lender: Lender
    clone_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    reset_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    clones: int = 0
    resets: int = 0
    refused: int = 0  # resets that were tried and could not be
    _used: Clone | None = None
    _observer: Connection[Any] | None = None
    _fresh: FreshState | None = None

    def take(self) -> Clone:
        """A database as new. What was given back before may be the very one."""
        used, self._used = self._used, None
        if used is not None:
            if self._observer is not None and self._fresh is not None and self._reset_pays():
                started = time.perf_counter()
                if reset(self._observer, self._fresh):
                    self.reset_seconds.append(time.perf_counter() - started)
                    self.resets += 1
                    return used
                self.refused += 1
            self._drop(used)
        started = time.perf_counter()
        clone = self.lender.borrow()
        self.clone_seconds.append(time.perf_counter() - started)
        self.clones += 1
        if self._may_reset():
            self._observer = self.lender.clones.observer(clone)
            self._fresh = fresh_state(self._observer)
        return clone

    def give_back(self, clone: Clone) -> None:
        """The test is over."""
        self._used = clone

    def close(self) -> None:
        """Drop what is still there."""
        if self._used is not None:
            self._drop(self._used)
            self._used = None

    def told(self) -> str:
        """What was done, for the end of a test run."""
        parts = [f"{self.clones} clone{'s' if self.clones != 1 else ''}{_each(self.clone_seconds)}"]
        if self.resets:
            parts.append(f"{self.resets} made as new{_each(self.reset_seconds)}")
        if self.refused:
            parts.append(f"{self.refused} could not be made as new")
        return ", ".join(parts)

    def _reset_pays(self) -> bool:
        """Whether to try it: until both were measured, and then where it is the quicker one."""
        if len(self.reset_seconds) < 2:
            return True
        return median(self.reset_seconds) < median(self.clone_seconds)

    def _may_reset(self) -> bool:
        """Whether a new clone is worth being looked at: not where resets are slower, or mostly refused."""
        return self._reset_pays() and self.refused <= 3 + 2 * self.resets

    def _drop(self, clone: Clone) -> None:
        if self._observer is not None:
            with suppress(Exception):
                self._observer.close()
            self._observer = self._fresh = None
        started = time.perf_counter()
        self.lender.give_back(clone)
        if self.clone_seconds:  # what a clone costs is its end, too
            self.clone_seconds[-1] += time.perf_counter() - started


def _each(seconds: deque[float]) -> str:
    return f" (median {median(seconds) * 1000:.0f} ms)" if seconds else ""
