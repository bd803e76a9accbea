"""Rows out of a database that is no PostgreSQL: through an ADBC driver, as Arrow, or through SQLAlchemy, row by row.

These databases tell nothing of which transactions still run, so a cursor alone would miss what commits late: it comes
with a `lookback` that its owner knows, and what that covers is read again each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pgmason.errors import WrongUse
from pgmason.names import without_password
from pgmason.pipelines.extract.clocks import highest_not_ahead
from pgmason.pipelines.extract.columns import merged, type_named
from pgmason.pipelines.extract.faults import SourceUnreachable, SourceUnreadable, missing_extra
from pgmason.pipelines.extract.objects import inferred_from, rows_of
from pgmason.pipelines.extract.plain import plain_batch, plain_schema
from pgmason.pipelines.model import Cursor, Extracted, Rejected
from pgmason.rows.texts import json_text

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Database"]

_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A query of a database. `url` is SQLAlchemy's, or what the ADBC `driver` connects to; `env:NAME` is looked up."""

    url: str = field(repr=False)
    query: str
    driver: str | None = None
    cursor: str | None = None
    lookback: timedelta | float | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    kept: pa.Schema | None = None
    span: tuple[str | None, str | None] | None = None

    def __post_init__(self) -> None:
        if self.cursor is not None and self.lookback is None:
            raise WrongUse(
                "a cursor alone misses what commits late",
                fix='give lookback="1 hour", or a number: longer than its transactions last, 0 where none is open',
            )

    @property
    def name(self) -> str:
        return f"a query of {self.url if self.url.startswith('env:') else without_password(self.url)}"

    @property
    def typed(self) -> bool:
        """Whether the driver tells types; SQLAlchemy's rows are Python's values."""
        return self.driver is not None

    sparse = False

    def for_append(self) -> Database:
        if self.cursor is not None:
            raise WrongUse(f"{self.name}: what lookback covers is read again each time, and append loads it twice")
        return self

    def between(self, since: str | None, until: str | None) -> Database:
        if self.cursor is None:
            raise WrongUse(f"{self.name} has no cursor column, so it knows no span")
        return replace(self, span=(since, until))

    def schema(self) -> pa.Schema:
        if self.kept is not None:
            return self.kept
        found = self.found_schema()
        if found is None:
            raise SourceUnreadable("has no row, so its columns are not known yet", where=self.name)
        return found

    def found_schema(self) -> pa.Schema | None:
        """The columns of the first rows; None where there is none and nothing else tells."""
        with self._answers(None, limit=True) as answers:
            for answer in answers:
                return self._given(answer.schema) if self.driver else merged([inferred_from(answer, self.types)])
        return None

    def _given(self, schema: pa.Schema) -> pa.Schema:
        """The driver's types, but for those that were given."""
        import pyarrow as pa

        given = {name: type_named(text, where=f"types: {name}") for name, text in self.types.items()}
        return pa.schema([pa.field(one.name, given.get(one.name, one.type)) for one in schema])

    def _fitted(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        """The batch in the types that were kept. Raises SourceUnreadable: some databases (SQLite) have no types, and
        their driver guesses one from the rows of an answer."""
        import pyarrow as pa

        try:
            return plain_batch(batch, schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
            now = ", ".join(f"{one.name} {one.type}" for one in batch.schema if one.type != schema.field(one.name).type)
            raise SourceUnreadable(
                f"has values of another type than was kept: {now}",
                where=self.name,
                fix='say what a column holds: types={"note": "text"}',
            ) from exc

    def with_schema(self, schema: pa.Schema) -> Database:
        return replace(self, kept=schema)

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        import pyarrow as pa
        import pyarrow.compute as pc

        before = since.get("value") if since else None
        schema = self.schema()
        highest: Any = None
        number = 0
        with self._answers(before, limit=False) as answers:
            for answer in answers:
                if self.driver:
                    batch, rejected = self._fitted(answer, schema), []
                else:
                    batch, unfit = rows_of(answer, schema)
                    rejected = [
                        Rejected(f"{self.name}: row {number + i + 1}: {what}", json_text(answer[i]))
                        for i, what in unfit
                    ]
                    number += len(answer)
                if self.cursor is not None and batch.num_rows:
                    top, _ = highest_not_ahead(batch.column(self.cursor))
                    if top is not None and (highest is None or pc.greater(top, highest).as_py()):
                        highest = top
                yield Extracted(batch, None, rejected)
        if self.cursor is not None and self.span is None:
            empty = pa.RecordBatch.from_arrays([pa.array([], one.type) for one in schema], schema=schema)
            yield Extracted(empty, {"value": before if highest is None else _document(highest.as_py())})

    def _bounds(self, before: Any) -> list[tuple[str, Any]]:
        """Conditions on the cursor column: an operator and a value."""
        if self.span is not None:
            return [
                (operator, _typed(bound))
                for operator, bound in zip((">=", "<"), self.span, strict=True)
                if bound is not None
            ]
        if self.cursor is None or before is None:
            return []
        value = _typed(before)
        return [(">=", value - self.lookback if self.lookback else value)]

    @contextmanager
    def _answers(self, before: Any, *, limit: bool) -> Iterator[Iterator[Any]]:
        """Record batches of the driver, or lists of rows as mappings. Raises SourceUnreachable, SourceUnreadable."""
        url = self.url
        if url.startswith("env:"):
            url = os.environ.get(url.removeprefix("env:"), "")
            if not url:
                raise WrongUse(f"{self.url.removeprefix('env:')} is not set, and names the source's database")
        with (
            self._through_adbc(url, before) if self.driver else self._through_sqlalchemy(url, before, limit) as answers
        ):
            yield answers

    @contextmanager
    def _through_adbc(self, url: str, before: Any) -> Iterator[Iterator[Any]]:
        from importlib import import_module

        assert self.driver is not None
        try:
            driver = import_module(f"{self.driver}.dbapi")
        except ModuleNotFoundError as exc:
            raise missing_extra(f"driver={self.driver!r}", self.driver.replace("_", "-")) from exc
        bounds = self._bounds(before)
        name = '"' + (self.cursor or "").replace('"', '""') + '"'  # a delimited identifier of SQL
        where = " WHERE " + " AND ".join(f"{name} {operator} ?" for operator, _ in bounds) if bounds else ""
        try:
            connection = driver.connect(url)
        except driver.Error as exc:
            raise SourceUnreachable(_said(exc), where=self.name) from exc
        try:
            with connection.cursor() as cursor:
                values = [_plain(value) for _, value in bounds]
                asked = f"SELECT * FROM ({self.query}) source{where}"  # noqa: S608  # the author's query
                cursor.execute(asked, values or None)
                reader = cursor.fetch_record_batch()
                schema = plain_schema(reader.schema)
                yield (plain_batch(batch, schema) for batch in reader)
        except (driver.Error, OSError) as exc:  # OSError: what the driver says while its stream is read
            raise SourceUnreadable(_said(exc), where=self.name) from exc
        finally:
            connection.close()

    @contextmanager
    def _through_sqlalchemy(self, url: str, before: Any, limit: bool) -> Iterator[Iterator[Any]]:
        try:
            import sqlalchemy as sa
        except ModuleNotFoundError as exc:
            raise missing_extra("extract.database", "pgmason[databases]") from exc
        asked: Any = sa.select(sa.literal_column("*")).select_from(sa.text(f"({self.query}) source"))  # the author's
        for i, (operator, value) in enumerate(self._bounds(before)):
            column: Any = sa.column(self.cursor or "")
            bound: Any = sa.bindparam(f"bound_{i}", value)
            asked = asked.where(column >= bound if operator == ">=" else column < bound)
        try:
            engine = sa.create_engine(url)
        except (sa.exc.SQLAlchemyError, ImportError) as exc:
            raise WrongUse(f"cannot be used: {_said(exc)}", where=self.name) from exc
        try:
            with engine.connect() as connection:
                result = connection.execution_options(stream_results=True, max_row_buffer=_ROWS).execute(asked)
                partitions = (
                    [{name: _plain(value) for name, value in row._mapping.items()} for row in part]
                    for part in result.partitions(1_000 if limit else _ROWS)
                )
                yield partitions
        except sa.exc.OperationalError as exc:
            raise SourceUnreachable(_said(exc.orig or exc), where=self.name) from exc
        except sa.exc.SQLAlchemyError as exc:
            raise SourceUnreadable(_said(getattr(exc, "orig", None) or exc), where=self.name) from exc
        finally:
            engine.dispose()


def _plain(value: Any) -> Any:
    from uuid import UUID

    return str(value) if isinstance(value, UUID) else value


def _document(value: Any) -> Any:
    """A value as the ledger keeps it."""
    if isinstance(value, datetime | date):
        return {"time": value.isoformat()}
    return {"number": str(value)} if isinstance(value, Decimal) else value


def _typed(value: Any) -> Any:
    """What `_document` wrote, or a person's `--since`: a time, a number, or the text."""
    if isinstance(value, Mapping):
        return datetime.fromisoformat(value["time"]) if "time" in value else Decimal(value["number"])
    if not isinstance(value, str):
        return value
    for read in (int, float, datetime.fromisoformat):
        try:
            return read(value)
        except ValueError:
            continue
    return value


def _said(exc: BaseException) -> str:
    text = str(exc).strip()
    return without_password(text.splitlines()[0]) if text else type(exc).__name__
