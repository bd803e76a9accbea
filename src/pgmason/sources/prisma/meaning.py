"""What does a schema.prisma mean: its models, relations and settings, resolved and valid?

`resolving.py` makes these from the tree; `lowering.py` turns them into SQL, rules and documents name models by them.
Names of the language (`User`, `createdAt`) and of the database (`users`, `created_at`) stand side by side. Each keeps
the piece of the tree that it comes from, for its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pgmason.sources.prisma.tree import Arity, Attribute, Document, EnumBlock, Field, ModelBlock
from pgmason.sources.prisma.types import NativeType

__all__ = [
    "ACTIONS",
    "Datasource",
    "Enum",
    "Extension",
    "ForeignKey",
    "Index",
    "IndexField",
    "JoinTable",
    "Key",
    "Model",
    "Relation",
    "Scalar",
    "Schema",
]

# The referential actions, and what they are in SQL.
ACTIONS = {
    "Cascade": "CASCADE",
    "Restrict": "RESTRICT",
    "NoAction": "NO ACTION",
    "SetNull": "SET NULL",
    "SetDefault": "SET DEFAULT",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An extension of the datasource, as the database names it."""

    name: str
    schema: str | None
    version: str | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Datasource:
    """The datasource: `schemas` is empty where there is only the connection's own schema.

    `url_variable` and `direct_url_variable` name the environment's variables behind `url` and `directUrl`, the one
    that migrations go by; "" where another address is said, None where none is.
    """

    name: str
    file: str
    line: int
    relation_mode: str
    schemas: tuple[str, ...]
    schemas_line: int
    extensions: tuple[Extension, ...]
    url_variable: str | None
    direct_url_variable: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """An enum: `values` are pairs of its names here and in the database."""

    name: str
    database_name: str
    schema: str | None
    values: tuple[tuple[str, str], ...]
    block: EnumBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A field that is a column.

    Exactly one of `native` (a built-in scalar, whose name is `type`), `enum` and `unsupported` (the database's own
    words) is set. `default` is the SQL behind DEFAULT; `serial` says that the column counts by a sequence of its own.
    """

    name: str
    column: str
    type: str
    arity: Arity
    native: NativeType | None
    enum: Enum | None
    unsupported: str | None
    default: str | None
    serial: bool
    field: Field

    @property
    def optional(self) -> bool:
        """Whether the field may be null."""
        return self.arity is Arity.OPTIONAL


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexField:
    """A column of a key or index: `sort` is Asc, Desc or None; `operators` the operator class in SQL, or None.

    `operator_class` is Prisma's name of that class; None where it was given raw.
    """

    scalar: Scalar
    sort: str | None = None
    operators: str | None = None
    operator_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A primary key, from `@id` or `@@id`."""

    name: str
    fields: tuple[IndexField, ...]
    attribute: Attribute


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index, from `@unique`, `@@unique` or `@@index`; `method` as CREATE INDEX names it, None for B-tree.

    `predicate` is the SQL of a partial index, without its outer brackets.
    """

    name: str
    unique: bool
    fields: tuple[IndexField, ...]
    method: str | None
    predicate: str | None
    attribute: Attribute


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model, or a view where `is_view`; `scalars` by field name in their order."""

    name: str
    database_name: str
    schema: str | None
    scalars: Mapping[str, Scalar]
    key: Key | None
    indexes: tuple[Index, ...]
    is_view: bool
    ignored: bool
    block: ModelBlock

    @property
    def file(self) -> str:
        """The file that it stands in."""
        return self.block.file


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """The columns that carry a relation: those of `model` refer to those of `target`, pair by pair."""

    name: str
    model: str
    target: str
    fields: tuple[Scalar, ...]
    references: tuple[Scalar, ...]
    on_delete: str
    on_update: str
    field: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinTable:
    """The table of a many-to-many relation without a model: column A refers to `a`'s key, column B to `b`'s."""

    name: str
    schema: str | None
    a: str
    b: str
    a_key: Scalar
    b_key: Scalar
    field: Field
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation by its name (`OrderToUser` where none is given), with the field on each side, if there is one.

    `from_model` is the side that refers, or side A of a many-to-many relation. Exactly one of `foreign_key` and
    `join_table` is set, but for a relation with a view, which has neither.
    """

    name: str
    from_model: str
    to_model: str
    from_field: str | None
    to_field: str | None
    foreign_key: ForeignKey | None = None
    join_table: JoinTable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The whole: models (views too) and enums in their order over all files, relations in the order of models."""

    documents: tuple[Document, ...]
    datasource: Datasource
    previews: frozenset[str]
    models: tuple[Model, ...]
    enums: tuple[Enum, ...]
    relations: tuple[Relation, ...]
    by_name: Mapping[str, Model] = field(default_factory=dict)

    @property
    def foreign_keys_kept(self) -> bool:
        """Whether the database holds the foreign keys (relationMode "foreignKeys", the default)."""
        return self.datasource.relation_mode == "foreignKeys"
