"""How does a program borrow several copies of one prepared database?

`Clones` makes databases from a template, or from a database of the same lease, all of them under one confined role,
so that a copy costs CREATE DATABASE and nothing else (20 to 40 ms for a few tables; the role, once, 4 ms). They are
named after the lease, as all scratch databases are: whatever ends the process, the supervisor has them dropped. What is
in the template is known to replay; who gets a clone is decided by lending/.

Safe to use from several threads: one conversation with the server at a time, unless a thread brings a connection of its
own (`by`), with which it copies and drops beside the others.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.postgres.platforms import Platform, settle_platform
from pgmason.postgres.scratch import OWNER, copy_database, prepare_server, template_name
from pgmason.postgres.server import Server

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["Clone", "Clones"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """One database that is lent out, and the confined role that may enter it."""

    database: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def url(self, scheme: str = "postgresql") -> str:
        """Its connection string; `scheme` is what stands before ://."""
        return f"{scheme}://{self.user}:{self.password}@{self.host}:{self.port}/{self.database}"


@dataclass(slots=True)
class Clones:
    """Databases cloned on one server, under one role, as the platform has them. Close it before the lease ends."""

    server: Server
    platform: Platform | None = None
    _role: str = ""
    _password: str = field(default="", repr=False)
    _made: set[str] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def clone(self, *, template: str | None = None, of: str | None = None, by: Connection[Any] | None = None) -> Clone:
        """A new database: from the template of a digest, from the database `of`, or empty.

        Nobody may be connected to `of`; who is, is sent away. Raises TemplateGone and ServerFailed.
        """
        with self._lock:
            if not self._role:
                prepare_server(self.server)
                self._make_role()
            name = self.server.next_name()
            self._made.add(name)
            if by is None:
                return self._cloned(name, template, of, self.server.admin)
        return self._cloned(name, template, of, by)

    def _cloned(self, name: str, template: str | None, of: str | None, admin: Connection[Any]) -> Clone:
        from psycopg import sql

        copy_database(self.server, of or (template_name(template) if template else None), name, by=admin)
        database, role = sql.Identifier(name), sql.Identifier(self._role)
        admin.execute(
            sql.SQL("; ").join(
                (
                    sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
                    sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role),
                    sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO {}").format(database, sql.Identifier(OWNER)),
                )
            )
        )
        if self.platform is not None:
            settle_platform(self.server, name, self.platform, by=admin)
        return Clone(
            database=name, host="127.0.0.1", port=self.server.state["port"], user=self._role, password=self._password
        )

    def drop(self, clone: Clone, *, by: Connection[Any] | None = None) -> None:
        """Drop a clone, and end whatever is still connected to it."""
        if by is not None:
            self._drop(clone.database, by)
            return
        with self._lock:
            self._drop(clone.database, self.server.admin)

    def _drop(self, name: str, admin: Connection[Any]) -> None:
        from psycopg import sql

        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._made.discard(name)

    def observer(self, clone: Clone) -> Connection[Any]:
        """A superuser's connection to a clone, for reading catalogs and emptying tables; no SQL of the product's."""
        return self.server.connect(clone.database)

    def administrator(self) -> Connection[Any]:
        """Another superuser's connection to the server, for a thread that copies and drops beside the others."""
        return self.server.connect("postgres")

    def close(self) -> None:
        """Drop every clone and the role. What cannot be dropped is left for the sweep."""
        from psycopg import sql

        with self._lock:
            with suppress(Exception):
                for name in sorted(self._made):
                    self._drop(name, self.server.admin)
                if self._role:
                    self.server.admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(self._role)))
            self._role = ""

    def _make_role(self) -> None:
        from psycopg import sql

        self._password = secrets.token_urlsafe(18)
        name = f"r{self.server.next_name()[1:]}"
        role = sql.Identifier(name)
        self.server.admin.execute(
            sql.SQL("; ").join(
                (
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {} IN ROLE {}").format(
                        role, sql.Literal(self._password), sql.Identifier(OWNER)
                    ),
                    sql.SQL("ALTER ROLE {} SET role = {}").format(role, sql.Literal(OWNER)),
                )
            )
        )
        self._role = name
