"""How do rows leave PostgreSQL as record batches, fast and with nothing lost on the way?

The query runs as COPY (...) TO STDOUT (FORMAT binary) inside the ADBC driver, which turns it into Arrow in C. What that
driver would bring over wrongly is cast by the server first: types without an Arrow form travel as PostgreSQL's own
text, numeric(p,s) becomes a decimal, any other numeric stays text with all its digits. Values that the Arrow type
cannot hold (infinite dates and timestamps, arrays of several dimensions) make the read fail, naming what was met,
rather than become something else.

Which rows are asked for, and from which snapshot, is the caller's affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pgmason.errors import DatabaseUnreachable, PgmasonError, WrongUse
from pgmason.names import without_password

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection, sql

__all__ = ["ReadFailed", "arrow_schema", "read_batches"]

BATCH_BYTES = 4_000_000

# Types that the driver brings over as they are, by oid.
_AS_THEY_ARE = {
    16: "bool",
    17: "bytea",
    18: '"char"',
    19: "name",
    20: "int8",
    21: "int2",
    23: "int4",
    25: "text",
    114: "json",
    700: "float4",
    701: "float8",
    1042: "bpchar",
    1043: "varchar",
    1083: "time",
    1186: "interval",
    2950: "uuid",
    3802: "jsonb",
}
_NUMERIC = 1700
_OID = 26
_INFINITE = {1082: "date", 1114: "timestamp", 1184: "timestamptz"}
# Arrow counts microseconds from 1970, PostgreSQL from 2000, both in 64 bits: the last thirty years have no room.
_LAST_YEAR = "294247-01-01"
# Arrays whose elements the driver brings over as they are: their oid and their SQL type.
_ARRAYS = {
    1000: "boolean[]",
    1005: "smallint[]",
    1007: "integer[]",
    1016: "bigint[]",
    1021: "real[]",
    1022: "double precision[]",
    1009: "text[]",
    2951: "uuid[]",
}


class ReadFailed(PgmasonError):
    """A query over rows failed on the server, or met a value that no Arrow type holds."""

    code = "read-failed"


def arrow_schema(connection: Connection[Any], query: sql.Composable) -> pa.Schema:
    """The schema that `read_batches` gives for a query; the query is planned and not run."""
    import pyarrow as pa

    columns = _described(connection, query)
    return pa.schema([pa.field(name, _arrow_type(oid, precision, scale)) for name, oid, precision, scale in columns])


def read_batches(
    url: str,
    connection: Connection[Any],
    query: sql.Composable,
    *,
    snapshot: str | None = None,
    batch_bytes: int = BATCH_BYTES,
) -> Iterator[pa.RecordBatch]:
    """The rows of a query, in its order, in batches of about `batch_bytes`; memory is a few batches.

    `url` is where to read (another session than `connection`, which only describes the query). `snapshot` is one that
    `pg_export_snapshot()` gave and whose transaction is still open. Read-only, in one transaction. Raises ReadFailed,
    DatabaseUnreachable, and WrongUse where the driver is not installed.
    """
    try:
        import adbc_driver_postgresql as adbc
        from adbc_driver_manager import AdbcConnection, AdbcStatement
        from adbc_driver_manager import Error as DriverError
    except ImportError as exc:
        raise WrongUse(
            "reading rows out of PostgreSQL needs its ADBC driver", fix="pip install 'pgmason[pipelines]'"
        ) from exc
    import pyarrow as pa

    columns = _described(connection, query)
    schema = pa.schema([pa.field(name, _arrow_type(oid, precision, scale)) for name, oid, precision, scale in columns])
    asked = _arrow_query(query, columns).as_string(connection)
    opened: list[Any] = []
    try:
        try:
            opened.append(adbc.connect(url))
            opened.append(session := AdbcConnection(opened[0]))
            session.set_autocommit(False)
            for setting in _settings(snapshot):
                with AdbcStatement(session) as statement:
                    statement.set_sql_query(setting.as_string(connection))
                    statement.execute_update()
        except DriverError as exc:
            raise DatabaseUnreachable(_said(exc), where=without_password(url)) from exc
        opened.append(statement := AdbcStatement(session))
        statement.set_options(**{adbc.StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(batch_bytes)})
        statement.set_sql_query(asked)
        try:
            stream, _ = statement.execute_query()
            with pa.RecordBatchReader._import_from_c(stream.address) as reader:
                for batch in reader:
                    yield _plain_batch(batch, schema)
        except (DriverError, pa.ArrowException, OSError) as exc:
            raise ReadFailed(_said(exc), where=without_password(url)) from exc
    finally:
        for one in reversed(opened):
            with suppress(Exception):
                one.close()


def _settings(snapshot: str | None) -> list[sql.Composable]:
    from psycopg import sql

    settings: list[sql.Composable] = [sql.SQL("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")]
    if snapshot is not None:
        settings.append(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
    return [*settings, sql.SQL("SET LOCAL statement_timeout = 0"), sql.SQL("SET LOCAL TimeZone = 'UTC'")]


Described = tuple[str, int, int | None, int | None]


def _described(connection: Connection[Any], query: sql.Composable) -> list[Described]:
    """Name, type oid, precision and scale of each column of the query."""
    import psycopg
    from psycopg import sql

    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT * FROM ({}) asked LIMIT 0").format(query))
            described = [
                (column.name, column.type_code, column.precision, column.scale) for column in cursor.description or ()
            ]
    except psycopg.Error as exc:
        raise ReadFailed(_said(exc), where=without_password(connection.info.dbname)) from exc
    names = [name for name, *_ in described]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise WrongUse(f"the query gives the column {', '.join(twice)} twice", fix="name each column once")
    return described


def _arrow_type(oid: int, precision: int | None, scale: int | None) -> pa.DataType:
    import pyarrow as pa

    plain = {
        16: pa.bool_(),
        17: pa.binary(),
        20: pa.int64(),
        21: pa.int16(),
        23: pa.int32(),
        _OID: pa.int64(),
        700: pa.float32(),
        701: pa.float64(),
        1082: pa.date32(),
        1083: pa.time64("us"),
        1114: pa.timestamp("us"),
        1184: pa.timestamp("us", "UTC"),
        1186: pa.month_day_nano_interval(),
        2950: pa.binary(16),
        1000: pa.list_(pa.bool_()),
        1005: pa.list_(pa.int16()),
        1007: pa.list_(pa.int32()),
        1016: pa.list_(pa.int64()),
        1021: pa.list_(pa.float32()),
        1022: pa.list_(pa.float64()),
        1009: pa.list_(pa.string()),
        2951: pa.list_(pa.binary(16)),
    }
    if oid == _NUMERIC and precision is not None and scale is not None and 0 <= scale <= precision <= 38:
        return pa.decimal128(precision, scale)
    return plain.get(oid, pa.string())


def _arrow_query(query: sql.Composable, columns: list[Described]) -> sql.Composed:
    """The query with each column cast to what the driver brings over rightly."""
    from psycopg import sql

    def column(name: str, oid: int) -> sql.Composable:
        it = sql.Identifier("asked", name)
        if oid in _AS_THEY_ARE:
            return it
        if oid == _OID:
            return sql.SQL("{}::pg_catalog.int8").format(it)
        if oid in _INFINITE:
            # the cast of such a text fails, and its message tells the value
            return sql.SQL(
                "CASE WHEN (pg_catalog.isfinite({0}) AND ({2} OR {0} < {3})) IS NOT FALSE THEN {0}"
                " ELSE ('no Arrow value holds ' || {0}::pg_catalog.text)::pg_catalog.{1} END"
            ).format(it, sql.Identifier(_INFINITE[oid]), sql.Literal(oid == 1082), sql.Literal(_LAST_YEAR))
        if oid in _ARRAYS:
            return sql.SQL(
                "CASE WHEN pg_catalog.array_ndims({0}) > 1 OR pg_catalog.array_lower({0}, 1) <> 1"
                " THEN ('no Arrow list holds an array with the bounds ' || pg_catalog.array_dims({0}))::{1}"
                " ELSE {0} END"
            ).format(it, sql.SQL(_ARRAYS[oid]))
        return sql.SQL("{}::pg_catalog.text").format(it)

    chosen = [sql.SQL("{} AS {}").format(column(name, oid), sql.Identifier(name)) for name, oid, *_ in columns]
    return sql.SQL("SELECT {} FROM ({}) asked").format(sql.SQL(", ").join(chosen), query)


def _plain_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch without the driver's own extension types, in the types of the schema."""
    import pyarrow as pa

    arrays = []
    for array, field in zip(batch.columns, schema, strict=True):
        plain = array.storage if isinstance(array, pa.ExtensionArray) else array
        arrays.append(plain if plain.type == field.type else plain.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _said(exc: BaseException) -> str:
    return " ".join(str(exc).split("\n\nQuery was")[0].split()) or type(exc).__name__
