"""What is to be said in schema.prisma: models, fields, enums and settings, each attribute as its text.

`composing.py` makes a draft from a catalog, `printing.py` writes a new file from it, `editing.py` brings an existing
file to it. Pure data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Beyond", "Draft", "DraftAttribute", "DraftEnum", "DraftField", "DraftModel", "DraftValue"]

Path = tuple[str, ...]  # schema and name, as the database has them


@dataclass(frozen=True, slots=True)
class DraftAttribute:
    """An attribute: its name with its signs, and what stands in its brackets (None: it has none).

    `key` is of a key or index its name in the database.
    """

    name: str
    inner: str | None = None
    key: str | None = None

    def __str__(self) -> str:
        return self.name if self.inner is None else f"{self.name}({self.inner})"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftField:
    """A field; `column` is its column, None for a relation, which `key` tells apart.

    `type` has its brackets or question mark. `key` is of a relation its `relation_key`, with "to" or "from" behind it
    for its two ends. `documentation` are lines without signs.
    """

    name: str
    type: str
    attributes: tuple[DraftAttribute, ...]
    column: str | None = None
    key: tuple[str, ...] | None = None
    documentation: tuple[str, ...] = ()

    def attribute(self, name: str) -> DraftAttribute | None:
        """The attribute of that name, with its signs."""
        return next((one for one in self.attributes if one.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftModel:
    """A model or view. `attributes` are those of the block; `remarks` are comments before it, without signs."""

    path: Path
    keyword: str
    name: str
    fields: tuple[DraftField, ...]
    attributes: tuple[DraftAttribute, ...]
    documentation: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftValue:
    """A value of an enum: its name in the language, its label in the database."""

    name: str
    label: str

    @property
    def mapped(self) -> bool:
        return self.name != self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEnum:
    """An enum."""

    path: Path
    name: str
    values: tuple[DraftValue, ...]
    attributes: tuple[DraftAttribute, ...]
    documentation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Beyond:
    """Something that the language cannot say: the relation it belongs to ("" for none), its kind and its name.

    `instead` says what stands in the file in its place, where something does.
    """

    relation: str
    what: str
    instead: str = ""

    def __str__(self) -> str:
        return (
            f"{self.relation + ': ' if self.relation else ''}{self.what}{'; ' + self.instead if self.instead else ''}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A whole schema. `features` are the preview features that it needs; `extensions` as the datasource says them."""

    models: tuple[DraftModel, ...]
    enums: tuple[DraftEnum, ...]
    schemas: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    beyond: tuple[Beyond, ...] = field(default=())

    def beyond_all(self) -> Iterator[Beyond]:
        """What the language cannot say, sorted by relation."""
        yield from sorted(self.beyond)
