"""How are many queries asked at once, so that rows are taken in while the server works on the next answer?

psycopg's own pipeline hands out no result before all have arrived: server and client would wait for each other.
Here the queries go out as one message, and each result is taken as it comes.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGconn, PGresult

__all__ = ["ask"]


def ask(connection: Connection[Any], queries: Sequence[str]) -> Iterator[list[Any]]:
    """The rows of each query, in order; none for a command such as SET. All must be asked for.

    They are sent at once and in one message, inside the transaction that the caller has begun. Raises psycopg.Error
    as the server gives it, when the rest has arrived; whoever stops halfway (Ctrl-C too) gets the connection closed.
    """
    connection.pgconn.send_query(";\n".join(queries).encode(connection.info.encoding))
    connection.pgconn.flush()
    return _answers(connection)


def _answers(connection: Connection[Any]) -> Iterator[list[Any]]:
    from psycopg.adapt import Transformer
    from psycopg.errors import OperationalError, ProgrammingError, error_from_result
    from psycopg.pq import ExecStatus

    pgconn, encoding = connection.pgconn, connection.info.encoding
    failed: Exception | None = None
    whole = False
    try:
        while (result := _next(pgconn)) is not None:
            if result.status == ExecStatus.TUPLES_OK:
                transformer = Transformer(connection)
                transformer.set_pgresult(result)
                yield transformer.load_rows(0, result.ntuples, tuple)
            elif result.status in (ExecStatus.COPY_IN, ExecStatus.COPY_OUT):
                raise ProgrammingError("COPY wants rows, and there are none")  # it would wait for them for ever
            elif result.status in (ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY):
                yield []
            elif failed is None:
                failed = error_from_result(result, encoding=encoding)
        whole = True
    except OperationalError as exc:
        failed = failed or exc  # the server's last words, before the connection went away
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
