"""A live database, read as an ordinary user: `database:URL`, or `database:env:NAME` for the URL in a variable.

Nothing is written: the session is read-only, has statement and lock timeouts, and reads pg_catalog in one
REPEATABLE READ transaction. A server that stops answering is given up on after `DEADLINE_SECONDS`. Passwords
never reach a message.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pgmason.errors import DatabaseUnreachable, NextCommand, UnknownSource, Unsupported
from pgmason.formats import all_formats
from pgmason.names import for_libpq, without_password
from pgmason.sources import Context, Reading, SourceKind
from pgmason.sources.ledgers import without_ledgers

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["SOURCE", "connect_read_only", "database_url"]

CONNECT_SECONDS = 10
DEADLINE_SECONDS = 60
OLDEST = 130000
_OPTIONS = (
    "-c default_transaction_read_only=on -c statement_timeout=30000 -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=60000 -c search_path="
)


def database_url(rest: str) -> str:
    """The connection string that `database:REST` means. Raises UnknownSource for a variable that is not set."""
    if rest.startswith("env:"):
        name = rest.removeprefix("env:")
        url = os.environ.get(name)
        if not url:
            raise UnknownSource(f"the environment variable {name} is not set", where=f"database:{rest}")
        return url
    return rest


@contextmanager
def connect_read_only(url: str) -> Iterator[Connection[Any]]:
    """A read-only connection in autocommit that is cut when the deadline is over. Raises DatabaseUnreachable."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    named = without_password(url)
    try:
        asked = conninfo_to_dict(for_libpq(url))
    except psycopg.ProgrammingError as exc:
        raise UnknownSource("is not a connection string that PostgreSQL understands", where=named) from exc
    asked["options"] = f"{asked.get('options') or ''} {_OPTIONS}".strip()
    asked.setdefault("connect_timeout", CONNECT_SECONDS)
    asked.setdefault("application_name", "pgmason")
    try:
        connection = psycopg.connect(**asked, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
    except (psycopg.Error, OSError) as exc:
        raise _unreachable(exc, named, asked.get("password")) from exc
    cut = threading.Timer(DEADLINE_SECONDS, _cut, [connection])
    cut.daemon = True
    cut.start()
    try:
        yield connection
    except psycopg.Error as exc:
        raise _unreachable(exc, named, asked.get("password")) from exc
    finally:
        cut.cancel()
        with suppress(Exception):
            connection.close()


def _cut(connection: Connection[Any]) -> None:
    with suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def _unreachable(exc: Exception, named: str, password: Any) -> DatabaseUnreachable:
    said = " ".join(str(exc).split()) or type(exc).__name__
    if password:
        said = said.replace(str(password), "***")
    return DatabaseUnreachable(
        said,
        where=named,
        next=[NextCommand(command=f"psql '{named}'", why="shows whether anybody can reach it from here")],
    )


def _read(rest: str, context: Context) -> Reading:  # noqa: ARG001  # the signature that every source shares
    from pgmason.catalog.reading import read_catalog

    url = database_url(rest)
    with connect_read_only(url) as connection:
        if connection.info.server_version < OLDEST:
            version = connection.info.server_version // 10000
            raise Unsupported(f"the server is PostgreSQL {version}; 13 and newer are read", where=without_password(url))
        catalog = read_catalog(connection)
        name = connection.info.dbname
    catalog = without_ledgers(catalog, [f"*.{table}" for kept in all_formats() for table in kept.ledger_tables])
    return Reading(
        catalog=catalog, origin=f"database {name}", server=f"PostgreSQL {catalog.server} (the database itself)"
    )


SOURCE = SourceKind(prefix="database", example="database:env:DATABASE_URL", read=_read)
