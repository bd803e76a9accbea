"""How are the many statements written that read CREATE SOMETHING name (NAME = value, ...)?

Types, aggregates, operators, collations and text search objects are all made so. A value is SQL already: composed
by psycopg.sql, or printed by the server. What each kind has to say is in its own file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg.sql import SQL, Composable

__all__ = ["definition", "listed", "verbatim"]


def verbatim(text: str) -> SQL:
    """SQL that the server printed, as it stands."""
    from psycopg.sql import SQL

    return SQL(text)


def definition(
    head: Composable, parts: Iterable[tuple[str, Composable | str | None]], flags: Iterable[str] = ()
) -> Composable:
    """`head (NAME = value, ..., FLAG)`, a part a line where there are several; parts whose value is None are left out.

    A text value is taken as printed by the server.
    """
    from psycopg.sql import SQL

    said: list[Composable] = [
        SQL("{} = {}").format(verbatim(name), verbatim(value) if isinstance(value, str) else value)
        for name, value in parts
        if value is not None
    ]
    return listed(head, [*said, *map(verbatim, flags)])


def listed(head: Composable, items: Iterable[Composable]) -> Composable:
    """`head (item, ...)`, an item a line where there are several."""
    from psycopg.sql import SQL

    within = list(items)
    if len(within) < 2:
        return SQL("{} ({})").format(head, SQL("").join(within))
    return SQL("{} (\n    {}\n)").format(head, SQL(",\n    ").join(within))
