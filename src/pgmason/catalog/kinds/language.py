"""A procedural language that no extension brought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.kinds import Kind, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Language"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language: whether anybody may be trusted with it, and its functions in the server's words."""

    trusted: bool
    handler: str
    inline: str | None
    validator: str | None


def _address(identity: ObjectId, _: Language) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("LANGUAGE {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, language: Language, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    from pgmason.catalog.definitions import verbatim

    functions = [("HANDLER", language.handler), ("INLINE", language.inline), ("VALIDATOR", language.validator)]
    yield SQL("CREATE {}{}{}").format(
        verbatim("TRUSTED " if language.trusted else ""),
        _address(identity, language),
        verbatim("".join(f" {word} {function}" for word, function in functions if function is not None)),
    )


# Objects below 16384 came with initdb (FirstNormalObjectId, access/transam.h).
KIND = Kind(
    name="language",
    state=Language,
    path_length=1,
    rows=(Rows(catalog="pg_language"),),
    query=f"""
SELECT l.tableoid, l.oid, 0, l.lanname, l.lanpltrusted, h.name, i.name, v.name
FROM pg_catalog.pg_language l
CROSS JOIN LATERAL (SELECT NULLIF(l.lanplcallfoid::pg_catalog.regproc::text, '-')) AS h(name)
CROSS JOIN LATERAL (SELECT NULLIF(l.laninline::pg_catalog.regproc::text, '-')) AS i(name)
CROSS JOIN LATERAL (SELECT NULLIF(l.lanvalidator::pg_catalog.regproc::text, '-')) AS v(name)
WHERE l.lanispl AND l.oid >= 16384 AND {not_member("l")}""",
    build=lambda row: Language(trusted=row[0], handler=row[1], inline=row[2], validator=row[3]),
    address=_address,
    create=_create,
)
