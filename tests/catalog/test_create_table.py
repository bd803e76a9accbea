"""Tables are written as a person would write them, where that gives the very same table."""

from __future__ import annotations

from collections.abc import Callable

from pgmason.catalog.script import script_of
from pgmason.postgres.server import Server

PARENT = "CREATE TABLE parent (id int NOT NULL, note text DEFAULT 'n', CHECK (id > 0)) PARTITION BY RANGE (id);"


def test_a_partition_like_its_parent_is_written_as_a_partition_of_it(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    database.execute(PARENT + "CREATE TABLE part PARTITION OF parent FOR VALUES FROM (1) TO (5)")
    script = script_of(database.read_catalog())
    assert "CREATE TABLE public.part PARTITION OF public.parent FOR VALUES FROM (1) TO (5);" in script


def test_a_partition_of_another_order_is_made_first_and_attached(fresh_database: Callable) -> None:
    database = fresh_database()
    database.execute(
        PARENT + "CREATE TABLE part (note text, id int NOT NULL, CONSTRAINT parent_id_check CHECK (id > 0));"
        "ALTER TABLE parent ATTACH PARTITION part DEFAULT"
    )
    script = script_of(database.read_catalog())
    assert "PARTITION OF" not in script
    assert (
        "CREATE TABLE public.part (\n    note text,\n    id integer NOT NULL,\n"
        "    CONSTRAINT parent_id_check CHECK ((id > 0))\n);" in script
    )
    assert "ALTER TABLE ONLY public.parent ATTACH PARTITION public.part DEFAULT;" in script


def test_columns_that_a_parent_got_later_stand_where_they_stood(fresh_database: Callable) -> None:
    """pg_dump gives the child another order: the inherited columns first."""
    first, second = fresh_database(), fresh_database()
    first.execute(
        "CREATE TABLE parent (a int); CREATE TABLE child (b int) INHERITS (parent); ALTER TABLE parent ADD c int"
    )
    second.execute(script_of(first.read_catalog()))
    order = "SELECT attname, attislocal, attinhcount FROM pg_catalog.pg_attribute"
    order += " WHERE attrelid = 'public.child'::pg_catalog.regclass AND attnum > 0 ORDER BY attnum"
    assert second.execute(order) == first.execute(order) == [("a", False, 1), ("b", True, 0), ("c", False, 1)]
    assert second.execute("SELECT count(*) FROM pg_catalog.pg_class WHERE relname LIKE '%meantime%'") == [(0,)]
