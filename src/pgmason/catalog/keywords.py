"""Which words must be quoted where they name something?

The union over PostgreSQL 13 to 18 of `pg_get_keywords()` without its unreserved words (catcode U), which is what
`quote_ident` quotes on those majors. A word too many costs a pair of quotes; a word too few costs a syntax error.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

__all__ = ["COLUMN_NAME_WORDS", "RESERVED_WORDS", "dotted", "identifier", "literal"]

# catcode R, then T: no table, column or type may bear the name unquoted.
_RESERVED = """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
    leading limit localtime localtimestamp not null offset on only or order placing primary references returning
    select session_user some symmetric system_user table then to trailing true union unique user using variadic when
    where window with

    authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like
    natural notnull outer overlaps right similar tablesample verbose
"""

# catcode C: tables and columns may bear the name, functions and types may not; `quote_ident` quotes it everywhere.
_COLUMN_NAME = """
    between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int
    integer interval json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value least merge_action national nchar none normalize nullif numeric out overlay
    position precision real row setof smallint substring time timestamp treat trim values varchar xmlattributes
    xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""

RESERVED_WORDS = frozenset(_RESERVED.split())
COLUMN_NAME_WORDS = frozenset(_COLUMN_NAME.split())


@cache
def identifier(name: str) -> str:
    """A name as `quote_ident` writes it: in quotes only where it must be."""
    plain = (
        name.isascii()
        and name.replace("_", "a").isalnum()
        and name == name.lower()
        and not name[:1].isdigit()
        and name not in RESERVED_WORDS
        and name not in COLUMN_NAME_WORDS
    )
    return name if plain else '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in single quotes, for a server with standard_conforming_strings (the default since 9.1)."""
    return "'" + text.replace("'", "''") + "'"


def dotted(path: Iterable[str]) -> str:
    """A qualified name, each part as `identifier` writes it."""
    return ".".join(map(identifier, path))
