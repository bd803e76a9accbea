"""A text search template: the functions behind a sort of dictionary."""

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

__all__ = ["KIND", "TextSearchTemplate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSearchTemplate:
    """A template: its functions, in the server's words."""

    init: str | None
    lexize: str


def _address(identity: ObjectId, _: TextSearchTemplate) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("TEXT SEARCH TEMPLATE {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, template: TextSearchTemplate, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import definition

    yield definition(
        SQL("CREATE {}").format(_address(identity, template)), (("INIT", template.init), ("LEXIZE", template.lexize))
    )


KIND = Kind(
    name="text search template",
    state=TextSearchTemplate,
    path_length=2,
    rows=(Rows(catalog="pg_ts_template"),),
    query=f"""
SELECT t.tableoid, t.oid, 0, n.nspname, t.tmplname, NULLIF(t.tmplinit::text, '-'), t.tmpllexize::text
FROM pg_catalog.pg_ts_template t
JOIN pg_catalog.pg_namespace n ON n.oid = t.tmplnamespace
WHERE {NOT_OWN} AND {not_member("t")}""",
    build=lambda row: TextSearchTemplate(init=row[0], lexize=row[1]),
    address=_address,
    create=_create,
)
