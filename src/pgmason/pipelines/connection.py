"""How does a run talk to the target's database?

Sessions of the product's own role, with its own search_path (triggers of the target may rely on it), without the
statement timeout that suits an application, with one fixed way to write dates and times, and with a lock_timeout, so
that a load never stands in the way of the product's own statements. What happened on the wire is told as
`DatabaseUnreachable`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pgmason.errors import DatabaseUnreachable, NextCommand, WrongUse
from pgmason.names import for_libpq, without_password

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["OLDEST", "connect", "connected", "unreachable"]

OLDEST = 130000
LOCK_TIMEOUT_MS = 3000
_SETTINGS = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "client_min_messages": "warning",
}


def connect(url: str, *, what: str, read_only: bool = False) -> Connection[Any]:
    """A session in autocommit, named `what` in pg_stat_activity. Raises DatabaseUnreachable."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        asked = conninfo_to_dict(for_libpq(url))
    except psycopg.ProgrammingError as exc:
        raise WrongUse("is not a connection string that PostgreSQL understands", where=without_password(url)) from exc
    asked.setdefault("connect_timeout", 10)
    asked["application_name"] = what[:63]
    # a peer that is gone is found out within a minute
    for name, seconds in {"keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3}.items():
        asked.setdefault(name, seconds)
    try:
        connection = psycopg.connect(**asked, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
        settings = dict(_SETTINGS, default_transaction_read_only="on") if read_only else _SETTINGS
        # after connecting: a pooler in between refuses settings at the start
        connection.execute(
            "SELECT " + ", ".join(["pg_catalog.set_config(%s, %s, false)"] * len(settings)),
            [part for pair in settings.items() for part in pair],
        )
    except (psycopg.Error, OSError) as exc:
        raise unreachable(exc, url) from exc
    if connection.info.server_version < OLDEST:
        major = connection.info.server_version // 10000
        connection.close()
        raise WrongUse(f"the server is PostgreSQL {major}; 13 and newer are loaded into", where=without_password(url))
    return connection


@contextmanager
def connected(url: str, *, what: str, read_only: bool = False) -> Iterator[Connection[Any]]:
    """`connect`, closed at the end whatever happened."""
    connection = connect(url, what=what, read_only=read_only)
    try:
        yield connection
    finally:
        with suppress(Exception):
            connection.close()


def unreachable(exc: BaseException, url: str) -> DatabaseUnreachable:
    """What the driver said of the connection, without the password."""
    from psycopg.conninfo import conninfo_to_dict

    said = " ".join(str(exc).split()) or type(exc).__name__
    with suppress(Exception):
        password = conninfo_to_dict(for_libpq(url)).get("password")
        if password:
            said = said.replace(str(password), "***")
    named = without_password(url)
    return DatabaseUnreachable(
        said,
        where=named,
        next=[NextCommand(command=f"psql '{named}'", why="shows whether it can be reached from here")],
    )
