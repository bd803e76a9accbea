"""Which text matches this pattern?

A pattern of LIKE, or a regular expression of PostgreSQL's (manual, 9.7.3) as far as it is made of characters, classes,
groups, alternatives and counts: enough for what CHECK constraints are written with. The text is given in pieces with
one slot, if there is room for one, into which digits (or letters in their place) are put so that rows differ.
Whether the text matches is for the server to say; for a pattern that is not understood there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Sample", "sample_of"]

_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = _DIGITS + _LETTERS + _LETTERS.upper() + "_"
_PRINTABLE = "".join(map(chr, range(33, 127))) + " "
_NAMED = {
    "alpha": _LETTERS + _LETTERS.upper(),
    "digit": _DIGITS,
    "alnum": _WORD[:-1],
    "lower": _LETTERS,
    "upper": _LETTERS.upper(),
    "space": " ",
    "xdigit": _DIGITS + "abcdefABCDEF",
    "punct": "-_.!",
}
_ESCAPED = {"d": _DIGITS, "w": _WORD, "s": " ", "D": _LETTERS, "W": "-", "S": _WORD, "n": "\n", "t": "\t"}
_ENDLESS = 1_000
SLOT_LENGTH = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A text that ought to match: `before`, then `length` characters of `alphabet` (0: no slot), then `after`."""

    before: str
    alphabet: str
    length: int
    after: str


def sample_of(kind: str, pattern: str) -> Sample | None:
    """A text for a pattern of kind "like" or "regex"; None where the pattern is not understood."""
    try:
        pieces = _like(pattern) if kind == "like" else _Regex(pattern).pieces()
    except (_NotUnderstood, IndexError, ValueError):  # it ends too early
        return None
    slot = next((i for i, piece in enumerate(pieces) if piece.room >= SLOT_LENGTH), None)
    if slot is None:
        slot = max(range(len(pieces)), key=lambda i: (pieces[i].room, -i), default=None)
    if slot is None or pieces[slot].room < 1:
        return Sample(before="".join(piece.text for piece in pieces), alphabet="", length=0, after="")
    chosen = pieces[slot]
    return Sample(
        before="".join(piece.text for piece in pieces[:slot]),
        alphabet=chosen.alphabet,
        length=min(max(chosen.least, SLOT_LENGTH), chosen.room),
        after="".join(piece.text for piece in pieces[slot + 1 :]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A part of the text: `text` as it is without a slot; `least` to `room` characters of `alphabet` would do, too."""

    text: str
    alphabet: str = ""
    least: int = 0
    room: int = 0


class _NotUnderstood(Exception):
    pass


def _like(pattern: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    position = 0
    while position < len(pattern):
        match pattern[position]:
            case "%":
                pieces.append(_Piece(text="", alphabet=_DIGITS, room=_ENDLESS))
            case "_":
                pieces.append(_Piece(text="a"))
            case "\\":
                position += 1
                pieces.append(_Piece(text=pattern[position]))
            case character:
                pieces.append(_Piece(text=character))
        position += 1
    return pieces


class _Regex:
    """A reader of one regular expression, from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def pieces(self) -> list[_Piece]:
        anchored_left, anchored_right = self.pattern.startswith("^"), self.pattern.endswith("$")
        found = self._alternatives()
        if self.at < len(self.pattern):
            raise _NotUnderstood
        free = _Piece(text="", alphabet=_DIGITS, room=_ENDLESS)
        return [*([] if anchored_left else [free]), *found, *([] if anchored_right else [free])]

    def _peek(self) -> str:
        return self.pattern[self.at] if self.at < len(self.pattern) else ""

    def _alternatives(self) -> list[_Piece]:
        """The first alternative; the others are read and left."""
        first = self._sequence()
        while self._peek() == "|":
            self.at += 1
            self._sequence()
        return first

    def _sequence(self) -> list[_Piece]:
        found: list[_Piece] = []
        while self._peek() not in ("", "|", ")"):
            if self._peek() in "^$":
                self.at += 1
                continue
            atom = self._atom()
            least, most = self._count()
            found += self._repeated(atom, least, most)
        return found

    def _repeated(self, atom: list[_Piece] | str, least: int, most: int) -> list[_Piece]:
        if isinstance(atom, list):
            return atom * max(least, 1) if most else []
        times = max(least, 1) if most else 0
        piece = _Piece(text=atom[0] * times, alphabet=atom, least=least, room=most if len(atom) > 1 else 0)
        return [piece]

    def _count(self) -> tuple[int, int]:
        sign = self._peek()
        least, most = 1, 1
        if sign and sign in "*+?":
            self.at += 1
            least, most = {"*": (0, _ENDLESS), "+": (1, _ENDLESS), "?": (0, 1)}[sign]
        elif sign == "{" and self.pattern[self.at + 1 : self.at + 2].isdigit():
            end = self.pattern.index("}", self.at)
            low, comma, high = self.pattern[self.at + 1 : end].partition(",")
            self.at = end + 1
            least = int(low)
            most = int(high) if high else _ENDLESS if comma else least
        else:
            return 1, 1
        if self._peek() == "?":  # not greedy: the same texts match
            self.at += 1
        return least, most

    def _atom(self) -> list[_Piece] | str:
        """A group's pieces, or the characters of which one stands here, the likeliest first."""
        character = self._peek()
        self.at += 1
        match character:
            case "(":
                if self._peek() == "?":
                    if self.pattern[self.at + 1] != ":":
                        raise _NotUnderstood  # lookahead
                    self.at += 2
                inside = self._alternatives()
                if self._peek() != ")":
                    raise _NotUnderstood
                self.at += 1
                return inside
            case "[":
                return self._class()
            case ".":
                return _WORD
            case "\\":
                escaped = self._peek()
                self.at += 1
                if escaped in _ESCAPED:
                    return _ESCAPED[escaped]
                if escaped.isalnum():
                    raise _NotUnderstood
                return escaped
        return character

    def _class(self) -> str:
        negated = self._peek() == "^"
        self.at += negated
        members = ""
        first = True
        while first or self._peek() != "]":
            first = False
            if self.pattern.startswith("[:", self.at):
                end = self.pattern.index(":]", self.at)
                members += _NAMED.get(self.pattern[self.at + 2 : end], "")
                self.at = end + 2
                continue
            one = self._class_member()
            if len(one) == 1 and self._peek() == "-" and self.pattern[self.at + 1] != "]":
                self.at += 1
                last = self._class_member()
                if len(last) != 1:
                    raise _NotUnderstood
                members += "".join(map(chr, range(ord(one), min(ord(last), ord(one) + 300) + 1)))
            else:
                members += one
        self.at += 1
        if negated:
            members = "".join(c for c in _WORD + _PRINTABLE if c not in members)
        if not members:
            raise _NotUnderstood
        return _likeliest(members)

    def _class_member(self) -> str:
        character = self._peek()
        if not character:
            raise _NotUnderstood
        self.at += 1
        if character == "\\":
            escaped = self._peek()
            self.at += 1
            return _ESCAPED.get(escaped, escaped)
        return character


def _likeliest(members: str) -> str:
    """The same characters without repetition, letters before digits before others."""
    rank = {character: i for i, character in enumerate(_LETTERS + _LETTERS.upper() + _DIGITS)}
    return "".join(sorted(set(members), key=lambda c: (rank.get(c, 100), c)))
