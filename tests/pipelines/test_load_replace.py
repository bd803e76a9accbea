"""`replace`: the target holds what the source holds, swapped in where nothing refers to the table itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from listed import Listed, batch, pipeline_of

from pgmason.pipelines.model import Counts
from pgmason.pipelines.runner import run_pipeline

FRESH = Callable[..., Any]


def source(*ids: int) -> Listed:
    return Listed([batch(id=list(ids), name=[f"n{n}" for n in ids])], cursor=False)


def test_the_table_is_swapped_with_all_that_belongs_to_it(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1), (2), (3);"
        " CREATE TABLE t (id int CONSTRAINT first PRIMARY KEY REFERENCES other, name varchar(10) NOT NULL,"
        " n int DEFAULT 7 CONSTRAINT more CHECK (n > 0), twice int GENERATED ALWAYS AS (n * 2) STORED,"
        " UNIQUE (name, n)) WITH (fillfactor = 70);"
        " CREATE INDEX lower_name ON t (lower(name)) WHERE n > 1; COMMENT ON TABLE t IS 'mine';"
        " COMMENT ON COLUMN t.n IS 'a number'; GRANT SELECT ON t TO PUBLIC; INSERT INTO t VALUES (1, 'old')"
    )
    before, oid = database.read_catalog(), database.execute("SELECT 't'::regclass::oid")
    run = run_pipeline(pipeline_of(source(2, 3), on_conflict="replace"), database.url)
    assert run.counts == Counts(read=2, written=2, inserted=2, deleted=1)
    assert database.execute("SELECT id, name, n, twice FROM t ORDER BY id") == [(2, "n2", 7, 14), (3, "n3", 7, 14)]
    assert database.execute("SELECT 't'::regclass::oid") != oid
    after = database.read_catalog()
    ours = {key: state for key, state in after.objects.items() if key.path[0] != "pgmason" and key.name != "pgmason"}
    assert ours == dict(before.objects)
    assert after.without(["pgmason.*"]).comments == before.comments
    assert database.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pgmason\\_%'") == []


def test_the_same_contents_are_left_where_they_are(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int, name text)")
    pipeline = pipeline_of(source(1, 2, 2), on_conflict="replace")
    assert run_pipeline(pipeline, database.url).counts.inserted == 3
    before = database.execute("SELECT 't'::regclass::oid, ctid::text, xmin::text FROM t")
    assert run_pipeline(pipeline, database.url).counts == Counts(read=3, written=3, unchanged=3)
    assert database.execute("SELECT 't'::regclass::oid, ctid::text, xmin::text FROM t") == before


def test_a_table_that_a_view_refers_to_keeps_its_place(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY, name text); CREATE VIEW v AS SELECT id FROM t")
    database.execute("INSERT INTO t VALUES (1, 'old'), (2, 'n2')")
    run = run_pipeline(pipeline_of(source(2, 3), on_conflict="replace"), database.url)
    assert run.counts == Counts(read=2, written=2, inserted=2, deleted=2)
    assert any("not by swap: rule _RETURN on view v" in warning for warning in run.warnings)
    assert database.execute("SELECT id FROM v ORDER BY id") == [(2,), (3,)]


@pytest.mark.parametrize("dependent", ["", "CREATE VIEW v AS SELECT id FROM t"])
def test_rows_that_constraints_refuse_are_set_aside(fresh_database: FRESH, dependent: str) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int PRIMARY KEY CHECK (id < 10), name text); INSERT INTO t VALUES (5, 'x');")
    database.execute(dependent or "SELECT")
    run = run_pipeline(pipeline_of(source(1, 99), on_conflict="replace"), database.url)
    assert run.counts == Counts(read=2, written=2, inserted=1, deleted=1, quarantined=1)
    assert database.execute("SELECT id FROM t") == [(1,)]


def test_readers_see_the_old_rows_or_the_new_ones_and_never_wait_long(fresh_database: FRESH) -> None:
    """A reader holds the table when the swap wants it; others read on meanwhile."""
    database = fresh_database()
    database.execute("CREATE TABLE t (id int, name text); INSERT INTO t VALUES (1, 'old')")
    holder = psycopg.connect(database.url)
    holder.execute("SELECT * FROM t")
    done: list[Any] = []
    loader = threading.Thread(
        target=lambda: done.append(run_pipeline(pipeline_of(source(2), on_conflict="replace"), database.url))
    )
    loader.start()
    with psycopg.connect(database.url, autocommit=True) as reader:
        reader.execute("SET statement_timeout = '2s'")
        for _ in range(20):
            assert reader.execute("SELECT id FROM t").fetchall() == [(1,)]
            loader.join(0.05)
        assert loader.is_alive()
        holder.rollback()
        loader.join(20)
        assert reader.execute("SELECT id FROM t").fetchall() == [(2,)]
    holder.close()
    assert done[0].counts.inserted == 1
