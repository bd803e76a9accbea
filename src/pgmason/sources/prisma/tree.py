"""What does a schema.prisma say, piece by piece, and where does each piece stand?

The tree keeps every word of the language, valid or not in its meaning, with its place in the text, so that messages
can point and the writer can edit a file in place: `start` and `end` are offsets in the document's text (end
exclusive), `line` counts from 1. Comments are kept apart, each with its place; the `///` lines that belong to a
declaration are its `documentation` too. Nothing is resolved here: names are as written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "Argument",
    "Arity",
    "Array",
    "Attribute",
    "Block",
    "Call",
    "Comment",
    "ConfigBlock",
    "Document",
    "EnumBlock",
    "EnumValue",
    "Expression",
    "Field",
    "FieldType",
    "ModelBlock",
    "Name",
    "Number",
    "Object",
    "Setting",
    "Text",
    "described",
    "shown",
]


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal; `value` has its escapes undone."""

    value: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric literal as written: `-3`, `1.50`."""

    text: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Name:
    """A bare word, or several joined by dots: `Cascade`, `true`, `address.street`."""

    text: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Array:
    """`[a, b]`."""

    items: tuple[Expression, ...]
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """`now()`, `title(sort: Desc)`, `raw("price > 0")`."""

    name: str
    arguments: tuple[Argument, ...]
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Object:
    """`{ deletedAt: null }`, as `where` takes it."""

    members: tuple[tuple[str, Expression], ...]
    start: int
    end: int
    line: int


Expression = Text | Number | Name | Array | Call | Object


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an attribute or function; `name` is None where it has none."""

    name: str | None
    value: Expression
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """`@id`, `@db.VarChar(30)`, `@@index([a, b])`; `name` comes without the signs."""

    name: str
    arguments: tuple[Argument, ...]
    start: int
    end: int
    line: int

    def named(self, *names: str | None) -> Expression | None:
        """The first argument that has one of these names; None in `names` stands for one without a name."""
        for argument in self.arguments:
            if argument.name in names:
                return argument.value
        return None


class Arity(StrEnum):
    """How many values a field holds."""

    REQUIRED = ""
    OPTIONAL = "?"
    LIST = "[]"


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field's type as written; `unsupported` is the database's own type in `Unsupported("...")`, else None."""

    name: str
    arity: Arity
    unsupported: str | None
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a model, view or composite type. `end` is where its last attribute ends."""

    name: str
    type: FieldType
    attributes: tuple[Attribute, ...]
    documentation: tuple[str, ...]
    start: int
    end: int
    line: int

    def attribute(self, name: str) -> Attribute | None:
        """The first attribute of that name."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBlock:
    """A `model`, a `view` or a (composite) `type`. `attributes` are those with `@@`.

    `name_start` is the offset of the name, `body` that of the line after the opening brace; `end` is past the closing
    brace. Fields and attributes stand in their order in the file, each in its own tuple.
    """

    keyword: str
    name: str
    fields: tuple[Field, ...]
    attributes: tuple[Attribute, ...]
    documentation: tuple[str, ...]
    file: str
    start: int
    name_start: int
    body: int
    end: int
    line: int

    def attribute(self, name: str) -> Attribute | None:
        """The first block attribute of that name."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)

    def every(self, name: str) -> Iterator[Attribute]:
        """The block attributes of that name, in their order."""
        return (attribute for attribute in self.attributes if attribute.name == name)


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One value of an enum."""

    name: str
    attributes: tuple[Attribute, ...]
    documentation: tuple[str, ...]
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumBlock:
    """An `enum`; places as in ModelBlock."""

    name: str
    values: tuple[EnumValue, ...]
    attributes: tuple[Attribute, ...]
    documentation: tuple[str, ...]
    file: str
    start: int
    name_start: int
    body: int
    end: int
    line: int

    def attribute(self, name: str) -> Attribute | None:
        """The first block attribute of that name."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)


@dataclass(frozen=True, slots=True)
class Setting:
    """`key = value` in a datasource or generator."""

    key: str
    value: Expression
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigBlock:
    """A `datasource` or `generator`; places as in ModelBlock."""

    keyword: str
    name: str
    settings: tuple[Setting, ...]
    documentation: tuple[str, ...]
    file: str
    start: int
    name_start: int
    body: int
    end: int
    line: int

    def setting(self, key: str) -> Setting | None:
        """The setting of that key."""
        return next((setting for setting in self.settings if setting.key == key), None)


Block = ModelBlock | EnumBlock | ConfigBlock


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its signs: `// ...`, `/// ...` (then `documents`), or `/* ... */`."""

    text: str
    documents: bool
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One .prisma file: `file` is its path as messages show it; blocks and comments stand in their order."""

    file: str
    text: str
    blocks: tuple[Block, ...]
    comments: tuple[Comment, ...] = field(default=())

    @property
    def models(self) -> Iterator[ModelBlock]:
        """Models, views and composite types."""
        return (block for block in self.blocks if isinstance(block, ModelBlock))

    @property
    def enums(self) -> Iterator[EnumBlock]:
        """Enums."""
        return (block for block in self.blocks if isinstance(block, EnumBlock))

    @property
    def configs(self) -> Iterator[ConfigBlock]:
        """Datasources and generators."""
        return (block for block in self.blocks if isinstance(block, ConfigBlock))

    def column(self, offset: int) -> int:
        """The column of an offset in its line, counted from 1."""
        return offset - (self.text.rfind("\n", 0, offset) + 1) + 1


def shown(value: Expression) -> str:
    """An expression as it is written."""
    match value:
        case Text():
            return '"' + value.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        case Number() | Name():
            return value.text
        case Array():
            return "[" + ", ".join(shown(item) for item in value.items) + "]"
        case Object():
            return "{ " + ", ".join(f"{name}: {shown(member)}" for name, member in value.members) + " }"
        case Call():
            inner = ", ".join(
                f"{argument.name}: {shown(argument.value)}" if argument.name else shown(argument.value)
                for argument in value.arguments
            )
            return f"{value.name}({inner})"


def described(value: Expression) -> str:
    """What kind of expression it is, in a word for messages: as Prisma's own messages call it."""
    kinds = {Text: "string", Number: "numeric", Name: "literal", Array: "array", Call: "functional", Object: "object"}
    return kinds[type(value)]
