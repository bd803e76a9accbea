"""How do the words of a schema.prisma hang together?

A parser by hand over the tokens, line by line as the language is: a field, an attribute, a setting each fill one
line. A line that does not fit is told with what was expected there, and the next line is read, so that one run shows
all that is wrong. (Prisma's grammar: psl/schema-ast/src/parser/datamodel.pest of prisma-engines)
"""

from __future__ import annotations

from collections.abc import Callable

from pgmason.sources.prisma.expressions import LineReader, Misfit
from pgmason.sources.prisma.faults import Fault
from pgmason.sources.prisma.lexer import Kind, Token
from pgmason.sources.prisma.tree import (
    Arity,
    Attribute,
    Block,
    ConfigBlock,
    Document,
    EnumBlock,
    EnumValue,
    Field,
    FieldType,
    ModelBlock,
    Setting,
)

__all__ = ["parse"]

_MODELS = ("model", "view", "type")
_CONFIGS = ("datasource", "generator")
_ARITY = {"?": Arity.OPTIONAL, "[]": Arity.LIST}


def parse(text: str, *, file: str) -> tuple[Document, tuple[Fault, ...]]:
    """The tree of a file, and every line that does not fit, in their order. `file` is how messages name it."""
    reader = _Reader(text, file)
    blocks = reader.blocks()
    document = Document(file=file, text=text, blocks=tuple(blocks), comments=tuple(reader.comments))
    return document, tuple(reader.faults)


class _Reader(LineReader):
    """Blocks, and the lines within them."""

    __slots__ = ()

    def blocks(self) -> list[Block]:
        found: list[Block] = []
        while (token := self._line_start()).kind is not Kind.END:
            if token.kind is Kind.NEWLINE:
                self.at += 1
                if self._tokens[self.at].kind is Kind.NEWLINE:
                    self._docs.clear()  # an empty line parts a comment from what follows
                continue
            self._within = ""
            try:
                found.append(self._block(token))
            except Misfit:
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
        self._within = keyword
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
                self._fault(token, f"}} is expected: the {keyword} has no end", "This line is invalid")
                return token.end
            else:
                try:
                    read()
                except Misfit:
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
            self._fault(token, f"{what} starts with no digit: {token.text}", "must not start with a number")
        elif "-" in token.text:
            self._fault(token, f"{what} holds no hyphen: {token.text}", "The character `-` is not allowed in")
        self.at += 1
        return token

    # --- lines

    def _setting(self) -> Setting:
        key = self._identifier("a key", strict=False)
        self._expect("=", "=")
        self._comma = True
        if self._peek().kind in (Kind.NEWLINE, Kind.END):
            self._misfit("a value", prisma="needs to be assigned a value")
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
        name = self._identifier("a field's name")
        if self._peek().text == ":":
            why = "a field has no : between its name and its type"
            self._misfit("", why, "Field declarations don't require a `:`")
        type_ = self._type(name)
        own = self._attributes()
        self._line_end("an attribute or the end of the line")
        end = own[-1].end if own else type_.end
        # the `///` at the end of its own line belongs to the field too, as in Prisma
        fields.append(Field(name.text, type_, own, (*docs, *self._take_docs()), name.start, end, name.line))

    def _type(self, name: Token) -> FieldType:
        token = self._peek()
        if token.kind is Kind.SIGN and token.text == "[":
            self._misfit("", "a list is written Type[], not [Type]", "To specify a list, please use `Type[]`")
        if token.kind is not Kind.NAME or "." in token.text:
            missing = token.kind in (Kind.NEWLINE, Kind.END)
            self._misfit(f"the type of {name.text}", prisma="This field declaration is invalid" if missing else "")
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
                self._misfit("", "a list cannot be optional: Type[] or Type?", "Optional lists are not supported")
        elif sign.text == "!":
            self._misfit("", "a field is required without !", "Fields are required by default")
        return FieldType(token.text, arity, unsupported, token.start, end, token.line)
