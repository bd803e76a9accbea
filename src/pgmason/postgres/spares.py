"""How is a clone taken ahead of the command that wants it?

CREATE DATABASE makes every file of the template anew, which for a few hundred relations takes as long as all else that
a command does. Who cloned a template, and thinks that the next command wants another clone of it, leaves word with the
supervisor; when the command is gone, the sweep makes that clone, a spare. The next command takes it by a rename.

Nobody can connect to a spare. A template has at most one, and only the templates that were used last have one. Left to
others: when to ask for one, and what a clone is given then (scratch.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["SPARE_AFTER_SECONDS", "drop_spare", "make_spares", "take_spare"]

SPARE_AFTER_SECONDS = 0.05  # a clone that takes less is made when it is wanted
KEPT = 4  # spares on a server, each as large as its template: `check` wants two, of two products that is all


def take_spare(admin: Connection[Any], template: str, target: str) -> bool:
    """Call the spare of a template `target`; False where there is none. Nobody can connect to it yet."""
    from psycopg import errors, sql

    try:
        admin.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(_spare_of(template)), sql.Identifier(target)
            )
        )
    except (errors.InvalidCatalogName, errors.ObjectInUse):
        return False
    return True


def make_spares(admin: Connection[Any], templates: Iterable[str]) -> None:
    """See to it that each of these templates has a spare, unless it is gone or used by few; drop those of others."""
    from psycopg import Error, sql

    for template in templates:
        with suppress(Error):  # it is there already, its template was dropped, the disk is full: all without harm
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy ALLOW_CONNECTIONS false").format(
                    sql.Identifier(_spare_of(template)), sql.Identifier(template)
                )
            )
    old = admin.execute(
        "SELECT d.datname FROM pg_catalog.pg_database d"
        " LEFT JOIN public.templates t ON pg_catalog.substr(t.name, 3) = pg_catalog.substr(d.datname, 3)"
        " WHERE d.datname LIKE 'p\\_%' AND d.datconnlimit <> -2 ORDER BY t.used_at DESC NULLS LAST"
    ).fetchall()
    broken = admin.execute(  # their DROP was cut off
        "SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE 'p\\_%' AND datconnlimit = -2"
    ).fetchall()
    for (name,) in [*old[KEPT:], *broken]:
        with suppress(Error):
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def drop_spare(admin: Connection[Any], template: str) -> None:
    """Drop the spare of a template that is dropped."""
    from psycopg import sql

    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_spare_of(template))))


def _spare_of(template: str) -> str:
    """The spare of the template t_DIGEST is p_DIGEST."""
    return f"p_{template[2:]}"
