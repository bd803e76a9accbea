"""How does one statement run, and what does the server refuse?

A string goes as it is written (postgres/sending.py); a statement of the short list runs with a superuser's rights.
Left to others: which statements, and what they did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgmason.effects.elevated import heard
from pgmason.effects.model import SqlError
from pgmason.errors import cut_off
from pgmason.statements import Statement

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["run_elevated", "send"]


def send(session: Connection[Any], text: str, copy_data: str | None = None) -> SqlError | None:
    """Run one statement; the server's refusal, or None where it is done. A lost connection is SQLSTATE ""."""
    import psycopg

    from pgmason.postgres import sending

    try:
        for _ in sending.send(session, text, copy_data):
            pass
    except psycopg.Error as exc:
        return SqlError(
            sqlstate=exc.sqlstate or "",
            message=cut_off(exc.diag.message_primary or " ".join(str(exc).split())),
            constraint=exc.diag.constraint_name or "",
            relation=exc.diag.table_name or "",
        )
    return None


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
