"""A stream of bytes as blocks of whole lines, each of a few MB, however long the stream is.

With a quote character, a line feed inside quotes ends no line: quotes come in pairs, doubled ones too, so a line feed
with an odd number of quotes before it stands inside a value (RFC 4180, 2.6 and 2.7).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["LONGEST_LINE", "LineTooLong", "blocks_of_lines"]

LONGEST_LINE = 64 << 20  # bytes; what is longer is no row but a quote that was never closed


class LineTooLong(ValueError):
    """No end of a line was found in LONGEST_LINE bytes. `before`: bytes of the stream before that line."""

    def __init__(self, before: int) -> None:
        super().__init__("no end of the line")
        self.before = before


def blocks_of_lines(stream: Any, size: int, quote: bytes | None = None) -> Iterator[bytes]:
    """Blocks of about `size` bytes, each ending with a line feed but perhaps the last. Raises LineTooLong."""
    rest = b""
    before = 0
    while True:
        read = stream.read(size)
        block = rest + read
        if not read:
            if block:
                yield block
            return
        end = _end(block, quote)
        if end == 0:
            if len(block) > LONGEST_LINE:
                raise LineTooLong(before)
            rest = block
            continue
        rest = block[end:]
        before += end
        yield block[:end]


def _end(block: bytes, quote: bytes | None) -> int:
    """Where the last whole line of the block ends; 0 where none does."""
    end = block.rfind(b"\n") + 1
    if quote is None or end == 0:
        return end
    quotes = block.count(quote, 0, end)
    while end and quotes % 2:
        earlier = block.rfind(b"\n", 0, end - 1) + 1
        quotes -= block.count(quote, earlier, end)
        end = earlier
    return end
