"""Has each test a database as new, and has it one at once?

Two threads keep a few databases ready while tests run. What a test gives back is made as new there, by emptying it or
by dropping it and cloning another, whichever is quicker here: both are measured, and where emptying is refused,
whatever the reason, it is another clone. A test waits only where it is over sooner than its database is made. Times are
wall-clock seconds. However the process ends, the databases are the lease's and go with it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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

AT_ONCE = 3  # databases for tests that take one at a time: the one in use, and two for the next
UNDER_WAY = 4  # given back and not yet made as new; who gives back more waits, so that the disk is bounded
_REMEMBERED = 20


@dataclass(slots=True)
class PerTest:
    """Lends databases as new and takes them back. Close it at the end. Safe to use from several threads."""

    lender: Lender
    at_once: int = AT_ONCE
    wait_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=10 * _REMEMBERED))
    clone_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    drop_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    reset_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    clones: int = 0
    resets: int = 0
    refused: int = 0  # resets that were tried and could not be
    _ready: deque[Clone] = field(default_factory=deque)
    _out: int = 0  # lent and not given back
    _coming: int = 0  # being made, or made as new
    _failed: bool = False
    _closed: bool = False
    _fresh: FreshState | None = None
    _looked: bool = False
    _observers: dict[str, Connection[Any]] = field(default_factory=dict)
    _change: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="pgmason"), repr=False
    )
    _of_thread: threading.local = field(default_factory=threading.local, repr=False)
    _connections: list[Connection[Any]] = field(default_factory=list)

    def take(self) -> Clone:
        """A database as new. Raises as `Lender.borrow` does."""
        started = time.perf_counter()
        with self._change:
            self._out += 1
            missing = self.at_once - len(self._ready) - self._out - self._coming + 1
            for _ in range(max(missing, 0 if self._ready or self._coming else 1)):
                self._begin(self._make)
            self._change.wait_for(lambda: self._ready or self._failed)
            clone = self._ready.popleft() if self._ready else None
            self._failed = False
        if clone is None:  # what failed in a thread fails here with its own words, or is mended
            clone = self.lender.borrow()
            self.clones += 1
        self.wait_seconds.append(time.perf_counter() - started)
        return clone

    def give_back(self, clone: Clone) -> None:
        """The test is over."""
        with self._change:
            self._out -= 1
            self._change.wait_for(lambda: self._coming < UNDER_WAY)
            self._begin(lambda: self._renew(clone))

    def close(self) -> None:
        """End the threads, and drop what is still there."""
        self._closed = True
        self._threads.shutdown(wait=True)
        for connection in (*self._observers.values(), *self._connections):
            with suppress(Exception):
                connection.close()
        while self._ready:
            self.lender.give_back(self._ready.popleft())

    def told(self) -> str:
        """What was done, for the end of a test run."""
        parts = [f"{self.clones} clone{'s' if self.clones != 1 else ''}{_each(self.clone_seconds)}"]
        if self.resets:
            parts.append(f"{self.resets} made as new{_each(self.reset_seconds)}")
        if self.refused:
            parts.append(f"{self.refused} could not be made as new")
        if self.wait_seconds:
            parts.append(f"a test waited{_each(self.wait_seconds)}")
        return ", ".join(parts)

    def _begin(self, job: Callable[[], Clone | None]) -> None:
        """Have a thread make a database, or make one as new; `_change` is held."""
        self._coming += 1
        self._threads.submit(self._bring, job)

    def _bring(self, job: Callable[[], Clone | None]) -> None:
        """In a thread: what comes of the job is ready for the next test."""
        made: Clone | None = None
        try:
            made = job()
        finally:
            with self._change:
                self._coming -= 1
                if made is not None:
                    self._ready.append(made)
                self._failed = made is None
                self._change.notify_all()

    def _make(self) -> Clone | None:
        if self._closed:
            return None
        started = time.perf_counter()
        clone = self.lender.borrow(by=self._admin())
        self.clone_seconds.append(time.perf_counter() - started)
        self.clones += 1
        with self._change:
            first, self._looked = not self._looked, True
        if first:  # clones of one template are all alike
            self._fresh = fresh_state(self._observer(clone))
        return clone

    def _renew(self, clone: Clone) -> Clone | None:
        if self._fresh is not None and not self._closed and self._reset_pays():
            started = time.perf_counter()
            if reset(self._observer(clone), self._fresh):
                self.reset_seconds.append(time.perf_counter() - started)
                self.resets += 1
                return clone
            self.refused += 1
        started = time.perf_counter()
        if clone.database in self._observers:
            self._observers.pop(clone.database).close()
        self.lender.give_back(clone, by=self._admin())
        self.drop_seconds.append(time.perf_counter() - started)
        return self._make()

    def _reset_pays(self) -> bool:
        """Whether to try it: not where it is mostly refused, and once it was measured only where it is quicker."""
        if self.refused > 3 + 2 * self.resets:
            return False
        if len(self.reset_seconds) < 2 or not self.clone_seconds:
            return True
        another = median(self.clone_seconds) + (median(self.drop_seconds) if self.drop_seconds else 0.0)
        return median(self.reset_seconds) < another

    def _observer(self, clone: Clone) -> Connection[Any]:
        """A connection into a clone, kept while the clone is there; one thread at a time has a clone in hand."""
        if clone.database not in self._observers:
            self._observers[clone.database] = self.lender.clones.observer(clone)
        return self._observers[clone.database]

    def _admin(self) -> Connection[Any]:
        """This thread's own connection, for databases as a whole."""
        if not hasattr(self._of_thread, "connection"):
            self._of_thread.connection = self.lender.clones.administrator()
            self._connections.append(self._of_thread.connection)
        connection: Connection[Any] = self._of_thread.connection
        return connection


def _each(seconds: deque[float]) -> str:
    return f" (median {median(seconds) * 1000:.0f} ms)" if seconds else ""
