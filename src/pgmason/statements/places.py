"""Where in a SQL text is this? Offsets as lines and columns, bytes as characters.

Left to others: what stands there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

BYTE_ORDER_MARK = "\ufeff"


def places(text: str, offsets: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Line and column, from 1, of sorted offsets."""
    line, seen = 1, 0
    line_start = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    for offset in offsets:
        if newlines := text.count("\n", seen, offset):
            line += newlines
            line_start = text.rfind("\n", seen, offset) + 1
        seen = offset
        yield line, offset - line_start + 1


def end_of_line(text: str, offset: int) -> int:
    """Where the line of `offset` ends: its line feed, or the end of the text."""
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


def in_characters(sql: str, bounds: Sequence[int]) -> list[int]:
    """The same places, given sorted in bytes of UTF-8, in characters."""
    if sql.isascii():
        return list(bounds)
    encoded = sql.encode()
    found: list[int] = []
    seen = characters = 0
    for bound in bounds:
        characters += len(encoded[seen:bound].decode())
        seen = bound
        found.append(characters)
    return found
