"""Which rows did a pipeline set aside, and how do they come back once they are mended?

Reading shows key and reason; values of rows only where they are asked for. A row comes back as it was set aside, or as
a person mended it: rows as the source gave them go through the pipeline's function again, rows as it left them do not.
The values are then read as texts by the target's own rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pgmason.errors import NextCommand, WrongUse
from pgmason.pipelines.extract.casting import cast_where_possible
from pgmason.pipelines.extract.columns import schema_from_json, shown_type
from pgmason.pipelines.extract.objects import rows_of
from pgmason.pipelines.model import Cursor, Extracted, Rejected
from pgmason.rows.target import Target, TargetColumn
from pgmason.rows.texts import json_text, literal

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

__all__ = ["Quarantined", "Reason", "Returned", "quarantined", "reasons", "returned"]

_PAGE = 5_000  # rows that are held at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """How many rows of a run wait for one reason, and how many of them came back."""

    run: int
    expectation: str
    reason: str
    rows: int
    replayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A row that was set aside. `key` and `row` are JSON as kept; `row` None where values were not asked for."""

    id: int
    run: int
    expectation: str
    reason: str
    form: str
    key: Any
    row: Any
    replayed_by: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Rows that are to be loaded again: where they come from, their ids, whether they go through the function."""

    source: ReturnedRows
    ids: tuple[int, ...]
    through_function: bool


def reasons(connection: Connection[Any], pipeline: str, *, run: int | None = None) -> tuple[Reason, ...]:
    """What waits and why, the newest run first, the most frequent reason first."""
    rows = connection.execute(
        "SELECT run, expectation, reason, pg_catalog.count(*), pg_catalog.count(replayed_by) FROM pgmason.quarantine"
        " WHERE pipeline = %(pipeline)s AND (%(run)s::bigint IS NULL OR run = %(run)s)"
        " GROUP BY run, expectation, reason ORDER BY run DESC, pg_catalog.count(*) DESC, reason",
        {"pipeline": pipeline, "run": run},
    ).fetchall()
    return tuple(
        Reason(run=run, expectation=expectation, reason=reason, rows=count, replayed=replayed)
        for run, expectation, reason, count, replayed in rows
    )


def quarantined(
    connection: Connection[Any],
    pipeline: str,
    *,
    run: int | None = None,
    values: bool = False,
    replayed: bool = False,
    limit: int = 100,
) -> tuple[Quarantined, ...]:
    """Rows that were set aside, by id; those that came back only where `replayed`."""
    rows = connection.execute(
        "SELECT id, run, expectation, reason, form, key::text, CASE WHEN %(values)s THEN row::text END, replayed_by,"
        " created_at FROM pgmason.quarantine WHERE pipeline = %(pipeline)s"
        " AND (%(run)s::bigint IS NULL OR run = %(run)s) AND (%(replayed)s OR replayed_by IS NULL)"
        " ORDER BY id LIMIT %(limit)s",
        {"pipeline": pipeline, "run": run, "values": values, "replayed": replayed, "limit": limit},
    ).fetchall()
    return tuple(
        Quarantined(
            id=id,
            run=run,
            expectation=expectation,
            reason=reason,
            form=form,
            key=_json(key),
            row=_json(row),
            replayed_by=by,
            at=at,
        )
        for id, run, expectation, reason, form, key, row, by, at in rows
    )


def returned(
    connection: Connection[Any],
    url: str,
    pipeline: str,
    target: Target,
    kept: Any,
    *,
    run: int | None = None,
    ids: Sequence[int] = (),
    mended: Mapping[int, Mapping[str, Any]] | None = None,
) -> tuple[Returned, ...]:
    """The rows that wait (of one run, or those named) as at most two sources; `mended` are rows by id.

    `kept` is the source's schema as the ledger has it. What never was a row comes back only mended. Raises WrongUse
    where an id is none of a waiting row, or nothing waits.
    """
    found = connection.execute(
        "SELECT id, form FROM pgmason.quarantine WHERE pipeline = %(pipeline)s AND replayed_by IS NULL"
        " AND (%(run)s::bigint IS NULL OR run = %(run)s) AND (%(all)s OR id = ANY(%(ids)s)) ORDER BY id",
        {"pipeline": pipeline, "run": run, "all": not ids, "ids": list(ids)},
    ).fetchall()
    mended = mended or {}
    known = {id for id, _ in found}
    absent = sorted({*ids, *mended} - known)
    show = NextCommand(command=f"pgmason pipeline quarantine {pipeline}", why="the rows that wait, with their ids")
    if absent:
        raise WrongUse(f"no row {absent[0]} of it waits in the quarantine", where=f"pipeline {pipeline}", next=[show])
    through = [id for id, form in found if form == "extracted" or (form == "broken" and id in mended)]
    after = [id for id, form in found if form in ("judged", "staged")]
    if not through and not after:
        broken = sum(form == "broken" for _, form in found)
        raise WrongUse(
            f"{broken:,} lines that are no rows wait, and come back only mended" if broken else "no row of it waits",
            where=f"pipeline {pipeline}",
            next=[show],
        )
    made = []
    for chosen, through_function in ((through, True), (after, False)):
        if chosen:
            source = ReturnedRows(
                url=url,
                pipeline=pipeline,
                ids=tuple(chosen),
                mended={id: row for id, row in mended.items() if id in set(chosen)},
                columns=schema_from_json(kept) if through_function else None,
                target=target,
            )
            made.append(Returned(source=source, ids=tuple(chosen), through_function=through_function))
    return tuple(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedRows:
    """A source of rows out of the quarantine. `columns`: those of the pipeline's source; None: the target's own."""

    url: str = field(repr=False)
    pipeline: str
    ids: tuple[int, ...]
    mended: Mapping[int, Mapping[str, Any]] = field(repr=False)
    columns: pa.Schema | None
    target: Target

    @property
    def name(self) -> str:
        return f"quarantine of {self.pipeline}"

    def schema(self) -> pa.Schema:
        """Of rows as the function left them: the columns that any row has, in Arrow's types for the target's."""
        import pyarrow as pa

        if self.columns is not None:
            return self.columns
        digits: dict[str, int] = {}
        for page in self._pages():
            for _, row, _ in page:
                for name, value in row.items():
                    digits[name] = max(digits.get(name, 0), _decimals(value))
        return pa.schema(
            [pa.field(name, _type_of(self.target.column(name), decimals)) for name, decimals in digits.items()]
        )

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        if since is not None:
            raise WrongUse("rows out of the quarantine are read from their beginning")
        schema = self.schema()
        for page in self._pages():
            rows = [row for _, row, _ in page]
            if self.columns is None:
                batch, unfit = self._typed([self._texts(row, form) for _, row, form in page], schema)
            else:
                batch, unfit = rows_of(rows, schema)
            rejected = [Rejected(f"quarantined row {page[i][0]}: {what}", json_text(rows[i])) for i, what in unfit]
            yield Extracted(batch, None, rejected)

    def _typed(
        self, rows: Sequence[Mapping[str, str | None]], schema: pa.Schema
    ) -> tuple[pa.RecordBatch, list[tuple[int, str]]]:
        """Texts in the types of the schema, without the rows of which one does not fit, and those."""
        import pyarrow as pa

        faults: dict[int, str] = {}
        columns = []
        for one in schema:
            texts = pa.array([row.get(one.name) for row in rows], pa.string())
            values, failed = cast_where_possible(texts, one.type)
            for i in failed:
                faults.setdefault(i, f"{one.name} is no {shown_type(one.type)}")
            columns.append(values)
        kept = pa.array([i for i in range(len(rows)) if i not in faults], pa.int64())
        return pa.RecordBatch.from_arrays(columns, schema=schema).take(kept), sorted(faults.items())

    def _pages(self) -> Iterator[list[tuple[int, Mapping[str, Any], str]]]:
        """Id, row and form of every row, a few at a time."""
        from pgmason.pipelines.connection import connected

        with connected(self.url, what=f"pgmason pipeline {self.pipeline} replay", read_only=True) as connection:
            for start in range(0, len(self.ids), _PAGE):
                rows = connection.execute(
                    "SELECT id, row::text, form FROM pgmason.quarantine WHERE id = ANY(%s) ORDER BY id",
                    [list(self.ids[start : start + _PAGE])],
                ).fetchall()
                yield [(id, self.mended.get(id) or _row(id, text), form) for id, text, form in rows]

    def _texts(self, row: Mapping[str, Any], form: str) -> dict[str, str | None]:
        return {name: self._text(name, value, form) for name, value in row.items()}

    def _text(self, name: str, value: Any, form: str) -> str | None:
        """A value as the target's column reads it from text."""
        column = self.target.column(name)
        kind = column.base_name if column is not None else ""
        if value is None:
            return None
        if kind in ("json", "jsonb"):
            # as the function left it, a text is a document; as PostgreSQL had it, a text is a JSON text
            return value if isinstance(value, str) and form == "judged" else json_text(value)
        if isinstance(value, str):
            return _without_zone(value) if kind == "timestamp" else value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, list | dict):
            return literal(value)
        return format(value, "f") if isinstance(value, Decimal) else str(value)


def _type_of(column: TargetColumn | None, decimals: int) -> pa.DataType:
    """The Arrow type in which expectations compare a column of the target; text for what is not compared."""
    import pyarrow as pa

    kind = column.base_name if column is not None else ""
    if kind in ("int2", "int4", "int8"):
        return pa.int64()
    if kind in ("float4", "float8"):
        return pa.float64()
    if kind == "numeric":
        return pa.decimal128(38, min(decimals, 38))
    if kind == "timestamptz":
        return pa.timestamp("us", tz="UTC")
    return {"bool": pa.bool_(), "date": pa.date32(), "timestamp": pa.timestamp("us")}.get(kind, pa.string())


def _decimals(value: Any) -> int:
    """Digits behind the point of a number, or of a text that is one."""
    text = format(value, "f") if isinstance(value, Decimal) else value
    if not isinstance(text, str):
        return 0
    _, point, digits = text.partition(".")
    return len(digits) if point and digits.isdigit() else 0


def _row(id: int, text: str | None) -> Mapping[str, Any]:
    row = _json(text)
    if not isinstance(row, dict):
        raise WrongUse(f"row {id} of the quarantine is no JSON object", fix="give it mended: --mended FILE.jsonl")
    return row


def _without_zone(text: str) -> str:
    """A timestamp at UTC as one without a zone, which is how it would have been stored."""
    from datetime import UTC

    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if when.tzinfo is None else when.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def _json(text: str | None) -> Any:
    """A document with its numbers as they are written."""
    return None if text is None else json.loads(text, parse_float=Decimal)
