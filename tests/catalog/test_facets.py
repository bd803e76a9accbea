"""Owners and grants are read as they differ from what PostgreSQL gives by itself, by whoever reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection, sql
from round_trip import drop_subscriptions, skip_what_the_server_lacks

from pgmason.catalog.canonical import catalog_from_json, catalog_to_json, digest
from pgmason.catalog.facets import Grant
from pgmason.catalog.kinds import all_kinds
from pgmason.catalog.kinds.default_privileges import DefaultPrivileges
from pgmason.catalog.kinds.schema import Schema
from pgmason.catalog.model import Catalog
from pgmason.catalog.reading import read_catalog
from pgmason.names import ObjectId
from pgmason.plan.diff import Granted, Owned, compare, diff
from pgmason.plan.telling import as_json, tell
from pgmason.postgres.server import Server

KINDS = sorted(Path(__file__).parent.glob("kinds/*.sql"))
WITHOUT_COMMENT = {"user mapping", "default privileges"}  # COMMENT ON does not know them
OF_SUPERUSERS = {"event trigger", "foreign-data wrapper", "subscription"}  # nobody else may own one, in some major
TABLE, SCHEMA, FUNCTION = (
    ObjectId("table", ("public", "t")),
    ObjectId("schema", ("shop",)),
    ObjectId("function", ("public", "f", "integer")),
)


@contextmanager
def made(server: Server, text: str) -> Iterator[tuple[str, Connection[Any]]]:
    """A database of its own that a superuser applied SQL to: its name and the superuser's connection."""
    name = server.next_name()
    server.admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        with server.connect(name) as connection:
            connection.execute("SET search_path = public;\n" + text)  # type: ignore[call-overload]
            yield name, connection
    finally:
        drop_subscriptions(server, name)
        server.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def role(server: Server, name: str) -> Iterator[str]:
    """An ordinary role that may log in, and its password."""
    identifier = sql.Identifier(name)
    server.admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'p' NOSUPERUSER").format(identifier))
    try:
        yield "p"
    finally:
        server.admin.execute(sql.SQL("DROP ROLE {}").format(identifier))


def test_what_differs_from_the_usual_privileges_is_a_grant(server: Server) -> None:
    text = """
        CREATE TABLE t (id int, c int);
        CREATE VIEW v AS SELECT c FROM t;
        CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE untouched (id int);
        GRANT SELECT ON t TO pg_monitor WITH GRANT OPTION;
        SET ROLE pg_monitor; GRANT SELECT ON t TO PUBLIC; RESET ROLE;
        REVOKE DELETE ON t FROM CURRENT_USER;
        GRANT UPDATE (c) ON t TO pg_monitor;
        GRANT SELECT (c) ON v TO pg_monitor;
        REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;
        REVOKE USAGE ON SCHEMA public FROM PUBLIC;
        GRANT INSERT ON untouched TO pg_monitor;
        REVOKE INSERT ON untouched FROM pg_monitor;
        """
    with made(server, text) as (_, admin):
        catalog = read_catalog(admin)
    assert catalog.grants == {
        TABLE: (
            Grant(privilege="DELETE", grantee=None, revoked=True),
            Grant(privilege="SELECT", grantee="pg_monitor", grantable=True),
            Grant(privilege="SELECT", grantee="public", grantor="pg_monitor"),
        ),
        ObjectId("column", ("public", "t", "c")): (Grant(privilege="UPDATE", grantee="pg_monitor"),),
        ObjectId("column", ("public", "v", "c")): (Grant(privilege="SELECT", grantee="pg_monitor"),),
        FUNCTION: (Grant(privilege="EXECUTE", grantee="public", revoked=True),),
        ObjectId("schema", ("public",)): (Grant(privilege="USAGE", grantee="public", revoked=True),),
    }
    assert catalog_from_json(catalog_to_json(catalog), name="the copy") == catalog


def test_a_change_of_owner_changes_no_grant(server: Server) -> None:
    text = "CREATE TABLE t (id int); GRANT SELECT ON t TO pg_monitor; REVOKE DELETE ON t FROM CURRENT_USER;"
    with made(server, text) as (_, admin):
        before = read_catalog(admin)
        admin.execute("ALTER TABLE t OWNER TO pg_read_all_data")
        after = read_catalog(admin)
    assert before.grants == after.grants
    assert diff(before, after) == (Owned(object=TABLE, of=None, before="pgmason", after="pg_read_all_data"),)
    assert tell(diff(before, after)[0]) == "table public.t: owner pgmason → pg_read_all_data"


def test_a_history_that_says_nothing_of_owners_has_none_and_differs_in_none(
    server: Server, database_on: Callable
) -> None:
    text = "CREATE TABLE t (id serial); CREATE SCHEMA s; CREATE VIEW v AS SELECT 1;"
    database = database_on(server)
    database.execute(text)
    history = database.read_catalog()
    assert history.owners == history.grants == {}
    with made(server, text) as (_, admin):
        product = read_catalog(admin)
    assert product.owners[TABLE] == "pgmason"
    assert diff(history, product) == diff(product, history) == ()


def test_an_owner_that_a_history_names_is_read(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    database.execute("CREATE TABLE t (id serial);")
    with server.connect(database.scratch.name) as admin:
        admin.execute("ALTER TABLE public.t OWNER TO pg_monitor")
    catalog = database.read_catalog()
    assert catalog.owners == {TABLE: "pg_monitor", ObjectId("sequence", ("public", "t_id_seq")): "pg_monitor"}


def test_default_privileges_are_told_against_what_postgresql_gives(server: Server) -> None:
    text = """
        CREATE SCHEMA s;
        ALTER DEFAULT PRIVILEGES FOR ROLE pg_monitor REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
        ALTER DEFAULT PRIVILEGES FOR ROLE pg_monitor IN SCHEMA s GRANT SELECT ON TABLES TO PUBLIC;
        """
    with made(server, text) as (_, admin):
        found = dict(read_catalog(admin).of(DefaultPrivileges))
    assert found == {
        ObjectId("default privileges", ("pg_monitor", "", "functions")): DefaultPrivileges(
            grants=(("EXECUTE", "public", False, True),)
        ),
        ObjectId("default privileges", ("pg_monitor", "s", "tables")): DefaultPrivileges(
            grants=(("SELECT", "public", False, False),)
        ),
    }


def test_default_privileges_of_the_role_that_ran_a_history_are_listed_as_not_read(
    server: Server, database_on: Callable
) -> None:
    database = database_on(server)
    database.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor; CREATE TABLE t (id int);")
    catalog = database.read_catalog()
    assert catalog.grants == {TABLE: (Grant(privilege="SELECT", grantee="pg_monitor"),)}
    assert not list(catalog.of(DefaultPrivileges))
    assert [item.kind for item in catalog.unread] == ["default privileges"]


def test_the_order_in_which_privileges_were_granted_makes_no_difference(server: Server) -> None:
    one, other = "GRANT SELECT ON t TO pg_monitor;", "GRANT SELECT ON t TO pg_signal_backend;"
    with made(server, "CREATE TABLE t (id int);" + one + other) as (_, admin):
        before = read_catalog(admin)
    with made(server, "CREATE TABLE t (id int);" + other + one) as (_, admin):
        after = read_catalog(admin)
    assert diff(before, after) == ()
    assert digest(before) == digest(after)


def test_a_difference_of_grants_is_one_change_with_both_sides() -> None:
    create, usage = (Grant(privilege=word, grantee="app") for word in ("CREATE", "USAGE"))
    before, after = (
        Catalog(objects={SCHEMA: Schema()}, comments={}, grants={SCHEMA: grants} if grants else {})
        for grants in ((create, usage), (usage,))
    )
    assert diff(before, after) == (Granted(object=SCHEMA, of=None, before=(create,), after=()),)
    [told] = as_json(compare(before, after))["changes"]
    assert (told["change"], told["told"]) == ("granted", "schema shop: - CREATE from app")
    assert told["before"] == [
        {"privilege": "CREATE", "grantee": "app", "grantable": False, "grantor": None, "revoked": False}
    ]


@pytest.mark.parametrize("file", KINDS, ids=lambda file: file.stem)
def test_a_comment_and_an_owner_of_any_object_are_read_as_its_own(server: Server, file: Path) -> None:
    """Each object that the scripts make is given a comment and, where it has one, another owner, by its address."""
    text = file.read_text(encoding="utf-8")
    skip_what_the_server_lacks(server, text)
    addresses = {kind.name: kind.address for kind in all_kinds()}
    with made(server, text) as (_, admin):
        before = read_catalog(admin)
        comments, owners = dict(before.comments), dict(before.owners)
        for identity, state in sorted(before.objects.items(), key=lambda item: item[0]):
            if identity.kind in WITHOUT_COMMENT:
                continue
            address = addresses[identity.kind]
            assert address is not None, f"{identity.kind} has no address"
            comments[identity] = f"said of {identity}"
            named, said = address(identity, state), sql.Literal(comments[identity])
            admin.execute(sql.SQL("COMMENT ON {} IS {}").format(named, said))
            owned_by = getattr(state, "owned_by", None)  # a sequence goes with its table
            if identity in owners and owned_by is None and identity.kind not in OF_SUPERUSERS:
                owners[identity] = "pg_monitor"
                admin.execute(sql.SQL("ALTER {} OWNER TO pg_monitor").format(named))
        after = read_catalog(admin)
    for identity, state in before.objects.items():
        owned_by = getattr(state, "owned_by", None)
        if owned_by is not None and identity in owners:
            owners[identity] = owners[ObjectId("table", owned_by[:2])]
    assert after.comments == comments
    assert after.owners == owners


@pytest.mark.parametrize("file", KINDS, ids=lambda file: file.stem)
def test_an_ordinary_user_reads_what_the_superuser_reads(server: Server, file: Path) -> None:
    """Of what PostgreSQL hides, the options of other roles' user mappings, each is named."""
    text = file.read_text(encoding="utf-8")
    skip_what_the_server_lacks(server, text)
    name = f"ordinary_{server.next_name()}"
    with role(server, name) as password, made(server, text) as (database, admin):
        whole = read_catalog(admin)
        with server.connect(database, user=name, password=password) as ordinary:
            seen = read_catalog(ordinary)
    mappings = {one for one in whole.objects if one.kind == "user mapping"}
    hidden = {one for one in mappings if seen.objects[one].options is None}
    assert hidden == mappings
    assert {item.name for item in seen.unread if item.kind == "options of a user mapping"} == {
        one.name for one in hidden
    }
    assert without(seen, hidden) == without(whole, hidden)


def without(catalog: Catalog, hidden: set[ObjectId]) -> Catalog:
    """The catalog less these objects and less what it says of not having read them."""
    return Catalog(
        objects={one: state for one, state in catalog.objects.items() if one not in hidden},
        comments=catalog.comments,
        owners=catalog.owners,
        grants=catalog.grants,
        dependencies=catalog.dependencies,
        unread=tuple(item for item in catalog.unread if "user mapping" not in item.kind + item.name),
    )
