"""What is a scratch database, who may do what in it, and how is one kept for the next command?

Every database belongs to the superuser. SQL from a repository logs in as a role made for that one database, an
ordinary one: it may connect nowhere else, owns no database, and acts as the role `pgmason_owner`, which owns the
objects and the schema public (so that a clone needs no change of owners). A role or extension that the SQL names
and nobody creates gets a stand-in, which is said.

A template is a scratch database kept under the digest of all that made it; a clone of one costs a few tens of
milliseconds (CREATE DATABASE with STRATEGY file_copy), of one with hundreds of relations hundreds, unless it was taken
ahead (spares.py). The least recently used go when they outgrow the limit.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.errors import ServerFailed
from pgmason.postgres.server import Server
from pgmason.postgres.spares import SPARE_AFTER_SECONDS, drop_spare, take_spare
from pgmason.postgres.tree import offer_extension

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed

__all__ = [
    "OWNER",
    "Scratch",
    "TemplateGone",
    "cache_limit_bytes",
    "copy_database",
    "drop_left_over",
    "evict_templates",
    "has_template",
    "offer_extensions",
    "prepare_server",
    "scratch_database",
    "stand_in_roles",
    "template_name",
    "tidy",
    "wanted_before",
]

OWNER = "pgmason_owner"
# Owns the schema public and may create in every schema that the owner makes. Stand-in roles are members, because
# ALTER ... OWNER TO asks that the new owner may create in the object's schema (and the owner is a member of each
# stand-in, so the stand-ins cannot be members of the owner).
SCHEMAS = "pgmason_schemas"
SUPERUSER = "pgmason"
BASE = "pgmason_base"
DEAD_ROWS = 20_000
TIDY_PATIENCE_MS = 50
# pg_database.datconnlimit of one whose DROP was cut off: nothing but another DROP can be done with it (manual, 53.15).
_BROKEN = -2


def cache_limit_bytes() -> int:
    """How much disk the templates of one server may take: PGMASON_CACHE_MB, 4,000 MB by default."""
    return int(os.environ.get("PGMASON_CACHE_MB", "4000")) * 1_000_000


def session_seconds() -> float:
    """How long one session of a repository's SQL may last: PGMASON_SESSION_SECONDS, half an hour by default."""
    return float(os.environ.get("PGMASON_SESSION_SECONDS", "1800"))


def session_limit_bytes() -> int:
    """How much disk it may take, with what it spills: PGMASON_SESSION_DISK_MB, 8,000 MB by default."""
    return int(os.environ.get("PGMASON_SESSION_DISK_MB", "8000")) * 1_000_000


class TemplateGone(ServerFailed):
    """The template to clone was evicted by another command a moment ago; asking again starts from another."""

    code = "template-gone"


@dataclass(slots=True)
class Scratch:
    """One scratch database. Its file goes when the context ends, unless it was kept as a template."""

    server: Server
    name: str
    role: str
    password: str = field(repr=False)
    ended: str | None = None  # why the supervisor ended the last session, if it did
    _kept: bool = False
    _backend: int = 0

    @property
    def unsaid(self) -> frozenset[str]:
        """The roles that nobody's SQL chose: what these own or grant says nothing of owners."""
        return frozenset({self.role, OWNER, SCHEMAS, SUPERUSER})

    @property
    def url(self) -> str:
        """A connection string for the product's own tools, as the confined role."""
        return f"postgresql://{self.role}:{self.password}@127.0.0.1:{self.server.state['port']}/{self.name}"

    @contextmanager
    def session(self, *, seconds: float | None = None, size_bytes: int | None = None) -> Iterator[Connection[Any]]:
        """The confined role's connection, under watch: ended when it overruns its time or its disk."""
        connection = self._connection()
        # Unless somebody takes them, psycopg keeps all notifications, and SQL may send itself any number.
        connection.add_notify_handler(lambda _: None)
        self._backend, self.ended = connection.info.backend_pid, None
        try:
            oid = _one(self.server.admin, "SELECT oid FROM pg_catalog.pg_database WHERE datname = %s", self.name)
            self.server.watch(
                connection,
                oid,
                seconds=session_seconds() if seconds is None else seconds,
                size_bytes=session_limit_bytes() if size_bytes is None else size_bytes,
            )
            yield connection
        finally:
            with suppress(Exception):
                connection.close()
            self.note_end()

    def _connection(self) -> Connection[Any]:
        """Log in as the confined role; SQL that ran before may have locked it out, which is mended."""
        from psycopg import OperationalError

        try:
            return self.server.connect(self.name, user=self.role, password=self.password)
        except ServerFailed as exc:
            if not isinstance(exc.__cause__, OperationalError) or not _has_database(self.server, self.name):
                raise
        from psycopg import sql

        self.server.admin.execute(sql.SQL("; ").join(_letting_in(self)))
        return self.server.connect(self.name, user=self.role, password=self.password)

    def note_end(self) -> None:
        """Ask the supervisor whether it ended the session, and why."""
        if self._backend:
            with suppress(ServerFailed):
                self.ended = self.server.unwatch(self._backend)
            self._backend = 0

    @contextmanager
    def observer(self) -> Iterator[Connection[Any]]:
        """A superuser's connection for reading pg_catalog; no SQL of the product's is ever sent on it."""
        with self.server.connect(self.name) as connection:
            yield connection

    def save(self, digest: str) -> None:
        """Keep a copy under that digest. No session may be open on the database."""
        _copy(self.server, self.name, template_name(digest))

    def keep(self, digest: str) -> None:
        """Make the database itself the template of that digest: nothing is copied, and the scratch is used up."""
        from psycopg import errors, sql

        admin = self.server.admin
        try:
            _wait_for_sessions(admin, self.name)
            admin.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(self.name), sql.Identifier(template_name(digest))
                )
            )
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            return  # another command made the same one; ours is dropped
        self._kept = True
        _seal(self.server, template_name(digest))
        _drop_role(admin, self.role, template_name(digest))


def has_template(server: Server, digests: Iterable[str]) -> str | None:
    """The first of these digests that a template is kept for, and mark it as used now."""
    names = {template_name(digest): digest for digest in digests}
    prepare_server(server)
    rows = server.admin.execute(
        "SELECT datname, datistemplate, datconnlimit = %s FROM pg_catalog.pg_database", [_BROKEN]
    ).fetchall()
    kept = {name: sealed for name, sealed, broken in rows if not (broken and _dropped(server.admin, name))}
    for name, digest in names.items():
        if name in kept:
            if kept[name]:
                _used_now(server, name)
            else:  # whole, and its maker was killed before the seal
                _seal(server, name)
            return digest
    return None


def _dropped(admin: Connection[Any], name: str) -> bool:
    """Drop a database that nobody can use; always True."""
    from psycopg import Error, sql

    with suppress(Error):  # somebody else is at it
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    return True


def wanted_before(server: Server, digest: str) -> bool:
    """Whether this state was asked about before, and remember that it was now."""
    admin = server.admin
    admin.execute("CREATE TABLE IF NOT EXISTS public.wanted (name name PRIMARY KEY)")
    added = admin.execute(
        "INSERT INTO public.wanted (name) VALUES (%s) ON CONFLICT DO NOTHING RETURNING 1", [template_name(digest)]
    ).fetchone()
    return added is None


@contextmanager
def scratch_database(
    server: Server, *, template: str | None = None, read_only: bool = False, again: bool = False
) -> Iterator[Scratch]:
    """A database of its own, cloned from the template of a digest, or empty; dropped afterwards.

    `again` says that the next command wants another clone of the template: where that takes long it is taken ahead
    when the lease is over, and the first such database of the lease is dropped then, too.
    """
    from psycopg import sql

    prepare_server(server)
    name = server.next_name()
    scratch = Scratch(server=server, name=name, role=f"r{name[1:]}", password=secrets.token_urlsafe(18))
    admin = server.admin
    leave = again and not server.ahead
    try:
        spare = _cloned(server, template, name, again=again)
        role, database = sql.Identifier(scratch.role), sql.Identifier(name)
        statements: list[Composed] = []
        if not read_only:
            statements = [
                sql.SQL("CREATE ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE IN ROLE {}").format(
                    role, sql.Identifier(OWNER)
                ),
                # CREATE and TEMPORARY go to all: only the role can connect. Granted to the owner, who owns the objects
                # of every scratch database, DROP OWNED BY it in one would take the privilege from it in all of them.
                sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
                sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO PUBLIC").format(database),
                *_letting_in(scratch),
            ]
        if spare:
            statements.append(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(database))
        if statements:
            admin.execute(sql.SQL("; ").join(statements))
        yield scratch
    finally:
        leave = leave and bool(server.ahead)
        if not scratch._kept and not leave:
            with suppress(Exception):  # the server may be gone; whatever is left is swept by the next command
                admin = server.admin
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
                _drop_role(admin, scratch.role, None)
        if not leave:
            with suppress(Exception):
                tidy(server.admin)


def _cloned(server: Server, template: str | None, name: str, *, again: bool) -> bool:
    """Make the database; whether it was there as a spare, to which nobody can connect yet."""
    source = template_name(template) if template else BASE
    if again and take_spare(server.admin, source, name):
        server.ahead.add(source)
        return True
    began = time.perf_counter()
    _copy(server, source, name, template=False)
    if again and time.perf_counter() - began > SPARE_AFTER_SECONDS:
        server.ahead.add(source)
    return False


def _has_database(server: Server, name: str) -> bool:
    return _one(server.admin, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", name) is not None


def _letting_in(scratch: Scratch) -> list[Composed]:
    """What the confined role may and starts with; said again where its own SQL changed it, as a role may.

    Its messages stay out of the server's log, which is a file: RAISE LOG in a loop would fill the disk.
    """
    from psycopg import sql

    name = sql.Identifier(scratch.role)
    return [
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(scratch.password)),
        sql.SQL("ALTER ROLE {} RESET ALL").format(name),
        sql.SQL("ALTER ROLE {} SET role = {}").format(name, sql.Literal(OWNER)),
        sql.SQL("ALTER ROLE {} SET log_min_messages = fatal").format(name),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(scratch.name), name),
    ]


def tidy(admin: Connection[Any]) -> None:
    """Take back settings that SQL gave the role that all of it shares, and clean the catalogs that databases share.

    A role may always ALTER ROLE itself; settings of one that never logs in do nothing, and are taken back all the same.

    Every object of a role leaves a row in pg_shdepend, and autovacuum is off on these servers: without this, a
    server that has replayed a long history a few times takes twice as long for the next one.
    """
    if _one(
        admin,
        "SELECT 1 FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole"
        " WHERE r.rolname = %s AND s.setdatabase = 0",
        OWNER,
    ):
        from psycopg import errors, sql

        # SQL that is under way elsewhere may hold the row for as long as its session lasts; the next one takes it back.
        with suppress(errors.LockNotAvailable, errors.InternalError), admin.transaction():
            admin.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{TIDY_PATIENCE_MS}ms")))
            admin.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(sql.Identifier(OWNER)))
    dead = _one(
        admin,
        "SELECT pg_catalog.max(n_dead_tup) FROM pg_catalog.pg_stat_sys_tables WHERE relname ~ '^pg_(shdepend|authid)'",
    )
    if _one(admin, "SELECT pg_catalog.count(*) > 4 FROM pg_catalog.pg_ls_dir('pg_notify')"):
        # Files of what a listener did not fetch, who is gone. The queue's tail is advanced for who asks how full it is
        # (commands/async.c); for who sends it is not where it is full, and then it stays so.
        admin.execute("SELECT pg_catalog.pg_notification_queue_usage()")
    if dead and dead > DEAD_ROWS:
        admin.execute("VACUUM pg_catalog.pg_shdepend, pg_catalog.pg_authid, pg_catalog.pg_database")


def stand_in_roles(server: Server, names: Iterable[str]) -> tuple[str, ...]:
    """Make sure that each of these roles exists, as a NOLOGIN stand-in that the confined roles are members of.

    Gives what to say about them. Names that PostgreSQL reserves are left for the server to refuse.
    """
    from psycopg import errors, sql

    wanted = sorted(set(names))
    if not wanted:
        return ()
    prepare_server(server)  # they become members of a role of ours
    admin = server.admin
    there = {
        row[0]
        for row in admin.execute(
            "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY (%s)", [wanted]
        ).fetchall()
    }
    said = []
    for name in wanted:
        if name.startswith(("pg_", "pgmason")):
            continue
        if name not in there:
            # a name that cannot be one, such as "none", is left for the server to refuse where it is used
            with _alone(admin), suppress(errors.DuplicateObject, errors.ReservedName, errors.SyntaxError):
                role, schemas, owner = (sql.Identifier(one) for one in (name, SCHEMAS, OWNER))
                # one message, so one transaction: a role that is there is a member, too
                admin.execute(
                    sql.SQL("CREATE ROLE {0} NOLOGIN; GRANT {1} TO {0}; GRANT {0} TO {2}").format(role, schemas, owner)
                )
        said.append(f"role {name}: a stand-in without login")
    return tuple(said)


def offer_extensions(server: Server, names: Iterable[str]) -> tuple[str, ...]:
    """Stand-ins for extensions that the server lacks; what to say about them."""
    return tuple(said for said in (offer_extension(server.tree, name) for name in names) if said)


def drop_left_over(admin: Connection[Any], alive: Container[str]) -> int:
    """End sessions of ours and drop databases and roles of leases that are gone; how many databases."""
    from psycopg import sql

    # The server goes on with a statement that nobody waits for: a CREATE DATABASE would make its database yet.
    sessions = admin.execute(
        "SELECT pid, application_name FROM pg_catalog.pg_stat_activity"
        " WHERE usename = 'pgmason' AND application_name ~ '^pgmason [0-9a-f]{8}$'"
    ).fetchall()
    for pid, name in sessions:
        if name.split()[1] not in alive:
            admin.execute("SELECT pg_catalog.pg_terminate_backend(%s, 5000)", [pid])
    rows = admin.execute("SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE 's\\_%'").fetchall()
    gone = [row[0] for row in rows if row[0].split("_")[1] not in alive]
    for name in gone:
        with suppress(Exception):
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    roles = admin.execute("SELECT rolname FROM pg_catalog.pg_roles WHERE rolname ~ '^r_[0-9a-f]{8}_[0-9]+$'").fetchall()
    for (role,) in roles:
        if role.split("_")[1] not in alive:
            with suppress(Exception):
                admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
    return len(gone)


def evict_templates(admin: Connection[Any], limit_bytes: int | None = None) -> int:
    """Drop the least recently used templates until the rest fits the limit; how many were dropped."""
    from psycopg import sql

    limit = cache_limit_bytes() if limit_bytes is None else limit_bytes
    rows = admin.execute(
        "SELECT d.datname,"
        " coalesce(pg_catalog.pg_database_size(d.oid), 0) + coalesce(pg_catalog.pg_database_size(s.oid), 0),"
        " d.datconnlimit = %s"
        " FROM pg_catalog.pg_database d"
        " LEFT JOIN pg_catalog.pg_database s ON s.datname = 'p_' || pg_catalog.substr(d.datname, 3)"
        " LEFT JOIN public.templates t ON t.name = d.datname"
        " WHERE d.datname LIKE 't\\_%%' ORDER BY t.used_at DESC NULLS LAST",
        [_BROKEN],
    ).fetchall()
    total, dropped = 0, 0
    for name, size, broken in rows:
        total += size
        if broken:
            _dropped(admin, name)
        elif total > limit:
            with suppress(Exception):  # being cloned right now: it is in use after all
                admin.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(name)))
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
                drop_spare(admin, name)
                admin.execute("DELETE FROM public.templates WHERE name = %s", [name])
                dropped += 1
    return dropped


def template_name(digest: str) -> str:
    """The database that is kept for that digest."""
    return f"t_{digest[:40]}"


def copy_database(server: Server, source: str | None, target: str, *, by: Connection[Any] | None = None) -> None:
    """A database like `source` (None: the empty base); who is connected to that is sent away. Raises TemplateGone.

    `by` is a superuser's connection that is used instead of the server's own, for threads that copy at once.
    """
    if source is not None:
        _wait_for_sessions(by or server.admin, source)
    _copy(server, source or BASE, target, template=False, by=by)


def _one(connection: Connection[Any], query: str, *values: Any) -> Any:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None


@contextmanager
def _alone(admin: Connection[Any]) -> Iterator[None]:
    """Nobody else changes roles, the base or a template meanwhile; two who do so at once would fail each other."""
    admin.execute("SELECT pg_catalog.pg_advisory_lock(20260701)")
    try:
        yield
    finally:
        admin.execute("SELECT pg_catalog.pg_advisory_unlock(20260701)")


def prepare_server(server: Server) -> None:
    """On a new server: our roles, the table of templates and the base database. One query when they are there."""
    there = "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s AND datistemplate"
    if _one(server.admin, there, BASE):
        return
    with _alone(server.admin):
        if not _one(server.admin, there, BASE):
            _make_base(server)


def _make_base(server: Server) -> None:
    """Every step may have been taken by a command that was killed before the last one, which seals the base."""
    from psycopg import errors, sql

    admin = server.admin
    base, owner, schemas = (sql.Identifier(name) for name in (BASE, OWNER, SCHEMAS))
    for role in (schemas, owner):
        with suppress(errors.DuplicateObject):
            admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
    admin.execute(sql.SQL("GRANT {} TO {}").format(schemas, owner))
    admin.execute("CREATE TABLE IF NOT EXISTS public.templates (name name PRIMARY KEY, used_at timestamptz NOT NULL)")
    admin.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(base))
    admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(base))
    with server.connect(BASE) as inside:
        inside.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(schemas))
        inside.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT CREATE, USAGE ON SCHEMAS TO {}").format(owner, schemas)
        )
    _wait_for_sessions(admin, BASE)
    _seal(server, BASE)


def _seal(server: Server, name: str) -> None:
    from psycopg import sql

    database = sql.Identifier(name)
    with _alone(server.admin):  # its maker, and who finds it before its maker is done
        server.admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        server.admin.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(database))
    if name != BASE:
        _used_now(server, name)


def _used_now(server: Server, name: str) -> None:
    server.admin.execute(
        "INSERT INTO public.templates (name, used_at) VALUES (%s, pg_catalog.now())"
        " ON CONFLICT (name) DO UPDATE SET used_at = excluded.used_at",
        [name],
    )


def _wait_for_sessions(admin: Connection[Any], name: str) -> None:
    """Sessions that were closed a moment ago may still be leaving; CREATE and RENAME refuse while they are there."""
    query = "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = %s"
    # With a timeout of its own pg_terminate_backend looks again after 100 ms only; they leave within a few.
    patience = time.monotonic() + 30
    while admin.execute(query, [name]).fetchall() and time.monotonic() < patience:
        time.sleep(0.002)


def _copy(
    server: Server, source: str, target: str, *, template: bool = True, by: Connection[Any] | None = None
) -> None:
    from psycopg import errors, sql

    admin = by or server.admin
    if template:
        _wait_for_sessions(admin, source)
    try:
        admin.execute(
            # file_copy first writes out all that is dirty on the server, which for the small base is not worth it
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}").format(
                sql.Identifier(target), sql.Identifier(source), sql.SQL("wal_log" if source == BASE else "file_copy")
            )
        )
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        return  # another command keeps the same state at this moment
    except (errors.InvalidCatalogName, errors.UndefinedObject) as exc:
        raise TemplateGone("a template was dropped while it was wanted; run the command again") from exc
    except errors.DiskFull as exc:
        raise ServerFailed(
            "the scratch server's disk is full",
            where=str(server.tree.root),
            fix="free some space, or: pgmason server clear",
        ) from exc
    if template:
        _seal(server, target)


def _drop_role(admin: Connection[Any], role: str, database: str | None) -> None:
    from psycopg import sql

    with suppress(Exception):  # a role that still holds something is swept later
        if database:
            admin.execute(
                sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(sql.Identifier(database), sql.Identifier(role))
            )
        admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
