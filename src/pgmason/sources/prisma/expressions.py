"""What do the attributes and values of one line say?

The reader's lower half: reaching for tokens, telling what does not fit, and all that stands in brackets. `parser.py`
reads blocks and lines with it. Words of Prisma's own messages stand beside each fault, so that it can be found.
"""

from __future__ import annotations

import json
from typing import NoReturn

from pgmason.sources.prisma.faults import Fault
from pgmason.sources.prisma.lexer import Kind, Token, tokens_of
from pgmason.sources.prisma.tree import (
    Argument,
    Array,
    Attribute,
    Call,
    Comment,
    Expression,
    Name,
    Number,
    Object,
    Text,
)

__all__ = ["LineReader", "Misfit"]

_DEEPEST = 50  # brackets within brackets; a file of brackets alone must not end the interpreter
# How Prisma begins its message for a line that it cannot read, by the kind of block that it stands in.
_OF_LINES = {
    "": "is invalid. It does not start with any known Prisma schema keyword",
    "enum": "This line is not an enum value definition",
    "datasource": "This line is not a valid definition within a datasource",
    "generator": "This line is not a valid definition within a generator",
}
_NO_HYPHEN = "The character `-` is not allowed in"
_OF_FIELDS = "This line is not a valid field or attribute definition"


class Misfit(Exception):
    """A line that cannot be read on; the fault is noted already."""


class LineReader:
    """The tokens, how far they are read, and what was wrong on the way."""

    __slots__ = ("_comma", "_docs", "_text", "_tokens", "_within", "at", "comments", "faults", "file")

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self.at = 0
        self.file = file
        self.faults: list[Fault] = []
        self.comments: list[Comment] = []
        self._comma = False  # whether a function's arguments may end with a comma, where the line is now
        self._within = ""  # the keyword of the block that is being read
        self._docs: list[str] = []  # the `///` lines right above

    # --- reaching for tokens

    def _peek(self) -> Token:
        """The next token. Within a line no comment stands, as Prisma has it: it is a token that nothing expects."""
        return self._tokens[self.at]

    def _line_start(self) -> Token:
        """The first token of what a line says, behind any comments."""
        while self._tokens[self.at].kind is Kind.COMMENT:
            self._keep(self._tokens[self.at])
            self.at += 1
        return self._tokens[self.at]

    def _keep(self, token: Token) -> None:
        documents = token.text.startswith("///")
        self.comments.append(Comment(token.text, documents, token.start, token.end, token.line))
        if documents:
            self._docs.append(token.text[3:].removeprefix(" ").rstrip())

    def _sign(self, sign: str) -> Token | None:
        token = self._peek()
        if token.kind is Kind.SIGN and token.text == sign:
            self.at += 1
            return token
        return None

    def _expect(self, sign: str, what: str) -> Token:
        return self._sign(sign) or self._misfit(what)

    def _misfit(self, expected: str, message: str = "", prisma: str = "") -> NoReturn:
        token = self._peek()
        if token.text.startswith("/*") and token.kind is Kind.COMMENT:
            message = "a comment stands before or behind what a line says, not within it"
        ends = token.kind in (Kind.NEWLINE, Kind.END, Kind.COMMENT)
        found = "the end of the line" if ends else token.text
        self._fault(token, message or f"{expected} is expected here, not {found}", prisma)
        raise Misfit

    def _fault(self, token: Token, message: str, prisma: str = "") -> None:
        """Note a fault; `prisma` is left out where Prisma only says that the line cannot be read."""
        prisma = prisma or _OF_LINES.get(self._within, _OF_FIELDS)
        column = token.start - (self._text.rfind("\n", 0, token.start) + 1) + 1
        self.faults.append(Fault(file=self.file, line=token.line, column=column, message=message, prisma=prisma))

    def _line_end(self, what: str) -> None:
        """Pass over the rest of the line, which must hold nothing but one comment."""
        if self._peek().kind is Kind.COMMENT:
            self._keep(self._peek())
            self.at += 1
        token = self._peek()
        if token.kind is Kind.NEWLINE:
            self.at += 1
        elif token.kind is not Kind.END:
            self._misfit(what)

    def _skip_line(self) -> None:
        while self._line_start().kind not in (Kind.NEWLINE, Kind.END):
            self.at += 1
        if self._peek().kind is Kind.NEWLINE:
            self.at += 1

    def _take_docs(self) -> list[str]:
        docs, self._docs = self._docs, []
        return docs

    # --- attributes and expressions

    def _attributes(self) -> tuple[Attribute, ...]:
        found = []
        while self._peek().text == "@":
            found.append(self._attribute("@"))
        return tuple(found)

    def _attribute(self, sign: str) -> Attribute:
        first = self._expect(sign, sign)
        name = self._peek()
        if name.kind is not Kind.NAME:
            self._misfit("the attribute's name")
        if "-" in name.text:
            self._fault(name, f"an attribute's name holds no hyphen: {name.text}", _NO_HYPHEN)
        self.at += 1
        arguments: tuple[Argument, ...] = ()
        end = name.end
        if self._peek().text == "(":
            self._comma = "." not in name.text and name.text != "default"
            arguments, end = self._arguments(0, comma="." in name.text)
        return Attribute(name.text, arguments, first.start, end, first.line)

    def _arguments(self, depth: int, *, comma: bool) -> tuple[tuple[Argument, ...], int]:
        """What stands in round brackets, and the offset behind them; `comma`: one may stand behind the last."""
        self._expect("(", "(")
        found: list[Argument] = []
        while True:
            if close := self._sign(")"):
                return tuple(found), close.end
            if found or (comma and self._peek().text == ","):
                self._expect(",", ", or )")
                if self._peek().text == ")":
                    if comma:
                        continue
                    why = "no comma stands behind the last argument"
                    self._misfit("", why, "Trailing commas are not valid in attribute arguments")
            first = self._peek()
            name = None
            following = self._tokens[self.at + 1]
            named = first.kind is Kind.NAME or (first.kind is Kind.NUMBER and first.text.isdigit())
            if named and "." not in first.text and following.kind is Kind.SIGN and following.text == ":":
                name = first.text
                self.at += 2
                if self._peek().text in (",", ")"):
                    self._misfit("a value", prisma=f"The `{name}` argument is missing a value")
            value = self._expression(depth)
            found.append(Argument(name, value, first.start, value.end, first.line))

    def _expression(self, depth: int) -> Expression:
        token = self._peek()
        if depth > _DEEPEST:
            self._misfit("", "brackets within brackets, deeper than any schema needs")
        match token.kind:
            case Kind.TEXT:
                self.at += 1
                return Text(self._unescaped(token), token.start, token.end, token.line)
            case Kind.NUMBER:
                self.at += 1
                return Number(token.text, token.start, token.end, token.line)
            case Kind.NAME if not token.text[0].isdigit():
                self.at += 1
                if self._peek().text == "(" and self._peek().kind is Kind.SIGN:
                    arguments, end = self._arguments(depth + 1, comma=self._comma)
                    return Call(token.text, arguments, token.start, end, token.line)
                return Name(token.text, token.start, token.end, token.line)
            case Kind.SIGN if token.text == "[]":
                self.at += 1
                return Array((), token.start, token.end, token.line)
            case Kind.SIGN if token.text == "[":
                return self._array(depth)
            case Kind.SIGN if token.text == "{":
                return self._object(depth)
        return self._misfit("a value")

    def _array(self, depth: int) -> Array:
        first = self._expect("[", "[")
        items: list[Expression] = []
        while True:
            if close := self._sign("]"):
                return Array(tuple(items), first.start, close.end, first.line)
            if items:
                self._expect(",", ", or ]")
            items.append(self._expression(depth + 1))

    def _object(self, depth: int) -> Object:
        first = self._expect("{", "{")
        members: list[tuple[str, Expression]] = []
        while True:
            if close := self._sign("}"):
                return Object(tuple(members), first.start, close.end, first.line)
            if members:
                self._expect(",", ", or }")
            key = self._peek()
            if key.kind is not Kind.NAME:
                self._misfit("a field's name")
            self.at += 1
            self._expect(":", ":")
            members.append((key.text, self._expression(depth + 1)))

    def _unescaped(self, token: Token) -> str:
        if "\\" not in token.text:
            return token.text[1:-1]
        try:
            text = str(json.loads(token.text))
            text.encode()  # half of a pair of surrogates is no character
            return text
        except ValueError:
            why = 'an escape that strings do not have; a backslash is written "\\\\"'
            half = "\\u" in token.text.replace("\\\\", "")
            self._fault(token, why, "Invalid unicode escape sequence" if half else "Unknown escape sequence")
            return token.text[1:-1]
