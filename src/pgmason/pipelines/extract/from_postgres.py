"""Rows out of another PostgreSQL database, each version of a row once, and none missed because it committed late.

A column that grows (updated_at, id) does not tell what is new: a transaction takes its time or number when it begins
and commits later, below what was read meanwhile. The number of the transaction that wrote a row version does. So a
cursor here is a horizon: of each snapshot, `pg_snapshot_xmin` is the oldest transaction that still runs; all below it
have ended, for good and visible. A run reads the versions from the last horizon up to its own, [before, now), and what
is above waits for the next run. Subtransactions are numbered above their transaction, so they never fall below.

What this costs is a look at each row's xmin; `lookback` bounds it by an index on the cursor column, for those who know
how far behind a commit can come. Rows that were deleted are not seen. A view or a query has no xmin: there `lookback`
is needed, and what it covers is read again each time.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.names import without_password
from pgmason.pipelines.extract.clocks import highest_not_ahead
from pgmason.pipelines.extract.faults import SourceUnreadable
from pgmason.pipelines.model import Cursor, Division, Extracted

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection, sql

__all__ = ["Postgres"]

_PAGE = 200_000  # rows of a page, where a key lets pages be read each in a snapshot of its own
_KINDS = {"r": "a table", "p": "a partitioned table", "v": "a view", "m": "a materialized view", "f": "a foreign table"}

# Tells one cluster from another: numbers of transactions mean nothing elsewhere.
_WHERE = """
SELECT pg_catalog.pg_snapshot_xmin(s)::text::bigint, pg_catalog.pg_snapshot_xmax(s)::text::bigint,
       (SELECT system_identifier::text FROM pg_catalog.pg_control_system()), pg_catalog.current_database()
  FROM pg_catalog.pg_current_snapshot() s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A table, or a query, of a database. `database` is a URL or `env:NAME`, resolved when it is read.

    `key` are columns with a unique index on them: the first read then goes in pages, each resumable. `once`: no row
    may be given twice. `span` limits the cursor column; `pages` are the blocks of a part of a division, `snapshot`
    what it reads in, and `written` the numbers of the transactions whose versions it reads (as `_written` takes them).
    """

    database: str = field(repr=False)
    table: tuple[str, str] | None = None
    query: str | None = None
    cursor: str | None = None
    key: tuple[str, ...] = ()
    lookback: timedelta | float | None = None
    once: bool = False
    span: tuple[str | None, str | None] | None = None
    pages: tuple[int, int] | None = None
    snapshot: str | None = field(default=None, repr=False)
    written: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        if (self.table is None) == (self.query is None):
            raise WrongUse("extract.postgres takes a table, or query=...: one of them")
        if self.query is not None and self.cursor is not None and self.lookback is None:
            raise WrongUse(
                "a query has no transaction numbers, so a cursor alone would miss what commits late",
                fix="give lookback=..., longer than any transaction of the source; that much is read again each time",
            )

    @property
    def name(self) -> str:
        place = self.database if self.database.startswith("env:") else without_password(self.database)
        what = ".".join(self.table) if self.table is not None else "a query"
        return f"{what} of {place}"

    def for_append(self) -> Postgres:
        if self.cursor is not None and self.table is None:
            raise WrongUse(f"{self.name}: what lookback covers is read again each time, and append loads it twice")
        return replace(self, once=True)

    def between(self, since: str | None, until: str | None) -> Postgres:
        if self.cursor is None:
            raise WrongUse(f"{self.name} has no cursor column, so it knows no span")
        return replace(self, span=(since, until))

    def schema(self) -> pa.Schema:
        from pgmason.rows.reading import arrow_schema

        with self._open() as connection:
            return arrow_schema(connection, self._selected())

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        with self._open() as connection:
            kind = self._kind(connection)
            if self.snapshot is not None or self.span is not None or self.cursor is None:
                yield from self._whole(connection)
            elif self.table is None or kind not in ("r", "p"):
                yield from self._overlapping(connection, since)
            else:
                yield from self._versions(connection, since)

    def divide(self, since: Cursor | None, until: Cursor | None, parts: int) -> Division:  # noqa: ARG002  # the contract's
        """Ranges of blocks of one table, read in one snapshot, which this process holds until it ends.

        With a cursor they are the versions between the horizons. What `lookback` covers, a span, and the rest of pages
        that were begun are read in one part.
        """
        begun = since is not None and "after" in since
        if self.table is None or self.span is not None or begun or (self.cursor and self.lookback is not None):
            return Division([self], None)
        holder = self._held()
        with holder.cursor() as asked:
            row = asked.execute(
                "SELECT pg_catalog.pg_export_snapshot(), pg_catalog.pg_relation_size(c.oid)"
                " / pg_catalog.current_setting('block_size')::bigint, c.relkind FROM pg_catalog.pg_class c"
                " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s",
                list(self.table),
            ).fetchone()
        if row is None or row[2] != "r" or holder.info.server_version < 140000:
            return Division([self], None)
        snapshot, blocks, _ = row
        whole, position = replace(self, snapshot=snapshot), None
        if self.cursor is not None:
            now = self._standing(holder)
            before = self._before(since, now)
            low = int(before["horizon"]) if before is not None else 0
            whole = replace(whole, written=(low, int(now["horizon"]), int(now["next"])))
            # the highest value is known when all is read; one that is lower only makes a later lookback longer
            position = {**_kept(now), "value": before.get("value") if before is not None else None}
        step = max(1, -(-int(blocks) // max(1, parts)))
        starts = list(range(0, max(int(blocks), 1), step))
        ends = [*starts[1:], 1 << 31]  # the last one takes what came since the size was read
        return Division([replace(whole, pages=pair) for pair in zip(starts, ends, strict=True)], position)

    # --- the ways to read ---------------------------------------------------------------------------------------

    def _whole(self, connection: Connection[Any]) -> Iterator[Extracted]:
        """All rows, or those of a span or of some blocks."""
        from psycopg import sql

        conditions: list[sql.Composable] = []
        if self.span is not None and self.cursor is not None:
            kind = self._type_of(connection, self.cursor)
            for bound, operator in zip(self.span, (">=", "<"), strict=True):
                if bound is not None:
                    conditions.append(
                        sql.SQL("{} {} {}::{}").format(
                            sql.Identifier(self.cursor), sql.SQL(operator), sql.Literal(bound), sql.SQL(kind)
                        )
                    )
        if self.written is not None:
            conditions.append(self._written(*self.written))
        if self.pages is not None:
            first, last = self.pages
            conditions.append(
                sql.SQL("ctid >= {} AND ctid < {}").format(
                    sql.Literal(f"({first},0)"), sql.Literal(f"({min(last, (1 << 32) - 2)},0)")
                )
            )
        yield from (
            Extracted(batch, None) for batch in self._read(connection, self._selected(conditions), self.snapshot)
        )

    def _versions(self, connection: Connection[Any], since: Cursor | None) -> Iterator[Extracted]:
        """Row versions between two horizons; at the beginning all below the first, in pages where there is a key."""
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            now = self._standing(connection)
            before = self._before(since, now)
            if before is None and self.key:
                start = {**now, "after": None}
            elif before is not None and "after" in before:
                start = dict(before)
            else:
                exported = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
                assert exported is not None
                low = int(before["horizon"]) if before is not None else 0
                conditions = [self._written(low, int(now["horizon"]), int(now["next"]))]
                if before is not None and self.lookback is not None and before.get("value") is not None:
                    conditions.append(self._behind(connection, before["value"]))
                highest = _Highest(self.cursor, before.get("value") if before else None)
                for batch in self._read(connection, self._selected(conditions), exported[0]):
                    yield Extracted(highest.seen(batch), None)
                yield Extracted(self._empty(connection), {**_kept(now), "value": highest.text})
                return
        yield from self._paged(connection, start)

    def _paged(self, connection: Connection[Any], start: dict[str, Any]) -> Iterator[Extracted]:
        """All versions below the first horizon by key, a snapshot a page: no transaction stays open on the source."""
        from psycopg import sql

        after = start["after"]
        highest = _Highest(self.cursor, start.get("value"))
        key = [sql.Identifier(column) for column in self.key]
        kinds = [sql.SQL(self._type_of(connection, column)) for column in self.key]
        order = sql.SQL(" ORDER BY {} LIMIT {}").format(sql.SQL(", ").join(key), sql.Literal(_PAGE))
        # texts that the key's own types read again
        bound = sql.SQL("SELECT {} FROM ({}) page ORDER BY {} LIMIT 1")
        while True:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                now = self._standing(connection)
                conditions = [self._written(0, int(start["horizon"]), int(now["next"]))]
                if after is not None:
                    values = [
                        sql.SQL("{}::{}").format(sql.Literal(value), kind)
                        for value, kind in zip(after, kinds, strict=True)
                    ]
                    conditions.append(
                        sql.SQL("({}) > ({})").format(sql.SQL(", ").join(key), sql.SQL(", ").join(values))
                    )
                page = self._selected(conditions) + order
                last = connection.execute(
                    bound.format(
                        sql.SQL(", ").join(sql.SQL("{}::pg_catalog.text").format(column) for column in key),
                        page,
                        # qualified: a bare name would be the text of the output
                        sql.SQL(", ").join(sql.SQL("page.{} DESC").format(column) for column in key),
                    )
                ).fetchone()
                if last is None:
                    break
                after = list(last)
                exported = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
                assert exported is not None
                held: pa.RecordBatch | None = None
                for batch in self._read(connection, page, exported[0]):
                    if held is not None:
                        yield Extracted(held, None)
                    held = highest.seen(batch)
                if held is not None:
                    yield Extracted(held, {**_kept(start), "value": highest.text, "after": after})
        yield Extracted(self._empty(connection), {**_kept(start), "value": highest.text})

    def _overlapping(self, connection: Connection[Any], since: Cursor | None) -> Iterator[Extracted]:
        """Without transaction numbers: everything from `lookback` before the highest value that was read."""
        if self.lookback is None:
            raise WrongUse(
                f"{self.name} is no table, so it has no transaction numbers, and a cursor alone would miss rows",
                fix="give lookback=..., longer than any transaction of the source",
            )
        value = since.get("value") if since else None
        conditions = [] if value is None else [self._behind(connection, value)]
        highest = _Highest(self.cursor, value)
        for batch in self._read(connection, self._selected(conditions), None):
            yield Extracted(highest.seen(batch), None)
        yield Extracted(self._empty(connection), {"value": highest.text})

    # --- the SQL of it ------------------------------------------------------------------------------------------

    def _selected(self, conditions: list[sql.Composable] | None = None) -> sql.Composable:
        """Every column that is the source's own, under these conditions."""
        from psycopg import sql

        if self.table is not None:
            source: sql.Composable = sql.Identifier(*self.table)
        else:
            source = sql.SQL("({}) source").format(sql.SQL(self.query or ""))
        where = sql.SQL(" WHERE {}").format(sql.SQL(" AND ").join(conditions)) if conditions else sql.SQL("")
        return sql.SQL("SELECT * FROM {}{}").format(source, where)

    def _written(self, low: int, high: int, next: int) -> sql.Composable:
        """Versions by transactions numbered low <= number < high. xmin holds the lower 32 bits of a number that lies
        below `next`, at most 2^32 behind it; numbers under 3 are of what was frozen before 9.4."""
        from psycopg import sql

        number = sql.SQL("({next}::int8 - (({next}::int8 - xmin::text::int8) & 4294967295))").format(
            next=sql.Literal(next)
        )
        return sql.SQL("{number} < {high}::int8").format(number=number, high=sql.Literal(high)) + (
            sql.SQL(" AND {number} >= {low}::int8 AND xmin::text::int8 > 2").format(number=number, low=sql.Literal(low))
            if low
            else sql.SQL("")
        )

    def _behind(self, connection: Connection[Any], value: str) -> sql.Composable:
        from psycopg import sql

        assert self.cursor is not None
        kind = self._type_of(connection, self.cursor)
        back: sql.Composable = (
            sql.SQL("{}::interval").format(sql.Literal(f"{self.lookback.total_seconds()} seconds"))
            if isinstance(self.lookback, timedelta)
            else sql.Literal(self.lookback)
        )
        return sql.SQL("{} >= {}::{} - {}").format(sql.Identifier(self.cursor), sql.Literal(value), sql.SQL(kind), back)

    def _type_of(self, connection: Connection[Any], column: str) -> str:
        """The SQL type of a column, as format_type writes it. Raises WrongUse where there is none of that name."""
        from psycopg import sql

        asked = sql.SQL("SELECT * FROM ({}) asked LIMIT 0").format(self._selected())
        described = connection.execute(asked).description or []
        for one in described:
            if one.name == column:
                row = connection.execute("SELECT pg_catalog.format_type(%s, NULL)", [one.type_code]).fetchone()
                assert row is not None
                return str(row[0])
        raise WrongUse(f"{self.name} has no column {column}; it has {', '.join(one.name for one in described)}")

    def _kind(self, connection: Connection[Any]) -> str:
        if self.table is None:
            return ""
        row = connection.execute(
            "SELECT c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = %s AND c.relname = %s",
            list(self.table),
        ).fetchone()
        if row is None or row[0] not in _KINDS:
            raise SourceUnreadable("there is no such table", where=self.name)
        return str(row[0])

    def _standing(self, connection: Connection[Any]) -> dict[str, str]:
        """The horizon of the transaction's snapshot, the next number, and which cluster and database this is."""
        import psycopg

        try:
            with connection.transaction():
                row = connection.execute(_WHERE).fetchone()
        except psycopg.errors.InsufficientPrivilege as exc:
            raise SourceUnreadable(
                "the role may not ask which cluster this is",
                where=self.name,
                fix="GRANT EXECUTE ON FUNCTION pg_catalog.pg_control_system() TO the role",
            ) from exc
        assert row is not None
        return {"horizon": str(row[0]), "next": str(row[1]), "cluster": f"{row[2]}/{row[3]}"}

    def _before(self, since: Cursor | None, now: dict[str, str]) -> dict[str, Any] | None:
        """Where the last run ended; None where it says nothing here. Raises SourceUnreadable where that loses."""
        if since is None:
            return None
        same = since.get("cluster") == now["cluster"] and int(since.get("horizon", 0)) <= int(now["next"])
        if same:
            return dict(since)
        if self.once:
            raise SourceUnreadable(
                "is another cluster than the one that was read, so nothing tells which rows are new",
                where=self.name,
                fix="load once into an empty target, or give the pipeline a key and on_conflict",
            )
        return None  # with a key everything can be read again

    def _empty(self, connection: Connection[Any]) -> pa.RecordBatch:
        import pyarrow as pa

        from pgmason.rows.reading import arrow_schema

        schema = arrow_schema(connection, self._selected())
        return pa.RecordBatch.from_arrays([pa.array([], one.type) for one in schema], schema=schema)

    def _read(
        self, connection: Connection[Any], query: sql.Composable, snapshot: str | None
    ) -> Iterator[pa.RecordBatch]:
        from pgmason.rows.reading import read_batches

        return read_batches(self._url(), connection, query, snapshot=snapshot)

    def _url(self) -> str:
        if not self.database.startswith("env:"):
            return self.database
        url = os.environ.get(self.database.removeprefix("env:"))
        if not url:
            raise WrongUse(f"{self.database.removeprefix('env:')} is not set, and names the source's database")
        return url

    @contextmanager
    def _open(self) -> Iterator[Connection[Any]]:
        from pgmason.pipelines.connection import connected

        with connected(self._url(), what="pgmason pipeline reads", read_only=True) as connection:
            yield connection

    def _held(self) -> Connection[Any]:
        """A session whose snapshot stays open until this process ends."""
        from pgmason.pipelines.connection import connect

        connection = connect(self._url(), what="pgmason pipeline holds a snapshot", read_only=True)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _HELD.append(connection)
        return connection


_HELD: list[Any] = []


@atexit.register
def _let_go() -> None:
    for connection in _HELD:
        with suppress(Exception):
            connection.close()


def _kept(standing: dict[str, Any]) -> dict[str, Any]:
    return {"horizon": standing["horizon"], "cluster": standing["cluster"]}


class _Highest:
    """The highest value of the cursor column, as text that its type reads again."""

    def __init__(self, column: str | None, before: str | None) -> None:
        self._column = column
        self._value: Any = None
        self._before = before

    def seen(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow.compute as pc

        if self._column is not None and batch.num_rows:
            highest, _ = highest_not_ahead(batch.column(self._column))
            if highest is not None and (self._value is None or pc.greater(highest, self._value).as_py()):
                self._value = highest
        return batch

    @property
    def text(self) -> str | None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if self._value is None:
            return self._before
        if self._before is not None:
            before = pa.scalar(self._before, pa.string()).cast(self._value.type)
            if pc.greater(before, self._value).as_py():
                return self._before
        return str(self._value.cast(pa.string()).as_py())
