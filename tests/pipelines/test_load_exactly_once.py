"""Whatever dies and when, running again loads what is missing, once. Random rounds are in bench/pipeline_torture.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from bench.wire import Wire
from listed import Listed, batch, pipeline_of

from pgmason.errors import DatabaseUnreachable, PgmasonError
from pgmason.pipelines.ledger import LedgerMoved, RunInProgress, runs
from pgmason.pipelines.model import Counts, Cursor, Extracted, RunState
from pgmason.pipelines.runner import LedgerMade, run_pipeline

FRESH = Callable[..., Any]
TABLE = "CREATE TABLE t (id bigint PRIMARY KEY, n int)"
ROWS = Listed([batch(id=[1, 2], n=[1, 2]), batch(id=[3], n=[3])])


@pytest.fixture
def wire(fresh_database: FRESH) -> Iterator[tuple[Any, Wire, str]]:
    """A database, and a wire to it that can be cut."""
    database = fresh_database()
    port = database.scratch.server.state["port"]
    cut = Wire(port)
    yield database, cut, database.url.replace(f":{port}/", f":{cut.port}/")
    cut.close()


def until_seen(database: Any, condition: str) -> None:
    """Wait for a session of the database that PostgreSQL says this of."""
    until = time.monotonic() + 20
    query = f"SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND {condition}"
    with database.scratch.observer() as observer:
        while not observer.execute(query).fetchone():
            assert time.monotonic() < until
            time.sleep(0.02)


def test_the_ledger_is_shown_before_it_is_made(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(TABLE)
    told: list[Any] = []

    def report(event: Any) -> None:
        if isinstance(event, LedgerMade):
            told.append((event.sql, database.execute("SELECT to_regclass('pgmason.runs')")[0][0]))

    run_pipeline(pipeline_of(ROWS), database.url, report=report)
    run_pipeline(pipeline_of(ROWS), database.url, report=report)
    (first,) = told
    assert "CREATE TABLE IF NOT EXISTS pgmason.runs" in first[0]
    assert first[1] is None


def test_a_run_beside_another_of_the_same_pipeline_is_refused_and_says_who_is_there(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(TABLE)
    gate, entered = threading.Event(), threading.Event()

    def held(given: pa.RecordBatch) -> pa.RecordBatch:
        entered.set()
        gate.wait(20)
        return given

    done: list[Any] = []
    first = threading.Thread(target=lambda: done.append(run_pipeline(pipeline_of(ROWS, function=held), database.url)))
    first.start()
    assert entered.wait(20)
    with pytest.raises(RunInProgress, match=r"another run of it lives: backend \d+"):
        run_pipeline(pipeline_of(ROWS), database.url)
    run_pipeline(pipeline_of(ROWS, name="another"), database.url)  # in nobody's way
    gate.set()
    first.join(20)
    assert done[0].counts == Counts(read=3, written=3, unchanged=3)


LOADER = """
import sys, time
from pathlib import Path
sys.path[:0] = {path!r}
from listed import Listed, batch, pipeline_of
from pgmason.pipelines.runner import run_pipeline

def slow(given):
    if given.column("id")[0].as_py() == 3:
        Path({mark!r}).touch()
        time.sleep(60)
    return given

rows = Listed([batch(id=[1, 2], n=[1, 2]), batch(id=[3], n=[3])])
run_pipeline(pipeline_of(rows, function=slow, **{more!r}), sys.argv[1])
"""


@pytest.mark.parametrize(
    ("more", "loaded"),
    [({}, 0), ({"on_conflict": "append"}, 0), ({"transaction_rows": 1}, 2), ({"on_conflict": "replace"}, 0)],
    ids=["update", "append", "bounded", "replace"],
)
def test_a_loader_that_is_killed_leaves_what_was_committed_and_the_next_run_the_rest(
    fresh_database: FRESH, tmp_path: Path, more: dict[str, Any], loaded: int
) -> None:
    database = fresh_database()
    database.execute(TABLE)
    mark = tmp_path / "reached"
    text = LOADER.format(path=[str(Path(__file__).parent), *sys.path], mark=str(mark), more=more)
    process = subprocess.Popen([sys.executable, "-c", text, database.url], start_new_session=True)
    while not mark.exists():
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert database.execute("SELECT count(*) FROM t") == [(loaded,)]
    until = time.monotonic() + 20
    while True:  # the server sees by and by that nobody is there
        try:
            run = run_pipeline(pipeline_of(ROWS, **more), database.url)
            break
        except RunInProgress:
            assert time.monotonic() < until
            time.sleep(0.05)
    assert run.counts.inserted == 3 - loaded
    assert database.execute("SELECT id, n FROM t ORDER BY id") == [(1, 1), (2, 2), (3, 3)]
    before = runs(database.connection, "p")[-1]
    assert before.state is RunState.FAILED
    assert "ended without a word" in str(before.failure)
    assert database.execute("SELECT relname FROM pg_class WHERE relname LIKE 'stage%'") == []


def test_a_connection_lost_before_the_commit_is_told_and_nothing_is_loaded(wire: tuple[Any, Wire, str]) -> None:
    database, cut, url = wire
    database.execute(TABLE)

    def cutting(given: pa.RecordBatch) -> pa.RecordBatch:
        if given.column("id")[0].as_py() == 3:
            cut.cut()
        return given

    with pytest.raises(DatabaseUnreachable) as told:
        run_pipeline(pipeline_of(ROWS, function=cutting), url)
    assert database.scratch.password not in str(told.value)
    assert database.execute("SELECT count(*) FROM t") == [(0,)]
    assert run_pipeline(pipeline_of(ROWS), url).counts.inserted == 3


def test_a_connection_lost_in_the_commit_itself_is_asked_after(wire: tuple[Any, Wire, str]) -> None:
    """The commit takes a while, the wire is cut meanwhile: the server commits, and the run learns that it did."""
    database, cut, url = wire
    database.execute(
        TABLE + "; CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$;"
        " CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW WHEN (new.id = 3) EXECUTE FUNCTION slow()"
    )
    done: list[Any] = []
    loader = threading.Thread(target=lambda: done.append(run_pipeline(pipeline_of(ROWS), url)))
    loader.start()
    until_seen(database, "query = 'COMMIT' AND state = 'active'")
    cut.cut()
    loader.join(40)
    assert done[0].state is RunState.DONE
    assert done[0].counts.inserted == 3
    assert database.execute("SELECT count(*) FROM t") == [(3,)]
    assert run_pipeline(pipeline_of(ROWS), url).counts == Counts()


def test_what_a_run_left_staged_that_died_after_its_last_commit_is_dropped_by_the_next(fresh_database: FRESH) -> None:
    """The next run finds no row, so that it stages nothing itself."""
    database = fresh_database()
    database.execute(TABLE)
    run_pipeline(pipeline_of(ROWS), database.url)
    database.execute(
        "CREATE UNLOGGED TABLE pgmason.stage_p (id int); CREATE UNLOGGED TABLE pgmason.stage__bad_p (n int)"
    )
    assert run_pipeline(pipeline_of(ROWS), database.url).counts == Counts()
    assert database.execute("SELECT relname FROM pg_class WHERE relname LIKE 'stage\\_%'") == []


@pytest.mark.parametrize("fails", [False, True])
def test_a_run_that_ends_gives_its_pipeline_back_before_the_server_has_ended_its_session(
    fresh_database: FRESH, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """A busy server ends a session some time after it was closed: here it does so when the test is over."""
    database = fresh_database()
    database.execute(TABLE)
    still: list[psycopg.Connection[Any]] = []
    close = psycopg.Connection.close
    monkeypatch.setattr(psycopg.Connection, "close", lambda session: still.append(session))
    try:
        rows = Listed([batch(id=[1], n=[1]), batch(id=[2], n=[2])], broken_after=1 if fails else None)
        with suppress(PgmasonError, OSError):
            run_pipeline(pipeline_of(rows), database.url)
        assert still
        again = run_pipeline(pipeline_of(Listed([batch(id=[1, 2, 3], n=[1, 2, 3])], cursor=False)), database.url)
        assert again.state is RunState.DONE
    finally:
        for connection in still:
            close(connection)


def test_pipelines_whose_names_differ_by_an_ending_stage_beside_each_other(fresh_database: FRESH) -> None:
    """`x` sets a row aside while `x_bad` runs, whose staging table it must neither drop nor write to."""
    database = fresh_database()
    database.execute(TABLE)
    database.execute("CREATE TABLE other (id bigint PRIMARY KEY, n int)")
    beside = pipeline_of(ROWS, name="x_bad", target="public.other")

    def while_beside(given: pa.RecordBatch) -> pa.RecordBatch:
        if given.column("id")[0].as_py() == 3:  # the first batch is looked at before anything is staged
            assert run_pipeline(beside, database.url).counts.inserted == 3
        return given

    rows = Listed([batch(id=[1, None], n=[1, 2]), batch(id=[3, None], n=[3, 4])])
    done = run_pipeline(pipeline_of(rows, function=while_beside, name="x"), database.url)
    assert (done.counts.inserted, done.counts.quarantined) == (2, 2)
    assert database.execute("SELECT count(*) FROM other") == [(3,)]
    assert database.execute("SELECT count(*) FROM pgmason.quarantine WHERE pipeline = 'x'") == [(2,)]


def test_sessions_that_are_terminated_fail_the_run_and_the_next_one_loads_all(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute(TABLE)

    def ending(given: pa.RecordBatch) -> pa.RecordBatch:
        if given.column("id")[0].as_py() == 3:
            with database.scratch.observer() as session:
                session.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND application_name LIKE 'pgmason pipeline%'"
                )
        return given

    with pytest.raises(DatabaseUnreachable):
        run_pipeline(pipeline_of(ROWS, function=ending), database.url)
    assert run_pipeline(pipeline_of(ROWS), database.url).counts.inserted == 3


def test_a_cursor_that_was_moved_meanwhile_stops_the_commit(fresh_database: FRESH) -> None:
    """The lock is advisory: whoever writes the ledger by hand beside a run must not make rows come twice."""
    database = fresh_database()
    database.execute(TABLE)
    run_pipeline(pipeline_of(Listed(ROWS.given[:1])), database.url)

    def moving(given: pa.RecordBatch) -> pa.RecordBatch:
        with psycopg.connect(database.url, autocommit=True) as session:
            session.execute("""UPDATE pgmason.pipelines SET cursor = '{"at": 7}'""")
        return given

    with pytest.raises(LedgerMoved):
        run_pipeline(pipeline_of(ROWS, function=moving), database.url)
    assert database.execute("SELECT count(*) FROM t") == [(2,)]


class Racing:
    """A source beside which the application inserts the very row that is about to be loaded."""

    name = "racing"

    def __init__(self, url: str) -> None:
        self.url = url

    def schema(self) -> pa.Schema:
        return ROWS.schema()

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        yield Extracted(batch(id=[1, 2], n=[10, 20]), {"at": 1})


def test_a_row_that_the_application_inserts_at_the_same_moment_is_updated_and_nobody_fails(
    fresh_database: FRESH,
) -> None:
    """The application holds its insert open until the load waits for it, so that the load cannot have seen it."""
    database = fresh_database()
    database.execute(TABLE)
    application = psycopg.connect(database.url)
    application.execute("INSERT INTO t VALUES (1, 1)")
    done: list[Any] = []
    loader = threading.Thread(target=lambda: done.append(run_pipeline(pipeline_of(Racing(database.url)), database.url)))
    loader.start()
    until_seen(database, "wait_event_type = 'Lock'")
    application.commit()
    application.close()
    loader.join(20)
    assert done[0].state is RunState.DONE
    assert database.execute("SELECT id, n FROM t ORDER BY id") == [(1, 10), (2, 20)]


def test_a_load_gives_way_to_a_lock_that_is_held_and_comes_back(fresh_database: FRESH) -> None:
    """Somebody migrates the table: the load waits a little, lets go so that readers do not queue, and tries again."""
    database = fresh_database()
    database.execute(TABLE)
    migration = psycopg.connect(database.url)
    migration.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
    done: list[Any] = []
    loader = threading.Thread(target=lambda: done.append(run_pipeline(pipeline_of(ROWS), database.url)))
    loader.start()
    loader.join(4.0)
    assert loader.is_alive()
    migration.rollback()
    migration.close()
    loader.join(20)
    assert done[0].counts.inserted == 3
