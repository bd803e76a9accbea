"""What is exported and made anew in an empty database is the same schema, says PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.errors import UniqueViolation
from round_trip import make_roles, round_trip, skip_what_the_server_lacks

from pgmason.catalog.kinds import all_kinds
from pgmason.catalog.script import script_of
from pgmason.postgres.server import Server

if TYPE_CHECKING:
    from conftest import FreshDatabase

HERE = Path(__file__).parent
KINDS = sorted((HERE / "kinds").glob("*.sql"))


@pytest.mark.parametrize("file", [HERE / "everyday.sql", *KINDS], ids=lambda file: file.stem)
def test_every_kind_made_anew_is_the_same(server: Server, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    skip_what_the_server_lacks(server, text)
    trip = round_trip(server, text)
    trip.require_the_same()
    kind = file.stem.replace("_", " ")
    if kind in {one.name for one in all_kinds()}:
        assert any(identity.kind == kind for identity in trip.before.objects), f"the script makes no {kind}"


def test_a_schema_with_every_kind_and_every_circle_made_anew_is_the_same(server: Server) -> None:
    make_roles(server, ("torture_owner", "torture_reader"))
    trip = round_trip(server, (HERE / "torture.sql").read_text(encoding="utf-8"))
    absent = {kind.name for kind in all_kinds()} - {identity.kind for identity in trip.before.objects}
    assert absent == (set() if server.choice.installation.major >= 18 else {"not null"}), "the schema lacks a kind"
    trip.require_the_same()


def test_an_index_that_is_not_valid_is_left_out_by_name(fresh_database: Callable[[], FreshDatabase]) -> None:
    """PostgreSQL leaves it behind when the concurrent building of a unique index meets the same value twice."""
    database = fresh_database()
    database.execute("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1)")
    with pytest.raises(UniqueViolation):
        database.execute("CREATE UNIQUE INDEX CONCURRENTLY t_a_idx ON t (a)")
    lines = script_of(database.read_catalog()).splitlines()
    why = "it is not valid: left over from a CREATE INDEX CONCURRENTLY that failed"
    assert f"-- not made: index public.t_a_idx: {why}" in lines
    assert not any("CREATE UNIQUE INDEX" in line for line in lines)


def test_foreign_keys_that_may_rely_on_another_key_are_named(fresh_database: Callable[[], FreshDatabase]) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (a integer UNIQUE); CREATE TABLE c (a integer REFERENCES t (a))")
    database.execute("CREATE UNIQUE INDEX t_other ON t (a)")
    database.execute("REINDEX INDEX CONCURRENTLY t_a_key")
    database.execute("CREATE TABLE d (a integer REFERENCES t (a))")
    asked = "SELECT conname, conindid::regclass::text FROM pg_constraint WHERE contype = 'f' ORDER BY 1"
    assert database.execute(asked) == [("c_a_fkey", "t_a_key"), ("d_a_fkey", "t_other")]
    lines = script_of(database.read_catalog()).splitlines()
    told = "-- may rely on another key when made anew: foreign key public"
    assert [line for line in lines if line.startswith(told)] == [
        f"{told}.c.c_a_fkey, which relies on index public.t_a_key here",
        f"{told}.d.d_a_fkey, which relies on index public.t_other here",
    ]
