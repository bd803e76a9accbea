"""How is a catalog written as schema.prisma?

`write_schema` gives a new file that Prisma's engine accepts and that makes the same database within reach of the
language; what is beyond it stands in comments and is told. `edit_schema` changes an existing one where it says
something else, and nowhere besides. Each file imports only files above it:

    draft.py              what is to be said, as data
    words.py              names of the language for names of the database
    column_types.py       types
    column_defaults.py    defaults
    counters.py           columns that count by themselves
    index_attributes.py   keys and indexes
    relation_fields.py    relations and join tables
    beyond.py             what cannot be said
    features.py           preview features, by version
    composing.py          a catalog as a draft
    printing.py           a draft as a new file
    existing.py           the names that a file gives
    lines.py              a file edited by its lines
    editing.py            what is edited in it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pgmason.catalog.model import Catalog
from pgmason.sources.prisma.meaning import Schema
from pgmason.sources.prisma.version import Version
from pgmason.sources.prisma.writer.composing import Style, compose
from pgmason.sources.prisma.writer.draft import Beyond
from pgmason.sources.prisma.writer.editing import edited
from pgmason.sources.prisma.writer.existing import style_of
from pgmason.sources.prisma.writer.printing import printed

__all__ = ["Edited", "Style", "Written", "edit_schema", "write_schema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A schema.prisma, ending in a newline, and what it cannot say, sorted."""

    text: str
    beyond: tuple[Beyond, ...]


def write_schema(catalog: Catalog, style: Style | None = None) -> Written:
    """The catalog as a new file."""
    style = style or Style()
    draft = compose(catalog, style)
    return Written(text=printed(draft, server=catalog.server, datasource=style.datasource), beyond=draft.beyond)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The new texts of the files that change, by their names in the schema's documents; what they cannot say."""

    files: Mapping[str, str]
    beyond: tuple[Beyond, ...]


def edit_schema(schema: Schema, version: Version, *, before: Catalog, after: Catalog) -> Edited:
    """An existing schema, changed where its own catalog `before` says otherwise than `after`."""
    style = style_of(schema, version)
    wanted = compose(after, style)
    return Edited(files=edited(schema, compose(before, style), wanted), beyond=wanted.beyond)
