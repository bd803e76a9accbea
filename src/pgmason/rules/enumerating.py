"""How are many objects named in one sentence? The first few by name, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["counted", "some"]

_NAMES_SHOWN = 5


def some(names: Sequence[str]) -> str:
    """Up to five names, and how many more there are.

    >>> some(["a", "b"]), some(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    shown = ", ".join(names[:_NAMES_SHOWN])
    return shown + (f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else "")


def counted(count: int, noun: str) -> str:
    """A number with its noun, which takes an s.

    >>> counted(1, "table"), counted(3, "table")
    ('1 table', '3 tables')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
