"""How is one statement sent, and what did the server answer? Rows are thrown away as they come.

By libpq itself: psycopg would gather a result in memory, and a SELECT of a stranger's may give any number of rows.
The simple query protocol, as runners use it, so a string goes as it is written. COPY is followed both ways.

Left to others: which statements, and what they did.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

from pgmason.effects.elevated import heard
from pgmason.effects.model import SqlError
from pgmason.statements import Statement

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGconn, PGresult

__all__ = ["run_elevated", "send"]

COPY_CHUNK_BYTES = 1 << 20


def send(session: Connection[Any], text: str, copy_data: str | None = None) -> SqlError | None:
    """Run one statement; the server's refusal, or None where it is done. A lost connection is SQLSTATE ""."""
    import psycopg

    connection: PGconn = session.pgconn
    encoding = session.info.encoding
    try:
        connection.send_query(text.encode(encoding, "replace"))
        connection.set_single_row_mode()
        return _answers(connection, (copy_data or "").encode(encoding, "replace"), encoding)
    except psycopg.OperationalError as exc:
        return SqlError(sqlstate=exc.sqlstate or "", message=" ".join(str(exc).split()))


def run_elevated(
    session: Connection[Any], observer: Connection[Any], role: str, statement: Statement
) -> SqlError | None:
    """Run one statement of the short list with a superuser's rights, in the session's own transaction.

    The observer's session allows the text for as long as it runs.
    """
    from psycopg import sql

    relation = statement.tree.relation if statement.form == "alter_table_stmt" else None
    names = [part for part in (relation.schemaname, relation.relname) if part] if relation is not None else []
    table = sql.Literal(sql.Identifier(*names).as_string(session) if names else None)
    call = sql.SQL(
        "SELECT pg_catalog.pgmason_elevated({}::pg_catalog.text,"
        " COALESCE(pg_catalog.to_regclass({}::pg_catalog.text)::pg_catalog.oid, 0::pg_catalog.oid))"
    ).format(sql.Literal(statement.text), table)
    observer.execute(
        "INSERT INTO pg_catalog.pgmason_allowed (statement, role, heard) VALUES (%s, %s, %s)",
        [statement.text, role, heard(statement)],
    )
    try:
        return send(session, call.as_string(session))
    finally:
        observer.execute("DELETE FROM pg_catalog.pgmason_allowed")


def _answers(connection: PGconn, copy_data: bytes, encoding: str) -> SqlError | None:
    from psycopg.pq import ExecStatus

    failed: SqlError | None = None
    while (result := _next(connection)) is not None:
        match result.status:
            case ExecStatus.FATAL_ERROR:
                failed = failed or _told(result, encoding)
            case ExecStatus.COPY_IN:
                for start in range(0, len(copy_data), COPY_CHUNK_BYTES):
                    connection.put_copy_data(copy_data[start : start + COPY_CHUNK_BYTES])
                connection.put_copy_end()
                _flush(connection)
            case ExecStatus.COPY_OUT:
                while connection.get_copy_data(0)[0] > 0:
                    pass
    return failed


def _next(connection: PGconn) -> PGresult | None:
    """The next result; waits without holding the interpreter, so that Ctrl-C is heard."""
    _flush(connection)
    while connection.is_busy():
        select.select([connection.socket], [], [], 1.0)
        connection.consume_input()
    return connection.get_result()


def _flush(connection: PGconn) -> None:
    while connection.flush():
        select.select([connection.socket], [connection.socket], [], 1.0)
        connection.consume_input()


def _told(result: PGresult, encoding: str) -> SqlError:
    from psycopg.pq import DiagnosticField

    def field(which: DiagnosticField) -> str:
        return (result.error_field(which) or b"").decode(encoding, "replace")

    return SqlError(
        sqlstate=field(DiagnosticField.SQLSTATE),
        message=field(DiagnosticField.MESSAGE_PRIMARY) or result.error_message.decode(encoding, "replace").strip(),
        constraint=field(DiagnosticField.CONSTRAINT_NAME),
        relation=field(DiagnosticField.TABLE_NAME),
    )
