"""A text search parser: the functions that cut a text into tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import NOT_OWN, Kind, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "TextSearchParser"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSearchParser:
    """A parser: its functions, in the server's words, as CREATE TEXT SEARCH PARSER names them."""

    start: str
    gettoken: str
    end: str
    lextypes: str
    headline: str | None


def _address(identity: ObjectId, _: TextSearchParser) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("TEXT SEARCH PARSER {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, parser: TextSearchParser, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import definition

    yield definition(
        SQL("CREATE {}").format(_address(identity, parser)),
        (
            ("START", parser.start),
            ("GETTOKEN", parser.gettoken),
            ("END", parser.end),
            ("LEXTYPES", parser.lextypes),
            ("HEADLINE", parser.headline),
        ),
    )


KIND = Kind(
    name="text search parser",
    state=TextSearchParser,
    path_length=2,
    rows=(Rows(catalog="pg_ts_parser"),),
    query=f"""
SELECT p.tableoid, p.oid, 0, n.nspname, p.prsname, p.prsstart::text, p.prstoken::text, p.prsend::text,
       p.prslextype::text, NULLIF(p.prsheadline::text, '-')
FROM pg_catalog.pg_ts_parser p
JOIN pg_catalog.pg_namespace n ON n.oid = p.prsnamespace
WHERE {NOT_OWN} AND {not_member("p")}""",
    build=lambda row: TextSearchParser(start=row[0], gettoken=row[1], end=row[2], lextypes=row[3], headline=row[4]),
    address=_address,
    create=_create,
)
