"""When does a command say goodbye to the servers that it used?

A lease that wants clones taken ahead has the supervisor start a sweep the moment it ends, which would work beside a
command that still has something to say. Inside `together` such leases end with the command, and one sweep does for all.
Left to others: what a lease is (server.py), what is taken ahead (spares.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

__all__ = ["later", "together"]

Goodbye = Callable[[Iterable[str]], None]

_waiting: dict[object, list[tuple[Goodbye, frozenset[str]]]] | None = None


@contextmanager
def together() -> Iterator[None]:
    """Leases that want clones ahead end when this does; of each server the last one asks for all of them."""
    global _waiting  # for the time of one command
    before, _waiting = _waiting, {}
    try:
        yield
    finally:
        ending, _waiting = _waiting, before
        for leases in ending.values():
            wanted = frozenset(template for _, ahead in leases for template in ahead)
            for number, (goodbye, _) in enumerate(leases, start=1):
                goodbye(wanted if number == len(leases) else ())


def later(server: object, goodbye: Goodbye, ahead: Iterable[str]) -> bool:
    """Say goodbye to that server when the command ends; False where it is to be said now.

    `goodbye` is given the templates of which clones are to be taken, and raises nothing.
    """
    waiting, ahead = _waiting, frozenset(ahead)
    if waiting is None or not ahead:
        return False
    waiting.setdefault(server, []).append((goodbye, ahead))
    return True
