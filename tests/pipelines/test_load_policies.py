"""What each policy does to the target, and that a second run does nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from listed import Listed, batch, pipeline_of

from pgmason.errors import WrongUse
from pgmason.pipelines.ledger import runs
from pgmason.pipelines.model import Counts, RunState
from pgmason.pipelines.policies import DeletesTooMuch
from pgmason.pipelines.preparing import ExpectationFailed
from pgmason.pipelines.runner import run_pipeline

FRESH = Callable[..., Any]
ORDERS = "CREATE TABLE t (id bigint PRIMARY KEY, name text, total numeric(10,2))"


def tuples(database: Any) -> list[tuple[Any, ...]]:
    """Where each row lies and who wrote it: any write shows."""
    return database.execute("SELECT id, ctid::text, xmin::text, xmax::text FROM t ORDER BY id")


def test_update_inserts_new_rows_updates_changed_ones_and_touches_no_other(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(ORDERS + "; INSERT INTO t VALUES (1, 'same', 1), (2, 'old', 2), (3, NULL, 3), (9, 'not ours', 9)")
    before = {row[0]: row for row in tuples(database)}
    rows = batch(id=[1, 2, 3, 4], name=["same", "new", "was null", None], total=["1.00", "2.00", "3.00", "4.50"])
    run = run_pipeline(pipeline_of(rows), database.url)
    assert run.state is RunState.DONE
    assert run.counts == Counts(read=4, written=4, inserted=1, updated=2, unchanged=1)
    assert database.execute("SELECT id, name, total::text FROM t ORDER BY id") == [
        (1, "same", "1.00"),
        (2, "new", "2.00"),
        (3, "was null", "3.00"),
        (4, None, "4.50"),
        (9, "not ours", "9.00"),
    ]
    after = {row[0]: row for row in tuples(database)}
    assert after[1] == before[1]
    assert after[9] == before[9]
    assert after[2] != before[2]


@pytest.mark.parametrize(
    "more",
    [
        "",  # one MERGE
        (
            "; CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;"
            " CREATE TRIGGER same BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION same()"
        ),
        "; CREATE TABLE heir () INHERITS (t)",
        "; CREATE TABLE seen (id int); CREATE RULE seen AS ON DELETE TO t DO ALSO INSERT INTO seen VALUES (1)",
    ],
    ids=["plain", "trigger", "inherited", "rule"],
)
@pytest.mark.parametrize("key", ["id bigint PRIMARY KEY", "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"])
def test_new_changed_and_unchanged_rows_are_counted_alike_whichever_statements_write_them(
    fresh_database: FRESH, more: str, key: str
) -> None:
    database = fresh_database()
    database.execute(
        f"CREATE TABLE t ({key}, name text, total numeric(10,2)){more};"
        " INSERT INTO t OVERRIDING SYSTEM VALUE SELECT n, 'x', n FROM generate_series(1, 300) n"
    )
    ids = list(range(101, 601))  # 101-200 changed, 201-300 the same, 301-600 new
    rows = batch(id=ids, name=["y" if n <= 200 else "x" for n in ids], total=[f"{n}.00" for n in ids])
    counts = run_pipeline(pipeline_of(rows), database.url).counts
    assert counts == Counts(read=500, written=500, inserted=300, updated=100, unchanged=100)
    assert database.execute("SELECT count(*), count(*) FILTER (WHERE name = 'y'), sum(total) FROM t") == [
        (600, 100, 600 * 601 // 2)
    ]


def test_a_second_run_over_the_same_rows_writes_no_tuple(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE t (id bigint PRIMARY KEY, j json, x xml, p point, f float8, n numeric, a text[], b bytea)"
    )
    rows = batch(
        id=list(range(1000)),
        j=[f'{{"b": {n},  "a": null}}' for n in range(1000)],
        x=["<a/>"] * 1000,
        p=["(1,2)"] * 1000,
        f=[n / 3 for n in range(1000)],
        n=["1.10"] * 1000,
        a=[["x", None, 'q"uote', "com,ma", "back\\slash", "", "NULL"]] * 1000,
        b=[b"\x00\xff"] * 1000,
    )
    source = Listed([rows], cursor=False)
    first = run_pipeline(pipeline_of(source), database.url)
    assert first.counts.inserted == 1000
    before = tuples(database)
    second = run_pipeline(pipeline_of(source), database.url)
    assert second.counts == Counts(read=1000, written=1000, unchanged=1000)
    assert tuples(database) == before


def test_insert_leaves_rows_that_exist_as_they_are(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(ORDERS + "; INSERT INTO t VALUES (1, 'kept', 1)")
    before = tuples(database)
    rows = batch(id=[1, 2], name=["other", "new"], total=[5, 6])
    run = run_pipeline(pipeline_of(rows, on_conflict="insert"), database.url)
    assert run.counts == Counts(read=2, written=2, inserted=1, kept=1)
    assert tuples(database)[0] == before[0]


def test_append_adds_every_row_once_however_often_it_runs(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint, name text)")
    pipeline = pipeline_of(Listed([batch(id=[1, 1], name=["a", "a"]), batch(id=[2], name=["b"])]), on_conflict="append")
    assert run_pipeline(pipeline, database.url).counts == Counts(read=3, written=3, inserted=3)
    assert run_pipeline(pipeline, database.url).counts == Counts()
    assert database.execute("SELECT id, name FROM t ORDER BY ctid") == [(1, "a"), (1, "a"), (2, "b")]


def test_append_from_a_source_that_says_nowhere_where_it_stands_is_refused(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint)")
    pipeline = pipeline_of(Listed([batch(id=[1])], cursor=False), on_conflict="append")
    with pytest.raises(WrongUse, match="in each run"):
        run_pipeline(pipeline, database.url)
    assert database.execute("SELECT count(*) FROM t") == [(0,)]


def test_delete_missing_deletes_what_the_source_lacks(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(ORDERS + "; INSERT INTO t SELECT n, 'x', 1 FROM generate_series(1, 5) n")
    rows = batch(id=[1, 2, 3, 6], name=["x", "y", "x", "x"], total=[1, 1, 1, 1])
    run = run_pipeline(pipeline_of(rows, on_conflict="delete missing"), database.url)
    assert run.counts == Counts(read=4, written=4, inserted=1, updated=1, unchanged=2, deleted=2)
    assert database.execute("SELECT id FROM t ORDER BY id") == [(1,), (2,), (3,), (6,)]


def test_delete_missing_refuses_to_delete_more_than_it_may(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(ORDERS + "; INSERT INTO t SELECT n, 'x', 1 FROM generate_series(1, 10) n")
    pipeline = pipeline_of(batch(id=[1], name=["x"], total=[1]), on_conflict="delete missing")
    with pytest.raises(DeletesTooMuch, match="9 of 10"):
        run_pipeline(pipeline, database.url)
    assert database.execute("SELECT count(*) FROM t") == [(10,)]
    assert runs(database.connection, "p")[0].state is RunState.FAILED


def test_delete_missing_deletes_nothing_when_a_row_was_set_aside(fresh_database: FRESH) -> None:
    """What was set aside may be the new state of a row that exists."""
    database = fresh_database()
    database.execute(ORDERS + "; INSERT INTO t VALUES (1, 'x', 1), (2, 'x', 1)")
    rows = batch(id=[1, 2], name=["x", "y"], total=["1", "no number"])
    run = run_pipeline(pipeline_of(rows, on_conflict="delete missing"), database.url)
    assert run.counts == Counts(read=2, written=2, unchanged=1, quarantined=1)
    assert any("nothing was deleted" in warning for warning in run.warnings)
    assert database.execute("SELECT count(*) FROM t") == [(2,)]


@pytest.mark.parametrize("engine_batches", [1, 3])
def test_of_several_rows_with_one_key_the_last_one_counts(fresh_database: FRESH, engine_batches: int) -> None:
    database = fresh_database()
    database.execute(ORDERS)
    rows = batch(id=[1, 2, 1, 1, 2], name=["a", "b", "c", "d", "e"], total=[1, 2, 3, 4, 5])
    cut = [rows] if engine_batches == 1 else [rows.slice(0, 2), rows.slice(2, 1), rows.slice(3)]
    run = run_pipeline(pipeline_of(Listed(cut)), database.url)
    assert run.counts == Counts(read=5, written=5, inserted=2, superseded=3)
    assert database.execute("SELECT id, name FROM t ORDER BY id") == [(1, "d"), (2, "e")]


def test_duplicates_are_set_aside_or_stop_the_run_where_the_pipeline_says_so(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(ORDERS)
    rows = batch(id=[1, 1, 2], name=["a", "b", "c"], total=[1, 2, 3])
    with pytest.raises(ExpectationFailed, match="1 rows have the id of a later row"):
        run_pipeline(pipeline_of(rows, duplicates="stop"), database.url)
    assert database.execute("SELECT count(*) FROM t") == [(0,)]
    run = run_pipeline(pipeline_of(rows, duplicates="quarantine"), database.url)
    assert run.counts == Counts(read=3, written=3, inserted=2, quarantined=1)
    assert database.execute("SELECT reason, form, key::text, \"row\" ->> 'name' FROM pgmason.quarantine") == [
        ("a later row has the same id", "staged", '{"id" : 1}', "a")
    ]


def test_a_null_in_the_key_is_set_aside_because_every_run_would_insert_it_again(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint, part text, UNIQUE (id, part))")
    rows = batch(id=[1, None, 2], part=["a", "b", None])
    run = run_pipeline(pipeline_of(Listed([rows], cursor=False), key=("part", "id")), database.url)
    assert run.counts == Counts(read=3, written=3, inserted=1, quarantined=2)
    again = run_pipeline(pipeline_of(Listed([rows], cursor=False), key=("part", "id")), database.url)
    assert again.counts == Counts(read=3, written=3, unchanged=1, quarantined=2)


def test_a_key_without_its_unique_index_is_refused_with_the_index_to_add(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint, name text); CREATE UNIQUE INDEX ON t (id) WHERE name IS NOT NULL")
    with pytest.raises(WrongUse) as told:
        run_pipeline(pipeline_of(batch(id=[1])), database.url)
    assert "CREATE UNIQUE INDEX CONCURRENTLY ON public.t (id);" in str(told.value.fix)


def test_a_deferrable_key_is_refused(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY DEFERRABLE)")
    with pytest.raises(WrongUse, match="deferrable"):
        run_pipeline(pipeline_of(batch(id=[1])), database.url)


def test_a_dry_run_counts_and_leaves_nothing(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(ORDERS + "; INSERT INTO t VALUES (1, 'a', 1)")
    run = run_pipeline(pipeline_of(batch(id=[1, 2], name=["b", "c"], total=[1, 2])), database.url, dry_run=True)
    assert (run.id, run.state) == (0, RunState.DRY)
    assert run.counts == Counts(read=2, written=2, inserted=1, updated=1)
    assert database.execute("SELECT id, name FROM t") == [(1, "a")]
    assert database.execute("SELECT to_regnamespace('pgmason')") == [(None,)]


def test_rows_are_found_by_a_key_of_several_columns_of_any_type(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (ip inet, day date, n int, PRIMARY KEY (ip, day))")
    days = pa.array([1, 2], pa.int32()).cast(pa.date32())
    rows = Listed([batch(ip=["10.0.0.1", "10.0.0.1"], day=days, n=[1, 2])], cursor=False)
    pipeline = pipeline_of(rows, key=("day", "ip"))
    assert run_pipeline(pipeline, database.url).counts.inserted == 2
    assert run_pipeline(pipeline, database.url).counts == Counts(read=2, written=2, unchanged=2)


def test_an_empty_source_is_a_run_like_any_other(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(ORDERS)
    empty = batch(id=pa.array([], pa.int64()), name=pa.array([], pa.string()), total=pa.array([], pa.int64()))
    run = run_pipeline(pipeline_of(empty), database.url)
    assert run.state is RunState.DONE
    assert run.counts == Counts()
    assert run.cursor_after == {"at": 1}
