"""Which convention do names follow, and which of them stray from it?

Pure text: nothing here knows what the names belong to. A one-word name in lower case is at home in snake_case and
in camelCase, so it takes no side between the two; every other name takes one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

__all__ = ["Census", "Style", "fits", "needs_quotes", "respelled", "style_of", "words"]

# A majority is this share of the names; below so many names that take a side there is none to speak of.
MAJORITY = 0.8
FEW = 5


class Style(StrEnum):
    """How the words of a name are put together."""

    WORD = "one word in lower case"
    SNAKE = "snake_case"
    CAMEL = "camelCase"
    PASCAL = "PascalCase"
    UPPER = "UPPER_CASE"
    OTHER = "no convention"


CONVENTIONS = (Style.SNAKE, Style.CAMEL, Style.PASCAL, Style.UPPER)


@cache
def style_of(name: str) -> Style:
    """The style of one name; leading and trailing underscores take no part.

    >>> [style_of(name).value for name in ("id", "created_at", "createdAt", "OrderLine", "ID", "Order_Line")]
    ['one word in lower case', 'snake_case', 'camelCase', 'PascalCase', 'UPPER_CASE', 'no convention']
    """
    bare = name.strip("_")
    if needs_quotes(name) or not bare:
        return Style.OTHER
    if bare == bare.lower():
        return Style.SNAKE if "_" in bare else Style.WORD
    if bare == bare.upper():
        return Style.UPPER
    if "_" in bare:
        return Style.OTHER
    return Style.PASCAL if bare[0].isupper() else Style.CAMEL


def needs_quotes(name: str) -> bool:
    """Whether a name holds what no unquoted name may, upper case aside.

    Letters beyond ASCII may stand unquoted (PostgreSQL manual, 4.1.1), a digit or $ not at the beginning.
    """
    if name.isascii() and name.isidentifier():  # nearly every name; what follows is true of all
        return False
    if not name or name[0].isdigit() or name[0] == "$":
        return True
    return not all(
        character.isalnum() or character in "_$" or (ord(character) >= 128 and character.isprintable())
        for character in name
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """How many of some names follow each style."""

    counts: Mapping[Style, int]

    @classmethod
    def of(cls, names: Iterable[str]) -> Census:
        """The census of these names."""
        return cls(counts=Counter(style_of(name) for name in names))

    @property
    def total(self) -> int:
        """How many names there are."""
        return sum(self.counts.values())

    @property
    def sided(self) -> int:
        """How many names take a side."""
        return self.total - self.counts.get(Style.WORD, 0)

    @property
    def fitting(self) -> dict[Style, int]:
        """How many names are at home in each of the four conventions."""
        words = self.counts.get(Style.WORD, 0)
        both = (Style.SNAKE, Style.CAMEL)
        return {style: self.counts.get(style, 0) + (words if style in both else 0) for style in CONVENTIONS}

    @property
    def majority(self) -> Style | None:
        """The style that 80 % of the names follow; None where there is none, or too few take a side to tell.

        Between snake_case and camelCase only names of several words decide. A handful is enough where all agree.
        """
        rivals = self.counts.get(Style.SNAKE, 0) + self.counts.get(Style.CAMEL, 0)
        for style, fitting in self.fitting.items():
            own = self.counts.get(style, 0)
            if fitting < MAJORITY * self.total or (style in (Style.SNAKE, Style.CAMEL) and own < MAJORITY * rivals):
                continue
            if self.sided >= FEW or (fitting == self.total and self.sided > 1):
                return style
        return None

    @property
    def mixed(self) -> bool:
        """Whether enough names take a side to say that they do not agree."""
        return self.sided >= FEW and self.majority is None

    def share_of(self, style: Style) -> str:
        """How many of the names that take a side follow a style: `784 of 835`."""
        return f"{self.counts.get(style, 0)} of {self.sided}"

    def __str__(self) -> str:
        shown = sorted(
            ((count, style) for style, count in self.counts.items() if style is not Style.WORD and count), reverse=True
        )
        return ", ".join(f"{count} {style}" for count, style in shown)


def fits(name: str, style: Style) -> bool:
    """Whether a name is at home in a style."""
    own = style_of(name)
    return own is style or (own is Style.WORD and style in (Style.SNAKE, Style.CAMEL))


def respelled(name: str, style: Style) -> str:
    """The name in another style: its words at humps, underscores and everything that needs quotes.

    >>> respelled("createdAt", Style.SNAKE), respelled("HTTPStatus", Style.SNAKE), respelled("Order Line", Style.SNAKE)
    ('created_at', 'http_status', 'order_line')
    >>> respelled("created_at", Style.CAMEL), respelled("order_line", Style.PASCAL)
    ('createdAt', 'OrderLine')
    """
    said = words(name)
    if style is Style.SNAKE:
        return "_".join(said)
    if style is Style.UPPER:
        return "_".join(said).upper()
    first = said[0] if style is Style.CAMEL else said[0].capitalize()
    return first + "".join(word.capitalize() for word in said[1:])


def words(name: str) -> list[str]:
    """The words of a name in lower case; never none."""
    found: list[str] = []
    word = ""
    for i, character in enumerate(name):
        if not (character.isalnum() or (ord(character) >= 128 and character.isprintable())):
            found, word = ([*found, word] if word else found), ""
            continue
        hump = (
            character.isupper()
            and word
            and (not name[i - 1].isupper() or (i + 1 < len(name) and name[i + 1].islower()))
        )
        if hump:
            found.append(word)
            word = ""
        word += character.lower()
    found = [*found, word] if word else found
    return found or ["name"]
