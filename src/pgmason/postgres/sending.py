"""How is SQL of a stranger's sent, so that nothing it answers is kept?

psycopg, as libpq, gathers a result before it hands it out, and a SELECT may give any number of rows; a COPY to the
client likewise, and one from the client waits for rows for ever. Here rows are dropped one by one as they come, and a
COPY without rows of its own is told that there are none. The simple protocol, as runners use it, so several
statements in a text are one implicit transaction.

And how is such a session asked one row of ours between its statements, a thousand times, without a cursor for each.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGconn, PGresult

__all__ = ["ask", "send"]


COPY_CHUNK_BYTES = 1 << 20


def send(connection: Connection[Any], text: str, copy_data: str | None = None) -> Iterator[str]:
    """Send a text at once; then, for each statement that is done, its command tag. All steps must be taken.

    `copy_data` are the lines for the one COPY ... FROM stdin of the text. Raises psycopg.Error as the server gives it,
    when all has been answered. Whoever stops halfway (Ctrl-C too) gets the connection closed.
    """
    connection.pgconn.send_query(text.encode(connection.info.encoding, "replace"))
    connection.pgconn.set_single_row_mode()
    connection.pgconn.flush()
    rows = None if copy_data is None else copy_data.encode(connection.info.encoding, "replace")
    return _answers(connection, rows)


def ask(connection: Connection[Any], query: bytes, values: Sequence[bytes | None]) -> tuple[bytes | None, ...]:
    """The one row of a query of ours: `values` are its parameters as text, each cast in the query; the answer is
    binary, so that a bytea is its bytes. Raises psycopg.Error."""
    from psycopg.errors import OperationalError, error_from_result
    from psycopg.pq import ExecStatus, Format

    pgconn = connection.pgconn
    pgconn.send_query_params(query, values, result_format=Format.BINARY)
    result: PGresult | None = None
    try:
        while (one := _next(pgconn)) is not None:  # nothing may be left on the connection
            result = result or one
    except OperationalError:
        if result is None:  # else the server's last words came before the connection went away
            raise
    assert result is not None, "a query that was sent has a result"
    if result.status != ExecStatus.TUPLES_OK:
        raise error_from_result(result, encoding=connection.info.encoding)
    return tuple(result.get_value(0, column) for column in range(result.nfields))


def _answers(connection: Connection[Any], rows: bytes | None) -> Iterator[str]:
    from psycopg.errors import OperationalError, error_from_result
    from psycopg.pq import ExecStatus

    pgconn, encoding = connection.pgconn, connection.info.encoding
    failed: Exception | None = None
    whole = False
    try:
        while (result := _next(pgconn)) is not None:
            match result.status:
                case ExecStatus.SINGLE_TUPLE:
                    pass
                case ExecStatus.COPY_IN:
                    for start in range(0, len(rows or b""), COPY_CHUNK_BYTES):
                        pgconn.put_copy_data((rows or b"")[start : start + COPY_CHUNK_BYTES])
                    pgconn.put_copy_end(b"there are no rows behind this COPY" if rows is None else None)
                case ExecStatus.COPY_OUT:
                    while pgconn.get_copy_data(0)[0] > 0:
                        pass
                case ExecStatus.TUPLES_OK | ExecStatus.COMMAND_OK | ExecStatus.EMPTY_QUERY:
                    yield (result.command_status or b"").decode()
                case _:
                    failed = failed or error_from_result(result, encoding=encoding)
        whole = True
    except OperationalError as exc:
        failed = failed or exc  # the server's last words came before the connection went away
    finally:
        if not whole:
            connection.close()
    if failed is not None:
        raise failed


def _next(pgconn: PGconn) -> PGresult | None:
    """The next result, waited for so that a signal is heard; None after the last."""
    while pgconn.flush() == 1:  # a long text goes out in parts, and the server may have words for us meanwhile
        readable, _, _ = select.select([pgconn.socket], [pgconn.socket], [])
        if readable:
            pgconn.consume_input()
    while pgconn.is_busy():
        select.select([pgconn.socket], [], [])
        pgconn.consume_input()
    return pgconn.get_result()
