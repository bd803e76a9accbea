"""How do the words of a schema.prisma hang together?

A parser by hand over the tokens, line by line as the language is: a field, an attribute, a setting each fill one
line. A line that does not fit is told with what was expected there, and the next line is read, so that one run shows
all that is wrong. (Prisma's grammar: psl/schema-ast/src/parser/datamodel.pest of prisma-engines)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn

from pgmason.sources.prisma.faults import Fault
from pgmason.sources.prisma.lexer import Kind, Token, tokens_of
from pgmason.sources.prisma.tree import (
    Argument,
    Arity,
    Array,
    Attribute,
    Block,
    Call,
    Comment,
    ConfigBlock,
    Document,
    EnumBlock,
    EnumValue,
    Expression,
    Field,
    FieldType,
    ModelBlock,
    Name,
    Number,
    Object,
    Setting,
    Text,
)

__all__ = ["parse"]

_MODELS = ("model", "view", "type")
_CONFIGS = ("datasource", "generator")
_DEEPEST = 50  # brackets within brackets; a file of brackets alone must not end the interpreter
_ARITY = {"?": Arity.OPTIONAL, "[]": Arity.LIST}


def parse(text: str, *, file: str) -> tuple[Document, tuple[Fault, ...]]:
    """The tree of a file, and every line that does not fit, in their order. `file` is how messages name it."""
    reader = _Reader(text, file)
    blocks = reader.blocks()
    document = Document(file=file, text=text, blocks=tuple(blocks), comments=tuple(reader.comments))
    return document, tuple(reader.faults)


class _Misfit(Exception):
    """A line that cannot be read on; the fault is noted already."""


class _Reader:
    """The tokens, how far they are read, and what was wrong on the way."""

    __slots__ = ("_comma", "_docs", "_text", "_tokens", "at", "comments", "faults", "file")

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self.at = 0
        self.file = file
        self.faults: list[Fault] = []
        self.comments: list[Comment] = []
        self._comma = False  # whether a function's arguments may end with a comma, where the line is now
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

    def _misfit(self, expected: str, message: str = "") -> NoReturn:
        token = self._peek()
        if token.text.startswith("/*") and token.kind is Kind.COMMENT:
            message = "a comment stands before or behind what a line says, not within it"
        ends = token.kind in (Kind.NEWLINE, Kind.END, Kind.COMMENT)
        found = "the end of the line" if ends else token.text
        self._fault(token, message or f"{expected} is expected here, not {found}")
        raise _Misfit

    def _fault(self, token: Token, message: str) -> None:
        column = token.start - (self._text.rfind("\n", 0, token.start) + 1) + 1
        self.faults.append(Fault(file=self.file, line=token.line, column=column, message=message))

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

    # --- blocks

    def blocks(self) -> list[Block]:
        found: list[Block] = []
        while (token := self._line_start()).kind is not Kind.END:
            if token.kind is Kind.NEWLINE:
                self.at += 1
                if self._tokens[self.at].kind is Kind.NEWLINE:
                    self._docs.clear()  # an empty line parts a comment from what follows
                continue
            try:
                found.append(self._block(token))
            except _Misfit:
                self._skip_line()
                self._docs.clear()
        return found

    def _block(self, first: Token) -> Block:
        keyword = first.text
        if first.kind is not Kind.NAME or keyword not in (*_MODELS, *_CONFIGS, "enum"):
            self._misfit("model, enum, view, type, datasource or generator")
        docs = tuple(self._take_docs())
        self.at += 1
        name = self._identifier(f"the name of the {keyword}", strict=keyword not in _CONFIGS)
        self._expect("{", "{")
        self._skip_line()
        following = self._line_start()
        body = following.start if following.kind is not Kind.END else len(self._text)
        body = self._text.rfind("\n", 0, body) + 1
        place = (first.start, name.start, body)
        self._docs.clear()
        if keyword in _CONFIGS:
            settings: list[Setting] = []
            end = self._lines(keyword, lambda: settings.append(self._setting()))
            return ConfigBlock(
                keyword=keyword, name=name.text, settings=tuple(settings), documentation=docs, file=self.file,
                start=place[0], name_start=place[1], body=place[2], end=end, line=first.line,
            )  # fmt: skip
        attributes: list[Attribute] = []
        if keyword == "enum":
            values: list[EnumValue] = []
            end = self._lines("enum", lambda: self._enum_line(values, attributes))
            return EnumBlock(
                name=name.text, values=tuple(values), attributes=tuple(attributes), documentation=docs, file=self.file,
                start=place[0], name_start=place[1], body=place[2], end=end, line=first.line,
            )  # fmt: skip
        fields: list[Field] = []
        end = self._lines(keyword, lambda: self._model_line(fields, attributes))
        return ModelBlock(
            keyword=keyword, name=name.text, fields=tuple(fields), attributes=tuple(attributes), documentation=docs,
            file=self.file, start=place[0], name_start=place[1], body=place[2], end=end, line=first.line,
        )  # fmt: skip

    def _lines(self, keyword: str, read: Callable[[], None]) -> int:
        """Read the lines of a block up to its brace; the offset behind it."""
        while True:
            token = self._line_start()
            if token.kind is Kind.NEWLINE:
                self.at += 1
                if self._tokens[self.at].kind is Kind.NEWLINE:
                    self._docs.clear()
            elif token.kind is Kind.SIGN and token.text == "}":
                self.at += 1
                return token.end
            elif token.kind is Kind.END:
                self._fault(token, f"}} is expected: the {keyword} has no end")
                return token.end
            else:
                try:
                    read()
                except _Misfit:
                    self._skip_line()
                self._docs.clear()

    def _identifier(self, what: str, *, strict: bool = True) -> Token:
        """A name; that of a datasource, a generator or a setting (`strict` False) may begin with a digit."""
        token = self._peek()
        if token.kind is Kind.NUMBER and token.text.isdigit():  # a name of digits is a name, and mostly a wrong one
            token = token._replace(kind=Kind.NAME)
        if token.kind is not Kind.NAME or "." in token.text:
            self._misfit(what)
        if not strict:
            pass
        elif token.text[0].isdigit():
            self._fault(token, f"{what} must not start with a digit: {token.text}")
        elif "-" in token.text:
            self._fault(token, f"{what} must not hold a hyphen: {token.text}")
        self.at += 1
        return token

    # --- lines

    def _setting(self) -> Setting:
        key = self._identifier("a key", strict=False)
        self._expect("=", "=")
        self._comma = True
        value = self._expression(0)
        self._line_end("the end of the line")
        return Setting(key.text, value, key.start, value.end, key.line)

    def _enum_line(self, values: list[EnumValue], attributes: list[Attribute]) -> None:
        docs = self._take_docs()
        if self._peek().text == "@@":
            attributes.append(self._attribute("@@"))
            self._line_end("the end of the line")
            return
        name = self._identifier("a value of the enum")
        own = self._attributes()
        self._line_end("an attribute or the end of the line")
        end = own[-1].end if own else name.end
        values.append(EnumValue(name.text, own, (*docs, *self._take_docs()), name.start, end, name.line))

    def _model_line(self, fields: list[Field], attributes: list[Attribute]) -> None:
        docs = self._take_docs()
        if self._peek().text == "@@":
            attributes.append(self._attribute("@@"))
            self._line_end("the end of the line")
            return
        name = self._identifier("a field's name, or an attribute with @@,")
        if self._peek().text == ":":
            self._misfit("", "a field has no : between its name and its type")
        type_ = self._type(name)
        own = self._attributes()
        self._line_end("an attribute or the end of the line")
        end = own[-1].end if own else type_.end
        # the `///` at the end of its own line belongs to the field too, as in Prisma
        fields.append(Field(name.text, type_, own, (*docs, *self._take_docs()), name.start, end, name.line))

    def _type(self, name: Token) -> FieldType:
        token = self._peek()
        if token.kind is Kind.SIGN and token.text == "[":
            self._misfit("", "a list is written Type[], not [Type]")
        if token.kind is not Kind.NAME or "." in token.text:
            self._misfit(f"the type of {name.text}")
        self.at += 1
        unsupported = None
        end = token.end
        if token.text == "Unsupported" and self._sign("("):
            inner = self._peek()
            if inner.kind is not Kind.TEXT:
                self._misfit("the database's type in quotes")
            self.at += 1
            unsupported = self._unescaped(inner)
            end = self._expect(")", ")").end
        arity = Arity.REQUIRED
        sign = self._peek()
        if sign.text in _ARITY and sign.kind is Kind.SIGN:
            self.at += 1
            arity, end = _ARITY[sign.text], sign.end
            if arity is Arity.LIST and self._peek().text == "?":
                self._misfit("", "a list cannot be optional: Type[] or Type?")
        elif sign.text == "!":
            self._misfit("", "a field is required without !")
        return FieldType(token.text, arity, unsupported, token.start, end, token.line)

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
            self._fault(name, f"the attribute's name must not hold a hyphen: {name.text}")
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
                    self._misfit("", "no comma stands behind the last argument")
            first = self._peek()
            name = None
            following = self._tokens[self.at + 1]
            named = first.kind is Kind.NAME or (first.kind is Kind.NUMBER and first.text.isdigit())
            if named and "." not in first.text and following.kind is Kind.SIGN and following.text == ":":
                name = first.text
                self.at += 2
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
            self._fault(token, 'an escape that strings do not have; a backslash is written "\\\\"')
            return token.text[1:-1]
