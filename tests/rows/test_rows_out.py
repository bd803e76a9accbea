# ruff: noqa: E501  rows of a table
"""What leaves PostgreSQL as record batches, and comes back, is what was there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from psycopg import sql

from pgmason.errors import DatabaseUnreachable
from pgmason.rows.digest import digest_tables
from pgmason.rows.encoding import BinaryRows
from pgmason.rows.fitting import fit_batch, fit_schema
from pgmason.rows.reading import ReadFailed, arrow_schema, read_batches
from pgmason.rows.target import read_target

FRESH = Callable[..., Any]
TYPES = (
    "a smallint, b integer, c bigint, d numeric(12,3), e numeric, f real, g double precision, h boolean, i text,"
    " j varchar(20), k char(5), l bytea, m uuid, n jsonb, o json, p date, q timestamptz, r timestamp, s time,"
    " t interval, u inet, v int4range, w integer[], x text[], y mood, z money, aa oid, ab name, ac numeric(50,2),"
    " ad timestamptz[], ae point, af positive"
)
ROWS = """
(1, 2, 3, 4.5, 6.70, 0.5, 0.1, true, 'Käse', 'v', 'c', '\\x00ff', '00000000-0000-0000-0000-00000000000a', '{"a": 1.10}',
 '{"b":1, "a":2}', '2024-02-29', '2024-01-01 12:00+02', '2024-01-01', '12:30:00.000001', '1 mon 2 days 3.5 s', '::1/64',
 '[1,5)', '{1,NULL,3}', '{"a,b",NULL,""}', 'so so', '$1.50', 4000000000, 'name', 1e40, '{2024-01-01 00:00+00}', '(1,2)', 5),
(-32768, -2147483648, -9223372036854775808, -999999999.999, 'NaN', 'NaN', '-Infinity', false, '', '', '', '', NULL, 'null',
 'null', '4713-01-01 BC', '0001-01-01 00:00+00', '294246-12-31', '24:00', '-1 us', NULL, 'empty', '{}', '{}', 'sad', NULL,
 0, '', NULL, NULL, NULL, NULL),
(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
 NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
"""


def test_a_table_of_every_type_copied_through_arrow_has_the_same_digest(fresh_database: FRESH) -> None:
    """Read, fitted, encoded, COPYed: by digest and, for what a digest could be blind to, row by row."""
    database = fresh_database()
    database.execute(
        "CREATE TYPE mood AS ENUM ('so so', 'sad'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);"
        f" CREATE TABLE one ({TYPES}); CREATE TABLE other (LIKE one); INSERT INTO one VALUES {ROWS}"
    )
    connection = database.connection
    target = read_target(connection, "public", "other")
    query = sql.SQL("SELECT * FROM one")
    schema = arrow_schema(connection, query)
    fits = fit_schema(target, schema)
    staged = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(fit.column.name), sql.SQL(fit.staged)) for fit in fits
    )
    connection.execute(sql.SQL("CREATE TEMP TABLE stage ({})").format(staged))
    rows = BinaryRows(
        pa.schema([(fit.column.name, fit.arrow) for fit in fits]), jsonb=[fit.column.name for fit in fits if fit.jsonb]
    )
    read = list(read_batches(database.url, connection, query))
    with connection.cursor().copy("COPY stage FROM STDIN (FORMAT binary)") as copy:
        copy.write(rows.header())
        for batch in read:
            assert batch.schema == schema
            fitted, misfits = fit_batch(fits, batch)
            assert misfits == []
            copy.write(rows.rows(fitted))
        copy.write(rows.end())
    casts = sql.SQL(", ").join(
        sql.SQL("{}::{}").format(sql.Identifier(fit.column.name), sql.SQL(fit.column.type)) for fit in fits
    )
    connection.execute(sql.SQL("INSERT INTO other SELECT {} FROM stage").format(casts))
    found = digest_tables([connection], [("public", "one"), ("public", "other")])
    assert len({table.digest for table in found.values()}) == 1
    for name in schema.names:
        values = [
            database.execute(f"SELECT {name}::text FROM {table} ORDER BY a NULLS LAST") for table in ("one", "other")
        ]
        assert values[0] == values[1], name


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 'infinity'::timestamptz AS t", "no Arrow value holds infinity"),
        ("SELECT '-infinity'::date AS d", "no Arrow value holds -infinity"),
        ("SELECT '294276-12-31'::timestamp AS t", "no Arrow value holds 294276-12-31"),
        ("SELECT ARRAY[[1,2]] AS a", "no Arrow list holds an array"),
        ("SELECT '[0:1]={1,2}'::int[] AS a", "no Arrow list holds an array"),
        ("SELECT 1 / (2 - n) AS x FROM generate_series(1, 3) n", "division by zero"),
        ("SELECT nothing", "nothing"),
    ],
)
def test_what_no_arrow_value_can_hold_and_what_fails_is_told(fresh_database: FRESH, query: str, said: str) -> None:
    database = fresh_database()
    with pytest.raises(ReadFailed, match=said) as told:
        list(read_batches(database.url, database.connection, sql.SQL(query)))
    assert database.scratch.password not in str(told.value)


def test_a_snapshot_that_was_exported_is_what_is_read(fresh_database: FRESH) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
    connection = database.connection
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()[0]
        with database.scratch.session() as other:
            other.execute("INSERT INTO t VALUES (2)")
        query = sql.SQL("SELECT id FROM t")
        read = [batch.to_pylist() for batch in read_batches(database.url, connection, query, snapshot=snapshot)]
    assert read == [[{"id": 1}]]


def test_batches_are_bounded_and_rows_keep_the_order_of_the_query(fresh_database: FRESH) -> None:
    database = fresh_database()
    query = sql.SQL("SELECT n, repeat('x', 100) AS s FROM generate_series(1, 50000) n ORDER BY n DESC")
    batches = list(read_batches(database.url, database.connection, query, batch_bytes=500_000))
    assert len(batches) > 5
    assert max(batch.nbytes for batch in batches) < 1_500_000
    assert [n for batch in batches for n in batch.column("n").to_pylist()] == list(range(50000, 0, -1))


def test_a_database_that_is_not_there_is_told_without_the_password(fresh_database: FRESH) -> None:
    database = fresh_database()
    url = database.url.replace(f":{database.scratch.server.state['port']}/", ":1/")
    with pytest.raises(DatabaseUnreachable) as told:
        list(read_batches(url, database.connection, sql.SQL("SELECT 1 AS a")))
    assert database.scratch.password not in str(told.value)
