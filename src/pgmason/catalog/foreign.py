"""How are the options of what is foreign read, without its secrets, and written?

Wrappers, servers, user mappings, foreign tables and their columns have options whose names only a wrapper knows. One
that sounds like a password is never read: its name is, with nothing for its value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg.sql import Composable

__all__ = ["Options", "is_secret", "options_clause", "options_query", "read_options"]

# (name, value), sorted by name; value None is a secret that was not read.
Options = tuple[tuple[str, str | None], ...]


def is_secret(name: str) -> str:
    """SQL: the option of that name (an SQL expression) sounds like a secret.

    `password_required` of postgres_fdw is a switch; `sslkey` is the name of a file.
    """
    return (
        f"({name} ~* '(pass|pwd|secret|token|credential|private|access_?key|api_?key|(client|server)_key)'"
        f" AND {name} NOT IN ('password_required', 'passfile'))"
    )


def options_query(array: str) -> str:
    """SQL: the options of that array as JSON, a list of [name, value] sorted by name; the value of a secret is null."""
    value = f"CASE WHEN NOT {is_secret('p.option_name')} THEN p.option_value END"
    return (
        f"(SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(p.option_name, {value})"
        f' ORDER BY p.option_name COLLATE "C") FROM pg_catalog.pg_options_to_table({array}) p)'
    )


def read_options(found: Iterable[tuple[str, str | None]] | None) -> Options:
    """What `options_query` gives."""
    return tuple((name, value) for name, value in found or ())


def options_clause(options: Options, *, add: bool = False) -> Composable:
    """` OPTIONS (host 'example', port '5432')`; nothing without options. Secrets are left out. `add`: for ALTER."""
    from psycopg.sql import SQL, Identifier, Literal

    word = SQL("ADD " if add else "")
    said = [
        SQL("{}{} {}").format(word, Identifier(name), Literal(value)) for name, value in options if value is not None
    ]
    return SQL(" OPTIONS ({})").format(SQL(", ").join(said)) if said else SQL("")
