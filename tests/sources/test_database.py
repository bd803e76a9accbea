"""A live database is read as an ordinary user, and given up on where it refuses, hangs or hides."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from pgmason.catalog.canonical import digest
from pgmason.catalog.reading import read_catalog
from pgmason.errors import DatabaseUnreachable, UnknownSource, WrongUse
from pgmason.names import without_password
from pgmason.postgres.read_only_role import READ_ONLY_ROLE
from pgmason.sources import Context, read_source
from pgmason.sources.database import connect_read_only

SCHEMA = """
CREATE TYPE mood AS ENUM ('ok', 'sad');
CREATE TABLE parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mood DEFAULT 'ok');
CREATE TABLE child (id serial PRIMARY KEY, parent_id bigint REFERENCES parent, note text, CHECK (id > 0));
CREATE INDEX ON child (parent_id) WHERE note IS NOT NULL;
CREATE VIEW joined AS SELECT p.id, c.note FROM parent p JOIN child c ON c.parent_id = p.id;
COMMENT ON TABLE parent IS 'a parent';
CREATE TABLE _prisma_migrations (id int);
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(base=tmp_path, root=tmp_path)


def test_a_user_who_may_only_connect_reads_the_same_catalog(fresh_database: Callable, context: Context) -> None:
    database = fresh_database()
    database.execute(SCHEMA)
    admin = database.scratch.server.admin
    admin.execute("DROP ROLE IF EXISTS onlooker; CREATE ROLE onlooker LOGIN PASSWORD 'look'")
    admin.execute(f'GRANT CONNECT ON DATABASE "{database.scratch.name}" TO onlooker')
    url = database.url.replace(f"{database.scratch.role}:{database.scratch.password}", "onlooker:look")
    try:
        with psycopg.connect(url) as onlooker, pytest.raises(psycopg.errors.InsufficientPrivilege):
            onlooker.execute("SELECT * FROM child")
        reading = read_source(f"database:{url}", context)
    finally:
        admin.execute(f'REVOKE ALL ON DATABASE "{database.scratch.name}" FROM onlooker; DROP ROLE onlooker')
    with database.scratch.observer() as observer:
        own = read_catalog(observer).without(["*._prisma_migrations"])
    assert digest(reading.catalog) == digest(own)
    assert reading.server.endswith("(the database itself)")


def test_the_role_that_init_prints_reads_the_same_catalog_and_no_row(
    fresh_database: Callable, context: Context
) -> None:
    database = fresh_database()
    database.execute(SCHEMA)
    admin = database.scratch.server.admin
    admin.execute("DROP ROLE IF EXISTS pgmason_reader")
    for statement in READ_ONLY_ROLE:
        admin.execute(statement)
    admin.execute("ALTER ROLE pgmason_reader PASSWORD 'look'")  # as \\password does
    admin.execute(f'GRANT CONNECT ON DATABASE "{database.scratch.name}" TO pgmason_reader')  # PUBLIC's, by default
    url = database.url.replace(f"{database.scratch.role}:{database.scratch.password}", "pgmason_reader:look")
    try:
        with psycopg.connect(url) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("SELECT * FROM child")
        with psycopg.connect(url) as reader, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute("CREATE TEMP TABLE t (id int)")
        reading = read_source(f"database:{url}", context)
    finally:
        admin.execute(f'REVOKE ALL ON DATABASE "{database.scratch.name}" FROM pgmason_reader; DROP ROLE pgmason_reader')
    with database.scratch.observer() as observer:
        assert digest(reading.catalog) == digest(read_catalog(observer).without(["*._prisma_migrations"]))


def test_ledgers_of_tools_are_left_out_with_what_came_with_them(fresh_database: Callable, context: Context) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE mine (id serial PRIMARY KEY)")
    plain = read_source(f"database:{database.url}", context).catalog
    database.execute(
        "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name text); CREATE TABLE alembic_version (version_num text);"
        "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text);"
        "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint)"
    )
    assert digest(read_source(f"database:{database.url}", context).catalog) == digest(plain)


def test_the_session_cannot_write(fresh_database: Callable) -> None:
    database = fresh_database()
    with pytest.raises(DatabaseUnreachable, match="read-only"), connect_read_only(database.url) as connection:
        connection.execute("CREATE TABLE t (id int)")


def test_prisma_parameters_in_a_url_are_no_obstacle(fresh_database: Callable, context: Context) -> None:
    database = fresh_database()
    url = f"{database.url}?schema=public&connection_limit=5&connect_timeout=7"
    assert read_source(url, context).origin == f"database {database.scratch.name}"


def test_a_wrong_password_is_told_without_the_password(fresh_database: Callable, context: Context) -> None:
    database = fresh_database()
    url = database.url.replace(database.scratch.password, "hunter2-secret")
    with pytest.raises(DatabaseUnreachable) as refused:
        read_source(f"database:{url}", context)
    assert refused.value.exit_code == 3
    told = repr(refused.value.as_json()) + str(refused.value)
    assert "password authentication failed" in told
    assert "hunter2-secret" not in told


def test_nobody_listening_is_told(context: Context) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DatabaseUnreachable, match="refused"):
        read_source(f"postgresql://me:hunter2-secret@127.0.0.1:{port}/db", context)


@contextmanager
def silent_listener() -> Iterator[int]:
    """Somebody who takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield listener.getsockname()[1]


def test_a_server_that_never_answers_is_given_up_on(context: Context) -> None:
    with silent_listener() as port:
        began = time.monotonic()
        with pytest.raises(DatabaseUnreachable):
            read_source(f"postgresql://me:hunter2-secret@127.0.0.1:{port}/db?connect_timeout=2", context)
        assert time.monotonic() - began < 20


def test_a_server_that_stops_answering_is_given_up_on(
    fresh_database: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between us and a real server stands somebody who falls silent after the greeting."""
    from pgmason.sources import database as module

    monkeypatch.setattr(module, "DEADLINE_SECONDS", 1.0)
    real = fresh_database()
    port = real.scratch.server.state["port"]
    quiet = threading.Event()

    def carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if not quiet.is_set():
                    target.sendall(data)
        except OSError:
            pass

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)

        def serve() -> None:
            near, _ = listener.accept()
            far = socket.create_connection(("127.0.0.1", port))
            threads = [threading.Thread(target=carry, args=pair) for pair in ((near, far), (far, near))]
            for thread in threads:
                thread.start()
            threads[0].join()
            far.close()
            threads[1].join()
            near.close()

        server = threading.Thread(target=serve)
        server.start()
        url = real.url.replace(f":{port}/", f":{listener.getsockname()[1]}/")
        with pytest.raises(DatabaseUnreachable), connect_read_only(url) as connection:  # noqa: PT012  # it falls silent inside
            quiet.set()
            connection.execute("SELECT 1")
        server.join(timeout=10)


def test_a_catalog_that_is_locked_is_given_up_on(fresh_database: Callable, context: Context) -> None:
    database = fresh_database()
    with database.scratch.server.connect(database.scratch.name) as admin, admin.transaction():
        admin.execute("LOCK TABLE pg_catalog.pg_description")
        with pytest.raises(DatabaseUnreachable, match="lock timeout"):
            read_source(f"database:{database.url}", context)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:s3cret@host:5432/db?sslmode=require", "postgresql://me@host:5432/db?sslmode=require"),
        ("postgres://me:p@ss@host/db", "postgres://me@host/db"),
        ("postgresql://host/db?user=me&password=s3cret", "postgresql://host/db?user=me&password=***"),
        ("host=h user=me password=s3cret dbname=db", "host=h user=me password=*** dbname=db"),
        ("host=h password='s3 cret\\' x' dbname=db", "host=h password=*** dbname=db"),
        ("dbname=db", "dbname=db"),
    ],
)
def test_a_connection_string_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_nonsense_for_a_connection_string_is_wrong_use(context: Context) -> None:
    with pytest.raises(WrongUse):
        read_source("database:host=a port=x=y password=hunter2-secret =", context)


def test_a_variable_that_is_not_set_is_named(context: Context) -> None:
    with pytest.raises(UnknownSource, match="PGMASON_UNSET_URL"):
        read_source("database:env:PGMASON_UNSET_URL", context)
