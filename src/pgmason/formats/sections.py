"""How is a file that holds UP and DOWN taken apart?

Each tool marks the two parts by comment lines of its own; which lines those are is the format's affair. A part keeps
the line numbers of its file: what belongs to the other part becomes empty lines. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from pgmason.formats.migration import Sections

__all__ = ["Mark", "comment", "cut"]


class Mark(Enum):
    """What a line says of the lines after it."""

    UP = "up"
    DOWN = "down"


def cut(text: str, marked: Callable[[str], Mark | None], *, before: Mark | None = None) -> Sections:
    """The two parts of a file. `marked` says what a line opens; `before` whose part the lines above the first mark are.

    Lines end as `str.split("\\n")` sees it, so that the server counts the same lines. DOWN is None where no line opens
    it. The marking lines themselves stay: they are comments, and tools may put options on them.
    """
    lines = text.split("\n")
    own: list[Mark | None] = []
    current = before
    for line in lines:
        current = marked(line) or current
        own.append(current)

    def part(mark: Mark) -> str:
        return "\n".join(line if owner is mark else "" for line, owner in zip(lines, own, strict=True))

    return Sections(up=part(Mark.UP), down=part(Mark.DOWN) if Mark.DOWN in own else None)


def comment(line: str) -> str | None:
    """What a comment line says after its `--`, without blanks around it; None for any other line."""
    return line.removeprefix("--").strip() if line.startswith("--") else None
