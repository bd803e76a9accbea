"""Production's shape: captured by a user who may do nothing, without a value of any column; its file is exact."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from pgmason.cli import run
from pgmason.errors import Unsupported
from pgmason.postgres.server import Server
from pgmason.statistics import Activity, IndexFigures, Statistics, TableFigures, read_statistics, statistics_to_json
from pgmason.statistics.capture import capture_statistics
from pgmason.statistics.document import StatisticsUnreadable, statistics_from_json

if TYPE_CHECKING:
    from conftest import FreshDatabase

SCHEMA = """
CREATE TABLE orders (id int PRIMARY KEY, card text);
CREATE INDEX orders_card ON orders (card);
INSERT INTO orders SELECT i, 'hunter2 ' || i FROM generate_series(1, 5000) i;
UPDATE orders SET card = card WHERE id <= 10;
DELETE FROM orders WHERE id > 4990;
CREATE TABLE letters (body text);
ALTER TABLE letters ALTER body SET STORAGE EXTERNAL;
INSERT INTO letters SELECT repeat('x', 9000) FROM generate_series(1, 20);
CREATE TABLE event (at date) PARTITION BY RANGE (at);
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
INSERT INTO event VALUES ('2025-05-05'), ('2026-05-05'), ('2026-06-06');
CREATE MATERIALIZED VIEW kept AS SELECT id FROM orders;
CREATE VIEW seen AS SELECT id FROM orders;
ANALYZE;
"""


@pytest.fixture
def stranger(server: Server, database_on: Callable[..., FreshDatabase]) -> Iterator[tuple[FreshDatabase, Any]]:
    """A database with SCHEMA, and the connection of a role that was granted nothing but CONNECT."""
    database = database_on(server)
    database.execute(SCHEMA)
    name = f"stranger_{database.scratch.name}"
    role, password = sql.Identifier(name), "no secret"
    server.admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password)))
    own = sql.Identifier(database.scratch.name)
    server.admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(own, role))
    with server.connect(database.scratch.name, user=name, password=password) as connection:
        yield database, connection
    server.admin.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM {}").format(own, role))
    server.admin.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_stranger_captures_what_postgresql_counts(stranger: tuple[FreshDatabase, Any]) -> None:
    database, connection = stranger
    database.execute("SELECT pg_stat_force_next_flush()") if database.major >= 15 else None
    statistics = capture_statistics(connection)
    assert sorted(statistics.tables) == [
        ("public", "event_new"),
        ("public", "event_old"),
        ("public", "kept"),
        ("public", "letters"),
        ("public", "orders"),
    ]
    for (schema, name), figures in statistics.tables.items():
        [(size, indexes, rows)] = database.execute(
            "SELECT pg_total_relation_size(c.oid), pg_indexes_size(c.oid), c.reltuples::bigint FROM pg_class c"
            " WHERE c.oid = %s::regclass",
            f"{schema}.{name}",
        )
        assert figures.data_bytes + figures.index_bytes == size
        assert figures.index_bytes == indexes
        assert figures.rows == rows
    orders = statistics.tables["public", "orders"]
    assert orders.rows == 4990
    assert (orders.activity.inserted, orders.activity.updated, orders.activity.deleted) == (5000, 10, 10)
    assert sorted(orders.indexes) == ["orders_card", "orders_pkey"]
    assert statistics.tables["public", "letters"].toast_bytes > 20 * 9000


def test_a_partitioned_table_is_the_sum_of_its_partitions(stranger: tuple[FreshDatabase, Any]) -> None:
    statistics = capture_statistics(stranger[1])
    event = statistics.of(("public", "event"))
    assert event is not None
    assert event.rows == 3
    assert event.bytes == sum(statistics.tables["public", name].bytes for name in ("event_old", "event_new"))
    assert statistics.of(("public", "nothing")) is None


def test_the_file_holds_no_value_of_a_column(stranger: tuple[FreshDatabase, Any]) -> None:
    text = statistics_to_json(capture_statistics(stranger[1]))
    assert "hunter2" not in text
    assert "2025-05-05" not in text


def test_a_table_that_was_never_analyzed_is_counted_by_its_counters(server: Server, database_on: Callable) -> None:
    database = database_on(server)
    database.execute("CREATE TABLE t (); INSERT INTO t SELECT FROM generate_series(1, 7)")
    database.execute("CREATE TABLE empty ()")
    with database.scratch.observer() as observer:
        until_counted = "SELECT n_live_tup FROM pg_stat_all_tables WHERE relname = 't'"
        database.execute("SELECT pg_stat_force_next_flush()")
        database.execute("SELECT 1")
        assert observer.execute(until_counted).fetchone() == (7,)
        statistics = capture_statistics(observer)
    assert statistics.tables["public", "t"].rows == 7
    assert statistics.tables["public", "empty"].rows == 0


def test_the_command_writes_a_file_that_is_read_back(
    server: Server, database_on: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = database_on(server)
    database.execute(SCHEMA)
    file = tmp_path / "production.stats.json"
    assert run(["stats", "capture", "--database", database.url, "--to", str(file)]) == 0
    statistics = read_statistics(file)
    assert statistics.tables["public", "orders"].rows == 4990
    assert statistics_to_json(statistics) == file.read_text(encoding="utf-8")
    said = capsys.readouterr()
    assert said.out == ""
    assert "5 tables" in said.err
    assert database.scratch.password not in said.err


counts = st.integers(min_value=0, max_value=2**62)
names = st.text(min_size=1, max_size=12)
indexes = st.dictionaries(names, st.builds(IndexFigures, bytes=counts, scans=counts), max_size=3)
activities = st.builds(Activity, **dict.fromkeys(Activity.__dataclass_fields__, counts))
figures = st.builds(
    TableFigures,
    rows=st.none() | counts,
    bytes=counts,
    toast_bytes=counts,
    indexes=indexes,
    activity=activities,
    partition_of=st.none() | st.tuples(names, names),
)
all_statistics = st.builds(
    Statistics,
    captured=names,
    server=names,
    counted_seconds=st.none() | counts,
    tables=st.dictionaries(st.tuples(names, names), figures, max_size=4),
    sequences=st.dictionaries(st.tuples(names, names), st.none() | st.integers(-(2**63), 2**63), max_size=4),
)


@given(all_statistics)
def test_what_is_written_is_read_back_equal(statistics: Statistics) -> None:
    text = statistics_to_json(statistics)
    assert statistics_from_json(text) == statistics
    assert statistics_to_json(statistics_from_json(text)) == text


def document(**changed: Any) -> dict[str, Any]:
    table = TableFigures(rows=1, bytes=2, indexes={"i": IndexFigures(bytes=3)})
    one = Statistics(captured="now", server="15.1", counted_seconds=9, tables={("public", "t"): table})
    made: dict[str, Any] = json.loads(statistics_to_json(one))
    return {**made, **changed}


def of_table(**changed: Any) -> dict[str, Any]:
    return document(tables=[{**document()["tables"][0], **changed}])


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("{", "f", "is not JSON"),
        ("[]", "f", "holds no statistics of pgmason's"),
        ({"format": "else"}, "f", "holds no statistics of pgmason's"),
        (document(version=0), "f: version", "must be 1 or 2"),
        (document(tables={}), "f: tables", "must be a list"),
        (document(tables=[1]), "f: tables[0]", "must be an object"),
        (
            document(sequences=[{"schema": "a", "name": "b", "last_value": "many"}]),
            "f: sequences[0].last_value",
            "must",
        ),
        (document(more=1), "f", "has a field 'more' that the format does not know"),
        (document(tables=document()["tables"] * 2), "f: tables[1]", "names public.t a second time"),
        (of_table(rows=-1), "f: tables[0].rows", "must be a whole number, 0 or more"),
        (of_table(rows="many"), "f: tables[0].rows", "must be a whole number, 0 or more"),
        (of_table(bytes=True), "f: tables[0].bytes", "must be a whole number, 0 or more"),
        (of_table(bytes=None), "f: tables[0].bytes", "must be a whole number, 0 or more"),
        (of_table(sample=["hunter2"]), "f: tables[0]", "has a field 'sample' that the format does not know"),
        (of_table(indexes={"i": {"bytes": 1}}), "f: tables[0].indexes.i", "lacks scans"),
        (of_table(partition_of=["a"]), "f: tables[0].partition_of", "must be [schema, name] or null"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_place(text: Any, where: str, what: str) -> None:
    with pytest.raises(StatisticsUnreadable) as refused:
        statistics_from_json(text if isinstance(text, str) else json.dumps(text), name="f")
    assert refused.value.where == where
    assert refused.value.what.startswith(what)
    assert "hunter2" not in str(refused.value)


def test_a_later_version_is_refused_by_its_number() -> None:
    with pytest.raises(Unsupported, match="is version 3 of the format"):
        statistics_from_json(json.dumps(document(version=3)))


def test_a_file_from_before_sequences_were_captured_is_read() -> None:
    old = {name: value for name, value in document(version=1).items() if name != "sequences"}
    assert statistics_from_json(json.dumps(old)).sequences == {}
    with pytest.raises(StatisticsUnreadable, match="lacks sequences"):
        statistics_from_json(json.dumps({**old, "version": 2}))


def test_a_sequence_tells_its_last_number_to_who_may_look_at_it(
    stranger: tuple[FreshDatabase, Any], server: Server
) -> None:
    database, connection = stranger
    database.execute("CREATE TABLE counted (id int GENERATED ALWAYS AS IDENTITY); CREATE SEQUENCE unused")
    database.execute("INSERT INTO counted SELECT FROM generate_series(1, 7)")
    assert capture_statistics(connection).sequences == {
        ("public", "counted_id_seq"): None,
        ("public", "unused"): None,
    }
    with database.scratch.observer() as owner:
        assert capture_statistics(owner).sequences == {("public", "counted_id_seq"): 7, ("public", "unused"): None}
