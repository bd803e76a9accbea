"""Which words and signs is a schema.prisma made of?

One pass with one pattern over the text. Spaces go; line ends stay, because the language is one of lines. What is no
word of the language is a token of kind BAD, for the parser to tell. Identifiers and paths are Prisma's: letters of
any alphabet, and `-` is let through here so that it can be refused by name.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

__all__ = ["Kind", "Token", "tokens_of"]


class Kind(IntEnum):
    """What a token is."""

    NAME = 1  # identifier, or several joined by dots
    NUMBER = 2
    TEXT = 3  # a string literal with its quotes
    SIGN = 4
    COMMENT = 5
    NEWLINE = 6
    BAD = 7
    END = 8


class Token(NamedTuple):
    """A token: its text and where it stands; `line` counts from 1."""

    kind: Kind
    text: str
    start: int
    end: int
    line: int


# Groups in the order of Kind. Strings end on their line, as JSON's do (RFC 8259, 7).
_PATTERN = re.compile(
    r"""[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*(?:
    (-?[0-9]+(?:\.[0-9]+)?(?![A-Za-z0-9_-]))
  | ([^\W_][\w-]*(?:\.[^\W_][\w-]*)*)
  | ("(?:\\.|[^"\\\x00-\x1f])*")
  | (@@|@|\[\]|[{}()\[\],:=?!.])
  | (//[^\r\n]*|/\*.*?\*/)
  | (\r\n|\n|\r)
  | (.)
  )?""",
    re.VERBOSE | re.DOTALL,
)
# The first only fills the place of group 0.
_KINDS = (Kind.END, Kind.NUMBER, Kind.NAME, Kind.TEXT, Kind.SIGN, Kind.COMMENT, Kind.NEWLINE, Kind.BAD)


def tokens_of(text: str) -> list[Token]:
    """Every token, and one of kind END behind them. A byte order mark is bad anywhere, as it is to Prisma."""
    found: list[Token] = []
    line = 1
    newline, comment = Kind.NEWLINE, Kind.COMMENT
    make = tuple.__new__  # a third of the time of Token(...), and tokens are half of the work
    for match in _PATTERN.finditer(text):
        group = match.lastindex
        if group is None:
            continue
        kind = _KINDS[group]
        word = match[group]
        start, end = match.span(group)
        found.append(make(Token, (kind, word, start, end, line)))
        if kind is newline:
            line += 1
        elif kind is comment and word.startswith("/*"):
            line += word.count("\n")
    found.append(Token(Kind.END, "", len(text), len(text), line))
    return found
