"""Every batch's bytes hold every row of it, whatever its size and wherever it was cut out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgmason.rows.encoding import BinaryRows

COLUMNS = {
    "a": (pa.int64(), "int8", st.integers(-(2**63), 2**63 - 1)),
    "b": (pa.decimal128(38, 9), "numeric", st.decimals(-(10**28), 10**28, places=9, allow_nan=False)),
    "c": (pa.string(), "text", st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)),
    "d": (pa.binary(), "bytea", st.binary(max_size=9)),
    "e": (pa.bool_(), "bool", st.booleans()),
    "f": (pa.float64(), "float8", st.floats(allow_nan=False)),
    "g": (pa.list_(pa.int32()), "int4[]", st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), max_size=3)),
    "h": (pa.date32(), "date", st.dates()),
    "i": (pa.timestamp("us"), "timestamp", st.datetimes()),
}
ROW = st.fixed_dictionaries({name: st.none() | values for name, (_, _, values) in COLUMNS.items()})
SCHEMA = pa.schema([(name, kind) for name, (kind, _, _) in COLUMNS.items()])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(ROW, max_size=5), min_size=1, max_size=3), cut=st.integers(0, 2))
def test_rows_come_back_from_postgresql_as_they_went(
    fresh_database: Callable[..., Any], batches: list[list[dict[str, Any]]], cut: int
) -> None:
    """psycopg reads them back, which knows nothing of Arrow; slices carry the rows around them in memory."""
    database = _made(fresh_database)
    database.execute("TRUNCATE t")
    rows = BinaryRows(SCHEMA)
    sent = []
    with database.connection.cursor().copy("COPY t FROM STDIN (FORMAT binary)") as copy:
        copy.write(rows.header())
        for given_rows in batches:
            whole = pa.RecordBatch.from_pylist(given_rows, schema=SCHEMA)
            copy.write(rows.rows(whole.slice(cut)))
            sent += given_rows[cut:]
        copy.write(rows.end())
    assert database.execute("SELECT a, b, c, d, e, f, g, h, i FROM t ORDER BY ctid") == [
        tuple(row[name] for name in COLUMNS) for row in sent
    ]


_kept: dict[int, Any] = {}


def _made(fresh_database: Callable[..., Any]) -> Any:
    """One database for all examples of a test."""
    if id(fresh_database) not in _kept:
        _kept.clear()
        database = _kept[id(fresh_database)] = fresh_database()
        columns = ", ".join(f"{name} {kind}" for name, (_, kind, _) in COLUMNS.items())
        database.execute(f"CREATE TABLE t ({columns})")
    return _kept[id(fresh_database)]
