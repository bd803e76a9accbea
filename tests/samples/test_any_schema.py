"""Whatever schema there is, filling it raises nothing, and every table holds rows or is named."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from pgmason.postgres.scratch import scratch_database
from pgmason.postgres.server import Server
from pgmason.samples import Wanted
from pgmason.samples.making import fill_tables

sys.path.insert(0, str(Path(__file__).parents[1] / "catalog"))

from drawn_schemas import ROLES, scripts  # the schemas that the reading of catalogs is held against
from round_trip import make_roles

EXAMPLES = int(os.environ.get("PGMASON_RANDOM_SCHEMAS", "8"))  # a major
_TABLES = """
SELECT n.nspname, c.relname, c.relkind = 'p' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"""


@pytest.mark.parametrize("major", [15, 18])
def test_any_schema_is_filled_or_named(servers: Callable[[int], Server], major: int) -> None:
    server = servers(major)
    make_roles(server, ROLES)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # a smaller example takes minutes to find
    )
    @given(script=st.deferred(lambda: scripts(major)), rows=st.sampled_from([1, 3, 40]))
    def holds(script: list[str], rows: int) -> None:
        with scratch_database(server) as scratch:
            with scratch.session() as session:
                for statement in script:
                    with suppress(psycopg.Error):
                        session.execute(statement.encode())
                session.execute("RESET ROLE; RESET ALL; DISCARD TEMP")
                filled = fill_tables(session, Wanted(rows=rows))
            with scratch.observer() as observer:
                told = {one.path for one in filled.tables}
                named = {one.path for one in filled.unfilled}
                assert not told & named
                for schema, name, partitioned in observer.execute(_TABLES).fetchall():
                    query = sql.SQL("SELECT 1 FROM ONLY {} LIMIT 1").format(sql.Identifier(schema, name))
                    if partitioned:
                        continue
                    assert ((schema, name) in told) == bool(observer.execute(query).fetchall()), (schema, name)
                    assert (schema, name) in told | named

    holds()
