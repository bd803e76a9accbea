"""How do rows wait that were staged by an attempt which may not count?

A scheduler that tries a task again, or twice at once, may leave rows of several attempts at the same work; one of them
counts. Each attempt therefore has staging tables of its own (`staged_...`, named at random), made like those of the
run. The attempt that counts is joined to them, as a child by inheritance: a change of the catalog alone, no row is
moved. What an attempt left that was dead, slow or overtaken is never seen by the load, however late it is
written, and is dropped with the stage; sessions that still write to it are ended first. Only the holder of the
pipeline's lock joins, ends or drops.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.staging import Stage

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["AttemptStage", "drop_attempts", "fold_attempts", "join_attempts"]

# Sessions of ours that hold a lock on one of these tables, but for the asking one, and what this role may end.
_END = """
SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(a.pid))
  FROM (SELECT DISTINCT l.pid FROM pg_catalog.pg_locks l
         WHERE l.locktype = 'relation' AND l.relation = ANY (%s::oid[]) AND l.pid <> pg_catalog.pg_backend_pid()
           AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())) h
  JOIN pg_catalog.pg_stat_activity a USING (pid)
 WHERE a.application_name LIKE 'pgmason pipeline %%' AND pg_catalog.pg_has_role(a.usesysid, 'MEMBER')
"""

_FOUND = """
SELECT c.oid, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'pgmason' AND c.relkind = 'r' AND pg_catalog.starts_with(c.relname, %s)
"""


class AttemptStage(Stage):
    """The staging tables of one attempt, `token` (hex digits) telling it from all others."""

    __slots__ = ("of",)

    def __init__(self, of: Stage, token: str) -> None:
        from psycopg import sql

        super().__init__(of.name, of.fits, of.key)
        self.of = of
        self.table = sql.Identifier("pgmason", _prefix(of.name) + token)
        self.bad = sql.Identifier("pgmason", f"{_prefix(of.name)}{token}_bad")

    def make(self, connection: Connection[Any]) -> None:
        """Both tables, empty, with the columns of the run's own. Raises UndefinedTable where the run has ended."""
        from psycopg import sql

        made = sql.SQL("CREATE UNLOGGED TABLE {} (LIKE {}) WITH (autovacuum_enabled = false)")
        with connection.transaction():
            connection.execute(made.format(self.table, self.of.table))
            connection.execute(made.format(self.bad, self.of.bad))


def join_attempts(connection: Connection[Any], stage: Stage, tokens: Iterable[str]) -> None:
    """Let the rows of these attempts be rows of the stage; all of them or none."""
    from psycopg import sql

    with connection.transaction():
        for token in tokens:
            attempt = AttemptStage(stage, token)
            for child, parent in ((attempt.table, stage.table), (attempt.bad, stage.bad)):
                connection.execute(sql.SQL("ALTER TABLE {} INHERIT {}").format(child, parent))


def fold_attempts(connection: Connection[Any], stage: Stage, tokens: Iterable[str]) -> None:
    """The same by copying, where there are so many attempts that each statement would lock too many tables."""
    from psycopg import sql

    with connection.transaction():
        for token in tokens:
            attempt = AttemptStage(stage, token)
            for child, parent in ((attempt.table, stage.table), (attempt.bad, stage.bad)):
                connection.execute(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(parent, child))
                connection.execute(sql.SQL("DROP TABLE {}").format(child))


def drop_attempts(connection: Connection[Any], name: str) -> None:
    """What attempts at the work of this pipeline left, joined or not, goes, and sessions still at it are ended."""
    from psycopg import sql

    found = connection.execute(_FOUND, [_prefix(name)]).fetchall()
    if found:
        _end_sessions(connection, [oid for oid, _ in found])
        tables = [sql.Identifier("pgmason", relname) for _, relname in found]
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.SQL(", ").join(tables)))


def _end_sessions(connection: Connection[Any], tables: list[int]) -> None:
    """As the role that logged in, which is the one that those sessions are of, whatever role is set since."""
    row = connection.execute("SELECT pg_catalog.current_setting('role')").fetchone()
    connection.execute("SELECT pg_catalog.set_config('role', 'none', false)")
    try:
        connection.execute(_END, [tables])
    finally:
        connection.execute("SELECT pg_catalog.set_config('role', %s, false)", [row[0] if row else "none"])


def _prefix(name: str) -> str:
    """A digest, so that no name of a pipeline begins with another one's, and a name of any length fits."""
    return f"staged_{hashlib.sha256(name.encode()).hexdigest()[:12]}_"
