"""What PostgreSQL says is read as it says it, and what is not read is listed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from psycopg import sql

from pgmason.catalog.canonical import catalog_from_json, catalog_to_json, digest
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.reading import read_catalog
from pgmason.catalog.unread import unread_query
from pgmason.names import ObjectId
from pgmason.postgres.server import Server

EVERYDAY = Path(__file__).with_name("everyday.sql").read_text(encoding="utf-8")
UNREAD = Path(__file__).with_name("unread.sql").read_text(encoding="utf-8")


def column(table: str, name: str) -> ObjectId:
    return ObjectId("column", ("public", table, name))


def test_the_everyday_kinds_are_read_as_the_server_says_them(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    database.execute(EVERYDAY)
    catalog = database.read_catalog()
    assert catalog.objects[column("orders", "id")] == Column(
        type="bigint", not_null=True, default=None, identity="always", generated=None, expression=None, collation=None
    )
    assert catalog.objects[column("orders", "code")].collation == ("pg_catalog", "C")
    assert catalog.objects[column("orders", "gross")].generated == "stored"
    assert catalog.objects[column("orders", "gross")].expression == "(net * 1.2)"
    assert catalog.objects[column("orders", "state")].default == "'open'::public.state"
    orders = ObjectId("table", ("public", "orders"))
    key = catalog.primary_key(orders)
    assert key is not None
    assert (key[0].own_name, key[1].columns) == ("orders_pkey", ("id",))
    [(name, unique)] = catalog.uniques(orders)
    assert (name.own_name, unique.columns, unique.include) == ("orders_code_key", ("code",), ("net",))
    [(check_name, check)] = catalog.checks(orders)
    assert (check_name.own_name, check.columns, check.validated) == ("net_positive", ("net",), False)
    [(_, foreign)] = catalog.foreign_keys(ObjectId("table", ("public", "lines")))
    assert (foreign.references, foreign.on_delete, foreign.on_update) == (("public", "orders"), "CASCADE", "NO ACTION")
    assert (foreign.deferrable, foreign.deferred, foreign.validated) == (True, True, True)
    partial = catalog.objects[ObjectId("index", ("public", "lines_open"))]
    assert isinstance(partial, Index)
    assert (partial.keys, partial.key_columns, partial.predicate) == (
        ("lower(note)", "order_id"),
        (None, "order_id"),
        "(note IS NOT NULL)",
    )
    assert partial.operators[1].endswith("desc")
    parent = catalog.objects[ObjectId("table", ("public", "events"))]
    assert parent.partition_key == "RANGE (at)"
    child = catalog.objects[ObjectId("table", ("public", "events_2026"))]
    assert child.partition_of == ("public", "events")
    assert "2026-01-01" in child.partition_bound
    assert catalog.objects[ObjectId("sequence", ("public", "lines_id_seq"))].owned_by == ("public", "lines", "id")
    assert ObjectId("sequence", ("public", "orders_id_seq")) not in catalog.objects, "it is part of the identity column"
    assert catalog.comments[ObjectId("view", ("public", "open_orders"))] == "what is open"
    assert catalog.comments[column("orders", "net")] == "before tax"
    assert catalog.comments[column("open_orders", "code")] == "as printed"
    assert (ObjectId("view", ("public", "open_orders")), column("orders", "state")) in catalog.dependencies


def test_what_is_not_read_is_listed_by_kind_and_name(server: Server, database_on: Callable) -> None:
    """The script says behind each statement what the list must hold; nothing else may be in it, and no secret."""
    database = database_on(server)
    expected = set()
    for line in UNREAD.splitlines():
        if line.startswith("-- unread: "):
            kind, _, name = line.removeprefix("-- unread: ").partition(": ")
            expected.add((kind, name))
    with server.connect(database.scratch.name) as admin:
        admin.execute("SET search_path = public;\n" + UNREAD)
        try:
            catalog = database.read_catalog()
        finally:  # a database with a subscription could not be dropped
            admin.execute("DROP SUBSCRIPTION IF EXISTS taken")
    assert {(item.kind, item.name) for item in catalog.unread} == expected
    assert "hunter2" not in catalog_to_json(catalog)
    options = catalog.objects[ObjectId("user mapping", ("Far", "public"))].options
    assert options == (("password", None), ("password_required", "false"), ("user", "u"))
    assert catalog.objects[ObjectId("foreign table", ("public", "there"))].options == (
        ("key", "shown"),
        ("secret_key", None),
    )


def test_grants_on_parameters_are_listed_where_there_are_some(server: Server) -> None:
    """They are the cluster's, not a database's, so they are made and asked for in a transaction that nobody sees."""
    with server.connect("postgres") as admin, admin.transaction(force_rollback=True):
        admin.execute("GRANT SET ON PARAMETER log_statement TO pg_monitor")
        rows = admin.execute(unread_query(admin.info.server_version)).fetchall()
    assert ("grants on a parameter", "log_statement", None, None) in rows


def test_members_of_extensions_are_their_own_business(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    database.execute("CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE TABLE t (c citext, h hstore)")
    catalog = database.read_catalog()
    assert not catalog.unread
    assert {identity.name for identity in catalog.objects if identity.kind == "extension"} == {"citext", "hstore"}
    assert catalog.objects[column("t", "c")].type == "public.citext"


def test_json_gives_back_an_equal_catalog_and_equal_bytes(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    database.execute(EVERYDAY)
    catalog = database.read_catalog()
    text = catalog_to_json(catalog)
    back = catalog_from_json(text, name="test")
    assert back == catalog
    assert catalog_to_json(back) == text
    assert digest(back) == digest(catalog)


def test_the_same_schema_made_in_another_order_is_the_same_catalog(fresh_database: Callable) -> None:
    one, other = fresh_database(), fresh_database()
    one.execute("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE INDEX i ON a (id)")
    other.execute("CREATE TABLE b (id int); CREATE TABLE a (id int, CONSTRAINT a_pkey PRIMARY KEY (id))")
    other.execute("CREATE INDEX i ON a (id); ALTER TABLE b ADD PRIMARY KEY (id)")
    assert digest(one.read_catalog()) == digest(other.read_catalog())


def test_names_that_shadow_the_catalogs_fool_nobody(fresh_database: Callable) -> None:
    """SQL of a stranger puts tables, functions and operators of the catalog's names first in the search path."""
    database = fresh_database()
    database.execute(
        """
        CREATE TABLE t (id int PRIMARY KEY);
        CREATE TABLE pg_class (relname name); CREATE TABLE pg_attribute (attname name);
        CREATE FUNCTION format_type(oid, integer) RETURNS text LANGUAGE sql AS 'SELECT ''fooled''';
        CREATE FUNCTION no() RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE FUNCTION never(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = oid, FUNCTION = never);
        """
    )
    with database.scratch.server.connect(database.scratch.name) as observer:
        observer.execute("SET search_path = public, pg_catalog")
        catalog = read_catalog(observer)
    assert catalog.objects[column("t", "id")].type == "integer"
    assert {identity.own_name for identity, _ in catalog.tables} == {"t", "pg_class", "pg_attribute"}


def test_the_number_of_round_trips_does_not_grow_with_the_schema(fresh_database: Callable) -> None:
    def statements(tables: int) -> int:
        database = fresh_database()
        database.execute("".join(f"CREATE TABLE t{n} (id int PRIMARY KEY, x int);" for n in range(tables)))
        with database.scratch.server.connect(database.scratch.name) as observer:
            sent = 0
            execute = observer.execute

            def counting(*arguments: object, **options: object) -> object:
                nonlocal sent
                sent += 1
                return execute(*arguments, **options)  # type: ignore[arg-type]

            observer.execute = counting  # type: ignore[method-assign, assignment]
            read_catalog(observer)
        return sent

    assert statements(1) == statements(60)


def test_external_objects_are_taken_out_with_all_that_belongs_to_them(fresh_database: Callable) -> None:
    database = fresh_database()
    database.execute(
        """
        CREATE SCHEMA auth; CREATE TABLE auth.users (id int PRIMARY KEY);
        CREATE FUNCTION auth.uid() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE spatial_ref_sys (id int PRIMARY KEY); CREATE INDEX ON spatial_ref_sys (id);
        CREATE TABLE mine (id int PRIMARY KEY REFERENCES auth.users);
        """
    )
    catalog = database.read_catalog().without(["auth.*", "public.spatial_ref_sys"])
    assert {identity.name for identity, _ in catalog.tables} == {"public.mine"}
    assert {identity.own_name for identity, _ in catalog.of(Index)} == {"mine_pkey"}
    assert not catalog.unread
    assert ObjectId("schema", ("auth",)) not in catalog.objects


def test_a_database_without_an_encoding_is_read_as_text(server: Server) -> None:
    name = sql.Identifier(server.next_name())
    server.admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'").format(name))
    try:
        with server.connect(name.as_string()[1:-1]) as connection:
            connection.execute("SET client_encoding = 'UTF8'; CREATE TABLE public.größe (id int)")
        with server.connect(name.as_string()[1:-1]) as connection:
            catalog = read_catalog(connection)
    finally:
        server.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
    assert [identity.path for identity, _ in catalog.tables] == [("public", "größe")]


def test_routines_of_one_name_are_told_apart_by_their_arguments(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    database.execute(
        """
        CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION f(a int, OUT b text, VARIADIC c text[]) LANGUAGE sql AS 'SELECT ''''';
        COMMENT ON FUNCTION f(int, text[]) IS 'the second';
        CREATE OPERATOR !-! (RIGHTARG = int, FUNCTION = int4um);
        """
    )
    catalog = database.read_catalog()
    second = ObjectId("function", ("public", "f", "integer, text[]"))
    assert catalog.comments == {second: "the second"}
    assert second.name == "public.f(integer, text[])"
    assert (second.own_name, second.schema, second.is_member) == ("f", "public", False)
    assert (catalog.objects[second].arguments, catalog.objects[second].returns) == (
        "a integer, OUT b text, VARIADIC c text[]",
        "text",
    )
    assert ObjectId("function", ("public", "f", "")) in catalog.objects
    [operator] = [identity for identity in catalog.objects if identity.kind == "operator"]
    assert operator.name == "public.!-!(NONE, integer)"


def test_a_constraint_of_a_domain_belongs_to_the_domain(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    database.execute(
        """
        CREATE DOMAIN positive AS int CONSTRAINT said NOT NULL CONSTRAINT more CHECK (VALUE > 0);
        ALTER DOMAIN positive ADD CONSTRAINT less CHECK (VALUE < 10) NOT VALID;
        COMMENT ON CONSTRAINT more ON DOMAIN positive IS 'above zero';
        """
    )
    catalog = database.read_catalog()
    more = ObjectId("domain constraint", ("public", "positive", "more"))
    less = ObjectId("domain constraint", ("public", "positive", "less"))
    assert more.relation == ObjectId("domain", ("public", "positive"))
    assert catalog.objects[more.relation].not_null
    assert catalog.objects[more].definition == "CHECK ((VALUE > 0))"
    assert (catalog.objects[more].validated, catalog.objects[less].validated) == (True, False)
    assert catalog.comments == {more: "above zero"}
    said = ObjectId("domain constraint", ("public", "positive", "said"))
    assert (said in catalog.objects) is (server.choice.installation.major >= 17), "a name that somebody chose is kept"
