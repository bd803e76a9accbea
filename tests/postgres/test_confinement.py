"""SQL from a repository runs as an ordinary role that reaches nothing but its own database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from pgmason.postgres.server import Server

FORBIDDEN = Path(__file__).with_name("forbidden.sql").read_text(encoding="utf-8").split(";\n")


@pytest.mark.parametrize("statement", [s.strip() for s in FORBIDDEN if s.strip()])
def test_the_confined_role_is_refused(statement: str, server: Server, database_on: Callable) -> None:
    database = database_on(server)
    with pytest.raises(psycopg.Error) as refused:
        database.execute(statement.replace("THIS_DATABASE", f'"{database.scratch.name}"'))
    assert refused.value.sqlstate in ("42501", "55006", "0LP01"), refused.value


def test_the_confined_role_reaches_no_other_database(server: Server, database_on: Callable) -> None:
    database, other = database_on(server), database_on(server)
    for name in ("postgres", "template1", "pgmason_base", other.scratch.name):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(
                host="127.0.0.1",
                port=server.state["port"],
                user=database.scratch.role,
                password=database.scratch.password,
                dbname=name,
            )


def test_without_its_password_nobody_gets_in(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    for user in ("pgmason", database.scratch.role):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                host="127.0.0.1", port=server.state["port"], user=user, password="wrong", dbname=database.scratch.name
            )


def test_reset_role_leads_to_the_confined_role_and_no_further(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    database.execute("SET ROLE NONE")
    database.execute("RESET ROLE")
    [(session, current, superuser)] = database.execute(
        "SELECT session_user, current_user, rolsuper FROM pg_roles WHERE rolname = session_user"
    )
    assert (session, current, superuser) == (database.scratch.role, "pgmason_owner", False)


def test_privileges_in_one_database_are_not_lost_to_sql_in_another(server: Server, database_on: Callable) -> None:
    bystander, attacker = database_on(server), database_on(server)
    assert bystander.execute("SELECT 1") == [(1,)]
    attacker.execute("CREATE TABLE t (); DROP OWNED BY CURRENT_USER CASCADE; DROP OWNED BY pgmason_owner CASCADE")
    bystander.execute("CREATE SCHEMA s; CREATE TEMP TABLE t ()")


def test_a_role_that_locked_itself_out_is_let_in_again(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    with database.scratch.session() as session:
        session.execute(
            "SET ROLE NONE; ALTER ROLE CURRENT_USER PASSWORD 'else'; ALTER ROLE CURRENT_USER SET role = none"
        )
    with database.scratch.session() as session:
        assert session.execute("SELECT current_user").fetchone() == ("pgmason_owner",)


def test_settings_of_the_role_that_all_share_are_taken_back(server: Server, database_on: Callable) -> None:
    from pgmason.postgres.scratch import scratch_database

    with scratch_database(server) as scratch, scratch.session() as session:
        session.execute("ALTER ROLE pgmason_owner SET search_path = nowhere")
    kept = "SELECT rolconfig FROM pg_roles WHERE rolname = 'pgmason_owner'"
    assert server.admin.execute(kept).fetchone() == (None,)


def test_a_transaction_that_holds_what_all_share_keeps_no_other_command(server: Server, database_on: Callable) -> None:
    import time

    from pgmason.postgres.scratch import scratch_database

    kept = "SELECT rolconfig FROM pg_roles WHERE rolname = 'pgmason_owner'"
    with scratch_database(server) as holder, holder.session(seconds=20) as session:
        session.execute("ALTER ROLE pgmason_owner SET search_path = nowhere")
        session.execute("BEGIN; ALTER ROLE pgmason_owner SET search_path = elsewhere")
        began = time.monotonic()
        with scratch_database(server) as other, other.session() as its:
            its.execute("CREATE TABLE t (id int)")
        assert time.monotonic() - began < 10, "it waited until the holder's session was ended"
        assert server.admin.execute(kept).fetchone() == (["search_path=nowhere"],), "held, so not taken back yet"
    assert server.admin.execute(kept).fetchone() == (None,)


def test_a_queue_that_a_listener_filled_is_emptied_when_it_is_gone(servers: Callable[[int], Server]) -> None:
    """On 18 alone: half a gigabyte is its limit, and 15 has one of eight."""
    from pgmason.postgres.scratch import scratch_database
    from pgmason.postgres.server import server_folder

    server = servers(18)
    queue = server_folder(server.tree) / "data" / "pg_notify"
    with scratch_database(server) as scratch, scratch.session() as session:
        session.execute(
            "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN LOOP"
            " PERFORM pg_notify('a', random() || repeat('x', 7000)); COMMIT; END LOOP; END $$; LISTEN a"
        )
        with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="too many notifications"):
            session.execute("CALL fill()")
        assert sum(file.stat().st_size for file in queue.iterdir()) > 500_000_000
        session.close()  # with all of it unread; from now on any command may empty it
    assert sum(file.stat().st_size for file in queue.iterdir()) < 5_000_000


def test_what_sql_answers_is_not_kept(server: Server, database_on: Callable) -> None:
    import resource

    from pgmason.postgres.sending import send

    database = database_on(server)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for text in (
        "SELECT repeat('x', 1000000) FROM generate_series(1, 400)",
        "COPY (SELECT repeat('x', 1000000) FROM generate_series(1, 400)) TO STDOUT",
    ):
        for _ in send(database.connection, text):
            pass
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "kB, of 800 MB"
    database.execute("CREATE TABLE t (id int)")
    with pytest.raises(psycopg.errors.QueryCanceled, match="no rows behind"):
        for _ in send(database.connection, "COPY t FROM STDIN"):
            pass
    assert database.execute("SELECT 1") == [(1,)]


def test_a_table_may_be_given_to_a_role_that_nobody_created(server: Server, database_on: Callable) -> None:
    from pgmason.postgres.scratch import stand_in_roles

    assert stand_in_roles(server, ["postgres", 'o\'brien "x"']) == (
        'role o\'brien "x": a stand-in without login',
        "role postgres: a stand-in without login",
    )
    database = database_on(server)
    database.execute(
        "CREATE SCHEMA shop; CREATE TABLE shop.t (); ALTER TABLE shop.t OWNER TO postgres;"
        ' CREATE TABLE u (); ALTER TABLE u OWNER TO "o\'brien ""x"""; GRANT SELECT ON u TO postgres'
    )
    owners = database.execute(
        "SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relname IN ('t', 'u') ORDER BY 1"
    )
    assert owners == [("t", "postgres"), ("u", 'o\'brien "x"')]
