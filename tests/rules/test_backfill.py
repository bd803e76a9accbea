"""Batches that fill a large table reach every row once, commit one by one, and go on where they were broken off."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from ruled import autocommit

from pgmason.names import ObjectId
from pgmason.remedies.backfill import BATCH_ROWS, in_batches

if TYPE_CHECKING:
    from conftest import FreshDatabase

ROWS = 2 * BATCH_ROWS + 1
TABLES = {
    "an integer key": ("id integer PRIMARY KEY", "n"),
    "a uuid key": ("id uuid PRIMARY KEY", "md5(n::text)::uuid"),
    "a key of two": ('"from" integer, "To $$" text, PRIMARY KEY ("from", "To $$")', "n % 7, n::text"),
}


@pytest.mark.parametrize(("columns", "values"), TABLES.values(), ids=TABLES)
def test_every_row_is_filled_in_transactions_of_a_batch(
    columns: str, values: str, fresh_database: Callable[[], FreshDatabase]
) -> None:
    database = fresh_database()
    database.execute(f'CREATE TABLE "Order Line" ({columns})')
    database.execute(f'INSERT INTO "Order Line" SELECT {values} FROM generate_series(1, {ROWS}) AS n')
    database.execute('ALTER TABLE "Order Line" ADD COLUMN token uuid')
    database.execute('ALTER TABLE "Order Line" ALTER token SET DEFAULT gen_random_uuid()')
    done = database.execute("UPDATE \"Order Line\" SET token = DEFAULT WHERE ctid = '(0,1)' RETURNING token")
    file = in_batches(
        database.read_catalog(), ObjectId("table", ("public", "Order Line")), "token = DEFAULT", "token IS NULL"
    )
    assert file is not None
    assert not file.transaction
    with autocommit(database.url) as connection:
        connection.execute(file.statements[0].encode())
    told = database.execute('SELECT count(*), count(DISTINCT token), count(DISTINCT xmin::text) FROM "Order Line"')
    assert told == [(ROWS, ROWS, 4)], "three batches, and the row that was done before"
    assert database.execute('SELECT count(*) FROM "Order Line" WHERE token = %s', done[0][0]) == [(1,)]


def test_a_table_without_a_key_has_no_batches(fresh_database: Callable[[], FreshDatabase]) -> None:
    database = fresh_database()
    database.execute("CREATE TABLE notes (body text)")
    assert in_batches(database.read_catalog(), ObjectId("table", ("public", "notes")), "body = ''", "true") is None
