"""A text search dictionary: a template with its options."""

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

__all__ = ["KIND", "TextSearchDictionary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSearchDictionary:
    """A dictionary made of the `template` (schema, name); `options` are in the server's words."""

    template: tuple[str, str]
    options: str | None


def _address(identity: ObjectId, _: TextSearchDictionary) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("TEXT SEARCH DICTIONARY {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, dictionary: TextSearchDictionary, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import definition

    yield definition(
        SQL("CREATE {}").format(_address(identity, dictionary)),
        (("TEMPLATE", Identifier(*dictionary.template)),),
        () if dictionary.options is None else (dictionary.options,),
    )


KIND = Kind(
    name="text search dictionary",
    state=TextSearchDictionary,
    path_length=2,
    rows=(Rows(catalog="pg_ts_dict"),),
    query=f"""
SELECT d.tableoid, d.oid, 0, n.nspname, d.dictname, tn.nspname, t.tmplname, d.dictinitoption
FROM pg_catalog.pg_ts_dict d
JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace
WHERE {NOT_OWN} AND {not_member("d")}""",
    build=lambda row: TextSearchDictionary(template=(row[0], row[1]), options=row[2]),
    address=_address,
    create=_create,
)
