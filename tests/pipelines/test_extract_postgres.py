"""Rows out of another PostgreSQL: no row missed that commits late, none given twice."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from pgmason.errors import WrongUse
from pgmason.pipelines import extract
from pgmason.pipelines.extract.faults import SourceUnreadable
from pgmason.pipelines.extract.from_postgres import Postgres

Fresh = Callable[..., Any]


def read(source: Any, since: Any = None) -> tuple[list[Any], Any]:
    """The ids that a read gives, and the last position."""
    ids: list[Any] = []
    position = since
    for batch, at, rejected in source.batches(since):
        assert not rejected
        if batch.num_rows:
            ids += batch.column("id").to_pylist()
        position = at if at is not None else position
    return ids, position


@pytest.fixture
def table(fresh_database: Fresh) -> Any:
    """A database with `public.events (id, at)`, empty."""
    database = fresh_database()
    database.execute("CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), note text)")
    return database


def settle(database: Any, seconds: float = 30) -> None:
    """Wait until all that has committed is below the horizon, which other databases of the server hold back, too."""
    (committed,) = database.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")[0]
    for _ in range(int(seconds * 20)):
        (horizon,) = database.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")[0]
        if horizon >= committed:
            return
        time.sleep(0.05)


def events(database: Any, **more: Any) -> Postgres:
    settle(database, 2)  # a transaction of the test's own holds it back, and is not waited for longer
    return extract.postgres(database.url, "public.events", cursor="at", **more)


def test_a_row_that_commits_after_younger_ones_were_read_is_read_next_time(table: Any) -> None:
    with ExitStack() as stack:
        early = stack.enter_context(psycopg.connect(table.url))
        early.execute("INSERT INTO events (id) VALUES (1)")  # begun first, its time is the lower one
        with psycopg.connect(table.url) as late:
            late.execute("INSERT INTO events (id) VALUES (2)")
        first, position = read(events(table))
        early.commit()
    settle(table)
    second, position = read(events(table), position)
    third, _ = read(events(table), position)
    assert sorted(first + second) == [1, 2]
    assert third == []


def test_a_transaction_that_took_its_time_before_it_had_a_number_is_not_missed(table: Any) -> None:
    with psycopg.connect(table.url) as early:
        early.execute("SELECT now()")
        with psycopg.connect(table.url) as late:
            late.execute("INSERT INTO events (id) VALUES (2)")
        settle(table)
        first, position = read(events(table))
        early.execute("INSERT INTO events (id) VALUES (1)")  # numbered after the read, timed before it
    settle(table)
    second, _ = read(events(table), position)
    assert (first, second) == ([2], [1])


def test_rows_of_a_subtransaction_are_read_once(table: Any) -> None:
    with psycopg.connect(table.url) as outer:
        outer.execute("INSERT INTO events (id) VALUES (1)")
        with outer.transaction():
            outer.execute("INSERT INTO events (id) VALUES (2)")
        with psycopg.connect(table.url) as other:
            other.execute("INSERT INTO events (id) VALUES (3)")
        first, position = read(events(table))
    second, position = read(events(table), position)
    assert sorted(first + second) == [1, 2, 3]
    assert read(events(table), position)[0] == []


def test_an_updated_row_is_read_again_and_an_untouched_one_is_not(table: Any) -> None:
    table.execute("INSERT INTO events (id) VALUES (1), (2)")
    _, position = read(events(table))
    table.execute("UPDATE events SET note = 'x' WHERE id = 2")
    assert read(events(table), position)[0] == [2]


def test_a_vacuum_that_freezes_rows_makes_none_new(table: Any) -> None:
    table.execute("INSERT INTO events (id) VALUES (1), (2)")
    _, position = read(events(table))
    table.connection.execute("VACUUM (FREEZE, FULL) events")
    assert read(events(table), position)[0] == []


def test_the_first_read_by_key_goes_on_where_it_was_left(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pgmason.pipelines.extract.from_postgres._PAGE", 100)
    table.execute("INSERT INTO events (id) SELECT g FROM generate_series(1, 950) g")
    source = events(table, key="id")
    seen: list[int] = []
    position = None
    for batch, at, _ in source.batches(None):
        seen += batch.column("id").to_pylist()
        position = at if at is not None else position
        if len(seen) == 300:
            break
    table.execute("INSERT INTO events (id) VALUES (5000), (-1)")
    rest, position = read(source, position)
    assert seen + rest == list(range(1, 951))  # what came meanwhile waits, on either side of the page
    assert sorted(read(source, position)[0]) == [-1, 5000]


def test_a_lookback_bounds_the_look_and_a_query_needs_one(table: Any) -> None:
    table.execute("INSERT INTO events (id, at) VALUES (1, '2026-01-01Z'), (2, '2026-01-02Z')")
    source = events(table, lookback="1 hour")
    settle(table)
    _, position = read(source)
    table.execute("INSERT INTO events (id, at) VALUES (3, '2026-01-01Z'), (4, '2026-01-03Z')")
    settle(table)
    assert read(source, position)[0] == [4]
    with pytest.raises(WrongUse, match="commits late"):
        extract.postgres(table.url, query="SELECT * FROM events", cursor="at")
    query = extract.postgres(table.url, query="SELECT id, at FROM events", cursor="at", lookback="1 day")
    ids, position = read(query)
    assert sorted(ids) == [1, 2, 3, 4]
    assert sorted(read(query, position)[0]) == [2, 4]


def test_a_span_is_read_whatever_was_read_before(table: Any) -> None:
    table.execute("INSERT INTO events (id, at) SELECT g, '2026-01-01Z'::timestamptz + g * interval '1 day'"
                  " FROM generate_series(1, 10) g")  # fmt: skip
    settle(table)
    assert read(events(table).between("2026-01-03", "2026-01-05T00:00:00Z"))[0] == [2, 3]


def test_ranges_of_blocks_are_the_table_in_one_snapshot(fresh_database: Fresh) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE events AS SELECT g AS id, repeat('x', 100) AS note FROM generate_series(1, 20000) g")
    source = extract.postgres(database.url, "public.events")
    division = source.divide(None, None, 3)
    database.execute("INSERT INTO events VALUES (0, 'late')")
    parts = [read(part)[0] for part in division.parts]
    assert len(parts) == 3
    assert all(parts)
    assert Counter(id for part in parts for id in part) == Counter(range(1, 20001))


def test_versions_between_two_horizons_are_divided_and_what_commits_late_comes_with_the_next(
    fresh_database: Fresh,
) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE events (id int PRIMARY KEY, at timestamptz DEFAULT now(), note text DEFAULT repeat('x', 100));"
        " INSERT INTO events (id) SELECT generate_series(1, 5000)"
    )
    late = psycopg.connect(database.url)
    late.execute("INSERT INTO events (id) VALUES (0)")
    database.execute("INSERT INTO events (id) VALUES (5001)")  # committed, above the horizon
    source = extract.postgres(database.url, "public.events", cursor="at", key="id")

    def divided(since: Any) -> tuple[list[int], Any]:
        division = source.divide(since, None, 4)
        assert len(division.parts) == 4
        return sorted(id for part in division.parts for id in read(part)[0]), division.position

    ids, position = divided(None)
    assert ids == list(range(1, 5001))
    late.commit()
    late.close()
    settle(database)
    database.execute("UPDATE events SET note = 'y' WHERE id = 7")
    settle(database)
    ids, position = divided(position)
    assert ids == [0, 7, 5001]
    assert read(source, position)[0] == []  # where the one ends the other begins
    assert divided(position)[0] == []


def test_another_cluster_is_read_whole_or_refused(table: Any) -> None:
    table.execute("INSERT INTO events (id) VALUES (1)")
    _, position = read(events(table))
    moved = {**position, "cluster": "1/elsewhere"}
    assert read(events(table), moved)[0] == [1]
    with pytest.raises(SourceUnreadable, match="another cluster"):
        read(events(table).for_append(), moved)


def test_the_name_of_a_source_holds_no_password() -> None:
    source = extract.postgres("postgresql://app:hunter2@db.example/shop", "public.events")
    assert "hunter2" not in source.name + repr(source)


def test_of_eight_writers_that_commit_late_and_out_of_order_no_row_is_missed_or_doubled(fresh_database: Fresh) -> None:
    """PGMASON_WRITERS_ROWS rows in all; each writer keeps its transactions open for as long as it likes, some in
    savepoints, some that roll back, while the source is read again and again."""
    rows = int(os.environ.get("PGMASON_WRITERS_ROWS", "20000"))
    database = fresh_database()
    database.execute(
        "CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL); CREATE SEQUENCE ids CACHE 1"
    )
    share = rows // 8
    most = max(20, rows // 400)

    def write(seed: int) -> None:
        chance = random.Random(seed)
        with psycopg.connect(database.url) as connection:
            left = share
            while left:
                count = min(left, chance.randint(1, most))
                connection.execute("SELECT now()")
                insert = "INSERT INTO events SELECT nextval('ids'), now() FROM generate_series(1, %s)"
                with connection.transaction(force_rollback=chance.random() < 0.1) as block:
                    connection.execute(insert, [count])
                if chance.random() < 0.5:
                    connection.execute("SELECT pg_sleep(%s)", [chance.random() * 0.05])
                if chance.random() < 0.1:
                    connection.rollback()
                    continue
                connection.commit()
                left -= 0 if block.force_rollback else count

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    for writer in writers:
        writer.start()
    source = extract.postgres(database.url, "public.events", cursor="at").for_append()
    seen: Counter[int] = Counter()
    position = None
    reads = 0
    while any(writer.is_alive() for writer in writers) or reads == 0:
        ids, position = read(source, position)
        seen.update(ids)
        reads += 1
    ids, position = read(source, position)
    seen.update(ids)
    there = {row[0] for row in database.execute("SELECT id FROM events")}
    assert reads > 1
    assert len(there) == share * 8
    assert set(seen) == there
    assert set(seen.values()) == {1}
