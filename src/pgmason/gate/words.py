"""How are counts, lists and other people's names told, so that they fit a terminal and cannot rewrite it?"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from pgmason.names import printable

__all__ = ["clipped", "counted", "display_width", "listed", "one_line", "without_comments"]


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun; the plural is the noun with s, or es after x, unless told.

    >>> counted(1, "table"), counted(2, "index"), counted(1200, "criterion", "criteria")
    ('1 table', '2 indexes', '1,200 criteria')
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {plural or noun + ('es' if noun.endswith('x') else 's')}"


def listed(names: Sequence[str], width: int) -> str:
    """As many of the names as fit into `width` columns, and how many there are besides.

    >>> listed(["naming", "timestamps", "documented"], 22)
    'naming and 2 more'
    """
    for shown in range(len(names), 0, -1):
        told = ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if shown < len(names) else "")
        if display_width(told) <= width:
            return told
    return f"{len(names):,} of them"


def one_line(text: str) -> str:
    """`text` on one line, with nothing in it that could rewrite a terminal."""
    return printable(" ".join(text.split()))


def without_comments(sql: str) -> str:
    """A fix on one line, without its comment lines; all of it where it is nothing but comments."""
    return one_line(" ".join(line for line in sql.splitlines() if not line.lstrip().startswith("--")) or sql)


def display_width(text: str) -> int:
    """The columns that a terminal gives `text`: two for a wide character, none for a combining one."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text
    )


def clipped(line: str, width: int) -> str:
    """`line` cut to `width` columns, with three dots where something is cut off; nothing trails."""
    if display_width(line) <= width:
        return line.rstrip()
    kept: list[str] = []
    room = width - 3
    for character in line:
        room -= display_width(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "..."
