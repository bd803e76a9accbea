"""How does something go on while this thread waits for something else?

A thread of its own, whose answer or failure is given when it is asked for. What two threads may share is for who
starts it to know.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

__all__ = ["Beside"]

T = TypeVar("T")


class Beside(Generic[T]):
    """A function under way. It does not keep the process alive: who is interrupted leaves at once."""

    def __init__(self, do: Callable[[], T]) -> None:
        self._do = do
        self._answer: list[T] = []
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answer.append(self._do())
        except BaseException as failure:
            self._failure = failure  # raised where the answer is asked for

    def wait(self) -> None:
        """Until it has ended, however it did."""
        self._thread.join()

    def answer(self) -> T:
        """What it gave, once it has ended. Raises what it raised."""
        self.wait()
        if self._failure is not None:
            raise self._failure
        return self._answer[0]
