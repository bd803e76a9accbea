"""Rows out of a function of the product's own: a generator of dicts, record batches or tables."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.extract.clocks import highest_not_ahead
from pgmason.pipelines.extract.columns import merged
from pgmason.pipelines.extract.faults import SourceUnreadable
from pgmason.pipelines.extract.objects import inferred_from, mapping_of, rows_of
from pgmason.pipelines.extract.plain import plain_batch, plain_schema
from pgmason.pipelines.model import Cursor, Extracted, Rejected
from pgmason.rows.texts import json_text

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Rows"]

_ROWS = 10_000  # dicts that are held at a time
_SAMPLE = 1_000  # from which columns are inferred


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A function that gives rows, the same each time it is called with the same `since`.

    With a `cursor` column the function takes `since`, the highest value that was loaded (None at first), and what it
    gives lies beyond it; the position moves when all is read.
    """

    function: Callable[..., Iterable[Any]]
    cursor: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    kept: pa.Schema | None = None
    extra: str = "refuse"

    typed = False
    sparse = True

    @property
    def name(self) -> str:
        return f"rows of {getattr(self.function, '__name__', 'a function')}"

    def schema(self) -> pa.Schema:
        if self.kept is not None:
            return self.kept
        found = self.found_schema()
        if found is None:
            raise SourceUnreadable("gave no row, so its columns are not known yet", where=self.name)
        return found

    def found_schema(self) -> pa.Schema | None:
        """The columns of the first rows; None where there is none."""
        import pyarrow as pa

        given = iter(self._given(None))
        first = list(islice(given, _SAMPLE))
        if not first:
            return None
        if isinstance(first[0], pa.RecordBatch | pa.Table):
            return plain_schema(first[0].schema)
        return merged([inferred_from((mapping_of(row, self.name) for row in first), self.types)])

    def with_schema(self, schema: pa.Schema) -> Rows:
        return replace(self, kept=schema)

    def ignoring_extra(self) -> Rows:
        """The source, with fields that are no column left out."""
        return replace(self, extra="ignore")

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        import pyarrow as pa
        import pyarrow.compute as pc

        before = since.get("value") if since else None
        schema: pa.Schema | None = self.kept
        highest: Any = None
        for batch, rejected in self._batches(before, schema):
            if self.cursor is not None and batch.num_rows:
                top, _ = highest_not_ahead(batch.column(self.cursor))
                if top is not None and (highest is None or pc.greater(top, highest).as_py()):
                    highest = top
            schema = batch.schema
            yield Extracted(batch, None, rejected)
        if self.cursor is not None and schema is not None:
            empty = pa.RecordBatch.from_arrays([pa.array([], one.type) for one in schema], schema=schema)
            yield Extracted(empty, {"value": before if highest is None else str(highest.cast(pa.string()).as_py())})

    def _given(self, since: Any) -> Iterable[Any]:
        if self.cursor is not None or "since" in inspect.signature(self.function).parameters:
            return self.function(since)
        return self.function()

    def _batches(self, since: Any, schema: pa.Schema | None) -> Iterator[tuple[pa.RecordBatch, list[Rejected]]]:
        import pyarrow as pa

        given = iter(self._given(since))
        number = 0
        while chunk := list(islice(given, 1)):
            if isinstance(chunk[0], pa.RecordBatch | pa.Table):
                schema = schema or plain_schema(chunk[0].schema)
                parts = chunk[0].to_batches(max_chunksize=65_536) if isinstance(chunk[0], pa.Table) else chunk
                for part in parts:
                    yield plain_batch(part, schema), []
                continue
            chunk += islice(given, _ROWS - 1)
            rows = [mapping_of(row, self.name) for row in chunk]
            schema = schema or merged([inferred_from(rows[:_SAMPLE], self.types)])
            batch, unfit = rows_of(rows, schema, extra=self.extra)
            yield (
                batch,
                [Rejected(f"{self.name}: row {number + i + 1}: {what}", json_text(rows[i])) for i, what in unfit],
            )
            number += len(rows)
