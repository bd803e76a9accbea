"""How is a catalog written as schema.prisma?

`write_schema` gives a new file that Prisma's engine accepts and that makes the same database within reach of the
language; what is beyond it stands in comments and is told. Each file imports only files above it:

    draft.py              what is to be said, as data
    words.py              names of the language for names of the database
    column_types.py       types
    column_defaults.py    defaults
    counters.py           columns that count by themselves
    index_attributes.py   keys and indexes
    relation_fields.py    relations and join tables
    beyond.py             what cannot be said
    composing.py          a catalog as a draft
    printing.py           a draft as a new file
"""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.model import Catalog
from pgmason.sources.prisma.writer.composing import Style, compose
from pgmason.sources.prisma.writer.draft import Beyond
from pgmason.sources.prisma.writer.printing import printed

__all__ = ["Style", "Written", "write_schema"]


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
