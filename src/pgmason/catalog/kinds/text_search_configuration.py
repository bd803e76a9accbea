"""A text search configuration: which dictionaries look at which tokens of a parser."""

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

__all__ = ["KIND", "TextSearchConfiguration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSearchConfiguration:
    """A configuration of the `parser` (schema, name).

    `mappings` are (type of token, schema of the dictionary, its name), a dictionary that is asked first before others.
    """

    parser: tuple[str, str]
    mappings: tuple[tuple[str, str, str], ...]


def _address(identity: ObjectId, _: TextSearchConfiguration) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("TEXT SEARCH CONFIGURATION {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, configuration: TextSearchConfiguration, _: Catalog) -> Iterator[Composable]:
    """One statement for all tokens that are looked at alike, in the order of the parser's tokens."""
    from psycopg.sql import SQL, Identifier

    from pgmason.catalog.definitions import definition

    address = _address(identity, configuration)
    yield definition(SQL("CREATE {}").format(address), (("PARSER", Identifier(*configuration.parser)),))
    asked: dict[str, tuple[tuple[str, str], ...]] = {}
    for token, *dictionary in configuration.mappings:
        asked[token] = (*asked.get(token, ()), (dictionary[0], dictionary[1]))
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for token, dictionaries in asked.items():
        alike.setdefault(dictionaries, []).append(token)
    for dictionaries, tokens in alike.items():
        yield SQL("ALTER {} ADD MAPPING FOR {}\n    WITH {}").format(
            address,
            SQL(", ").join(map(Identifier, tokens)),
            SQL(", ").join(Identifier(*dictionary) for dictionary in dictionaries),
        )


KIND = Kind(
    name="text search configuration",
    state=TextSearchConfiguration,
    path_length=2,
    rows=(Rows(catalog="pg_ts_config"),),
    query=f"""
SELECT g.tableoid, g.oid, 0, n.nspname, g.cfgname, pn.nspname, p.prsname,
       ARRAY(SELECT ARRAY[t.alias, dn.nspname::text, d.dictname::text]
             FROM pg_catalog.pg_ts_config_map m
             JOIN pg_catalog.ts_token_type(g.cfgparser) t ON t.tokid = m.maptokentype
             JOIN pg_catalog.pg_ts_dict d ON d.oid = m.mapdict
             JOIN pg_catalog.pg_namespace dn ON dn.oid = d.dictnamespace
             WHERE m.mapcfg = g.oid ORDER BY m.maptokentype, m.mapseqno)
FROM pg_catalog.pg_ts_config g
JOIN pg_catalog.pg_namespace n ON n.oid = g.cfgnamespace
JOIN pg_catalog.pg_ts_parser p ON p.oid = g.cfgparser
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace
WHERE {NOT_OWN} AND {not_member("g")}""",
    build=lambda row: TextSearchConfiguration(
        parser=(row[0], row[1]), mappings=tuple((token, schema, name) for token, schema, name in row[2])
    ),
    address=_address,
    create=_create,
)
