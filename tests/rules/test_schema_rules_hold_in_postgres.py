"""What a rule says a product feels, PostgreSQL does on its bad example and not on its good one."""

from __future__ import annotations

import pytest
from psycopg import Error
from psycopg.errors import (
    CheckViolation,
    ExclusionViolation,
    ForeignKeyViolation,
    InsufficientPrivilege,
    NumericValueOutOfRange,
    SequenceGeneratorLimitExceeded,
    UndefinedFunction,
    UniqueViolation,
)
from psycopg.sql import SQL, Identifier
from ruled import autocommit, run, schema_rule, verdict

A, B, C = (f"00000000-0000-0000-0000-00000000000{digit}" for digit in "abc")

_FORCE = "FORCE ROW LEVEL SECURITY"  # so that its owner, the test, is held to it

# rule -> (what is run first, what is asked then, what the bad example answers, what the good one does)
ASKED = {
    "row-security-without-policy": (
        f"SET app.tenant = 'acme'; ALTER TABLE invoice {_FORCE}",
        f"INSERT INTO invoice VALUES ('{A}', 'acme') RETURNING tenant",
        InsufficientPrivilege,
        "acme",
    ),
    "policy-misses-commands": (
        f"SET app.person = 'ann'; INSERT INTO message VALUES ('{A}', 'ann'); ALTER TABLE message {_FORCE}",
        f"UPDATE message SET author = 'ann' WHERE id = '{A}' RETURNING author",
        None,  # no error, and no row
        "ann",
    ),
    "foreign-key-type-mismatch": (
        "INSERT INTO orders OVERRIDING SYSTEM VALUE VALUES (3000000000)",
        f"INSERT INTO line VALUES ('{A}', 3000000000) RETURNING order_id",
        NumericValueOutOfRange,
        3000000000,
    ),
    "key-near-capacity": (
        "ALTER TABLE device ALTER COLUMN id RESTART WITH 32767; INSERT INTO device (name) VALUES ('last')",
        "INSERT INTO device (name) VALUES ('one more') RETURNING name",
        SequenceGeneratorLimitExceeded,
        "one more",
    ),
    "sequence-not-owned": (
        "DROP TABLE ticket",
        "SELECT to_regclass('ticket_number') IS NULL",
        False,
        True,
    ),
    "json-instead-of-jsonb": ("SELECT 1", "SELECT DISTINCT payload FROM event", UndefinedFunction, None),
    "money-in-floating-point": (
        f"INSERT INTO offer VALUES ('{A}', 0.1), ('{B}', 0.2)",
        "SELECT sum(unit_price) = 0.3 FROM offer",
        False,
        True,
    ),
    "char-padding": (
        "SELECT 1",
        f"INSERT INTO person VALUES ('{A}', 'Ann') RETURNING name LIKE 'Ann'",
        False,
        True,
    ),
    "unique-over-nullable-columns": (
        f"INSERT INTO setting VALUES ('{A}', 'acme', NULL)",
        f"INSERT INTO setting VALUES ('{B}', 'acme', NULL) RETURNING customer",
        "acme",
        UniqueViolation,
    ),
    "missing-exclusion-on-ranges": (
        f"INSERT INTO room VALUES ('{A}'); INSERT INTO booking VALUES ('{B}', '{A}', '2026-01-01', '2026-01-03')",
        f"INSERT INTO booking VALUES ('{C}', '{A}', '2026-01-02', '2026-01-04') RETURNING 'twice'",
        "twice",
        ExclusionViolation,
    ),
    "security-definer-without-search-path": (
        # a table of the caller's own, in front of the one that is meant
        "CREATE TEMP TABLE account (id int); INSERT INTO account VALUES (1), (2)",
        "SELECT account_count()",
        2,
        0,
    ),
    "unlogged-table": (
        "SELECT 1",
        "SELECT relpersistence::text FROM pg_class WHERE oid = 'session'::regclass",
        "u",  # what ResetUnloggedRelations empties after a crash (manual, CREATE TABLE)
        "p",
    ),
    "missing-on-delete-decision": (
        f"INSERT INTO person VALUES ('{A}'); INSERT INTO session VALUES ('{B}', '{A}')",
        "DELETE FROM person RETURNING 'gone'",
        ForeignKeyViolation,
        "gone",
    ),
}


@pytest.mark.parametrize("which", ["bad", "good"])
@pytest.mark.parametrize("name", ASKED)
def test_a_product_feels_what_the_rule_says(name, which, fresh_database):
    first, asked, *answers = ASKED[name]
    with autocommit(fresh_database().url) as connection:
        run(connection, getattr(schema_rule(name), which))
        run(connection, first)
        try:
            row = connection.execute(asked.encode()).fetchone()
            told = None if row is None else row[0]
        except Error as refusal:
            told = type(refusal)
    assert told == answers[which == "good"]


def test_a_check_that_asks_a_setting_refuses_a_row_that_it_let_in(fresh_database):
    database = fresh_database()
    with autocommit(database.url) as connection:
        connection.execute("SET app.state = 'open'")
        connection.execute("CREATE TABLE t (a int, CHECK (current_setting('app.state') = 'open'))")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("SET app.state = 'shut'")
        with pytest.raises(CheckViolation):
            connection.execute("UPDATE t SET a = 2")
    (finding,) = verdict(database.read_catalog(), "check-with-mutable-function")
    assert "current_setting" in finding.message


def test_a_column_that_was_widened_alone_stops_where_its_sequence_ends(fresh_database):
    database = fresh_database()
    with autocommit(database.url) as connection:
        run(connection, "CREATE TABLE t (id serial PRIMARY KEY); ALTER TABLE t ALTER COLUMN id TYPE bigint")
        (finding,) = verdict(database.read_catalog(), "key-near-capacity")
        run(connection, "SELECT setval('t_id_seq', 2147483647)")
        with pytest.raises(SequenceGeneratorLimitExceeded):
            connection.execute("INSERT INTO t DEFAULT VALUES")
        run(connection, finding.fix or "")
        connection.execute("INSERT INTO t DEFAULT VALUES")
        assert connection.execute("SELECT max(id) FROM t").fetchone() == (2147483648,)


def test_a_view_and_those_above_it_show_all_rows_until_the_one_that_names_the_table_asks_as_its_caller(fresh_database):
    database = fresh_database()
    with autocommit(database.url) as connection:
        run(connection, schema_rule("view-bypasses-row-security").bad)
        run(connection, f"INSERT INTO ticket VALUES ('{A}', 'acme', false), ('{B}', 'other', false)")
        run(connection, "CREATE VIEW newest AS SELECT * FROM open_ticket")
        run(connection, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC")
    reader = Identifier(f"reader_{database.scratch.name}")
    with database.scratch.server.connect(database.scratch.name) as admin:
        admin.execute(SQL("CREATE ROLE {}").format(reader))
        try:
            admin.execute(SQL("SET ROLE {}").format(reader))
            admin.execute("SET app.tenant = 'acme'")

            def seen() -> list[int]:
                counts = (f"SELECT count(*) FROM public.{of}" for of in ("ticket", "open_ticket", "newest"))
                return [admin.execute(count.encode()).fetchone()[0] for count in counts]

            assert seen() == [1, 2, 2]
            (finding,) = verdict(database.read_catalog(), "view-bypasses-row-security")
            with autocommit(database.url) as connection:
                run(connection, finding.fix or "")
            assert seen() == [1, 1, 1]
        finally:
            admin.execute("RESET ROLE")
            admin.execute(SQL("DROP ROLE {}").format(reader))
    assert verdict(database.read_catalog(), "view-bypasses-row-security") == ()
