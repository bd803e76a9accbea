"""What becomes of one batch between its source and the staging table?

The pipeline's function, the expectations judged on a batch, the cast to the target's columns, and what is set aside
on the way. No database is asked here but by an expectation that asks for one; a worker in any engine has a `Preparer`
of its own. Batches are numbered in the source's order, and so are their rows, whichever worker had them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.errors import PgmasonError, WrongUse
from pgmason.pipelines.model import BatchExpectation, CheckContext, Counts, Failing, Pipeline, Rejected, Severity
from pgmason.pipelines.staging import ROW
from pgmason.rows.encoding import BinaryRows
from pgmason.rows.fitting import fit_batch, fit_schema
from pgmason.rows.target import Target
from pgmason.rows.texts import json_text

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

__all__ = ["ROWS_OF_A_BATCH", "ExpectationFailed", "FunctionFailed", "Prepared", "Preparer", "WorkerContext"]

# Room for the rows of one batch in `pgmason_row`.
ROWS_OF_A_BATCH = 1 << 24


class ExpectationFailed(PgmasonError):
    """An expectation of severity STOP failed, so nothing of the run is loaded."""

    code = "expectation-failed"


class FunctionFailed(PgmasonError):
    """The pipeline's own function raised, or gave what is no record batch."""

    code = "function-failed"


BadRow = tuple[str, str, str, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A batch ready for COPY. `bad` are rows set aside, in the order of staging.BAD_COLUMNS."""

    data: bytes
    bad: tuple[BadRow, ...]
    counts: Counts
    warnings: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class WorkerContext:
    """See `model.CheckContext`; one for each worker."""

    open: Callable[[], Connection[Any]]
    memory: dict[str, Any] = field(default_factory=dict)
    _connection: Connection[Any] | None = None

    def connection(self) -> Connection[Any]:
        if self._connection is None:
            self._connection = self.open()
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Preparer:
    """Prepares the batches of one run for one worker. `numbered`: rows carry `pgmason_row`, as a stage needs it."""

    __slots__ = ("_counted", "_encoder", "_through", "context", "fits", "numbered", "pipeline", "schema", "target")

    def __init__(
        self,
        pipeline: Pipeline,
        target: Target,
        schema: pa.Schema,
        context: CheckContext,
        *,
        numbered: bool,
        through_function: bool = True,
    ) -> None:
        import pyarrow as pa

        self.pipeline = pipeline
        self.target = target
        self.schema = schema
        self.context = context
        self.numbered = numbered
        self.fits = fit_schema(target, schema)
        self._through = through_function
        self._counted = pa.nulls(0, pa.int64())  # 0, 1, 2, ... as many as a batch has had
        sent = [pa.field(fit.column.name, fit.arrow) for fit in self.fits]
        if numbered:
            sent.append(pa.field(ROW, pa.int64()))
        self._encoder = BinaryRows(pa.schema(sent), jsonb=[fit.column.name for fit in self.fits if fit.jsonb])

    def header(self) -> bytes:
        """What the stream of this worker begins with."""
        return self._encoder.header()

    def end(self) -> bytes:
        """What it ends with."""
        return self._encoder.end()

    def prepare(self, batch: pa.RecordBatch, number: int, rejected: Sequence[Rejected] = ()) -> Prepared:
        """The batch of that number, ready. Raises FunctionFailed, ExpectationFailed, and WrongUse for a batch that
        has other columns than the first one had."""
        import pyarrow.compute as pc

        made, marked = batch, list[Failing]()
        if self._through:
            made, marked = apply_function(self.pipeline, batch, number, self.context)
        check_same_columns(self.pipeline, self.schema, made.schema)
        if made.num_rows >= ROWS_OF_A_BATCH:
            raise FunctionFailed(
                f"gave {made.num_rows:,} rows for one batch; {ROWS_OF_A_BATCH:,} is the most",
                where=f"{self.pipeline.file}:{self.pipeline.name}",
            )
        failing, warnings = self._judge(made, number)
        failing = [("set_aside", one) for one in marked] + failing
        sent, misfits = fit_batch(self.fits, made)
        failing += [
            (f"fits({misfit.column})", Failing(mask=misfit.mask, reason=f"{misfit.column} {misfit.reason}"))
            for misfit in misfits
        ]
        failing += self._null_keys(made)
        if self.numbered:
            sent = sent.append_column(ROW, self._places(number, made.num_rows))
        bad: list[BadRow] = [("source", item.reason, "broken", None, json_text(item.row)) for item in rejected]
        if failing:
            mask = failing[0][1].mask
            for _, one in failing[1:]:
                mask = pc.or_(mask, one.mask)
            if pc.any(mask).as_py():
                bad += self._rejected(batch, made, failing, mask)
                sent = sent.filter(pc.invert(mask))
        counts = Counts(
            read=batch.num_rows + len(rejected), written=made.num_rows + len(rejected), quarantined=len(bad)
        )
        data = self._encoder.rows(sent) if sent.num_rows else b""
        return Prepared(data=data, bad=tuple(bad), counts=counts, warnings=tuple(warnings))

    def _places(self, number: int, rows: int) -> pa.Int64Array:
        """What `pgmason_row` is in the rows of a batch."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if len(self._counted) < rows:
            # pyarrow.array imports pandas where it is installed, which takes longer than all else at a start
            most = max(rows, 1 << 16)
            numbers = pa.py_buffer(array("q", range(most)))
            self._counted = pa.Array.from_buffers(pa.int64(), most, [None, numbers])
        return pc.add(self._counted.slice(0, rows), number * ROWS_OF_A_BATCH)

    def _judge(self, made: pa.RecordBatch, number: int) -> tuple[list[tuple[str, Failing]], list[tuple[str, int]]]:
        import pyarrow.compute as pc

        failing: list[tuple[str, Failing]] = []
        warnings: list[tuple[str, int]] = []
        for expectation in self.pipeline.expectations:
            if not isinstance(expectation, BatchExpectation):
                continue
            found = expectation.check(made, self.context)
            count = pc.sum(found.mask).as_py() if found is not None else 0
            if found is None or not count:
                continue
            if expectation.severity is Severity.STOP:
                raise ExpectationFailed(
                    f"{expectation.name}: {count:,} of {made.num_rows:,} rows of batch {number + 1} fail"
                    f" ({found.reason}); nothing was loaded",
                    where=f"{self.pipeline.file}:{self.pipeline.name}",
                )
            if expectation.severity is Severity.WARN:
                warnings.append((f"{expectation.name}: {found.reason}", count))
            else:
                failing.append((expectation.name, found))
        return failing, warnings

    def _null_keys(self, made: pa.RecordBatch) -> list[tuple[str, Failing]]:
        """A null in a key equals nothing, so such a row would be inserted by every run again."""
        from pgmason.pipelines.model import Policy

        if self.pipeline.on_conflict in (Policy.APPEND, Policy.REPLACE):
            return []
        nulls = []
        for name in self.pipeline.key:
            column = self.target.column(name)
            array = made.column(name)
            if array.null_count and column is not None and not column.not_null:
                nulls.append((f"key({name})", Failing(mask=array.is_null(), reason=f"{name} is null, and in the key")))
        return nulls

    def _rejected(
        self,
        batch: pa.RecordBatch,
        made: pa.RecordBatch,
        failing: Sequence[tuple[str, Failing]],
        mask: pa.BooleanArray,
    ) -> list[BadRow]:
        """The failing rows with every reason; as the source gave them where that can be told for sure."""
        import pyarrow.compute as pc

        places = pc.indices_nonzero(mask)
        form, original = "judged", made.take(places)
        if made.num_rows == batch.num_rows and self.pipeline.function is not None and self._through:
            given = batch.take(places)
            if self._gives(given, original):
                form, original = "extracted", given
        elif self.pipeline.function is None:
            form = "extracted"
        keys = made.select([name for name in self.pipeline.key if name in made.schema.names]).take(places)
        key_documents = documents(keys) if keys.num_columns else [None] * len(places)
        bad: list[BadRow] = []
        for place, key, row in zip(places.to_pylist(), key_documents, documents(original), strict=True):
            said = [(name, one.reason) for name, one in failing if one.mask[place].as_py()]
            names = ", ".join(dict.fromkeys(name for name, _ in said))
            reasons = "; ".join(dict.fromkeys(reason for _, reason in said))
            bad.append((names, reasons, form, key, row))
        return bad

    def _gives(self, given: pa.RecordBatch, expected: pa.RecordBatch) -> bool:
        """Whether the function, run on just these rows, gives just these: then they are their originals."""
        try:
            again, _ = apply_function(self.pipeline, given, 0, self.context)
        except PgmasonError:
            return False
        return bool(again.schema.equals(expected.schema) and again.equals(expected))


def documents(batch: pa.RecordBatch) -> list[str]:
    """Each row as a JSON object."""
    columns = [_values(array) for array in batch.columns]
    names = batch.schema.names
    return [json_text(dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]


def _values(array: pa.Array) -> list[Any]:
    """The values as Python has them; where it has none for one of them, all of the column as text.

    Text that is not UTF-8 is shown with replacement characters, a date beyond Python's as Arrow writes it.
    """
    import pyarrow as pa

    try:
        return array.to_pylist()  # type: ignore[no-any-return]
    except UnicodeDecodeError:
        return [_forgiving(value) for value in array.cast(pa.binary()).to_pylist()]
    except (OverflowError, ValueError):
        return array.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]


def _forgiving(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def apply_function(
    pipeline: Pipeline, batch: pa.RecordBatch, number: int, context: CheckContext
) -> tuple[pa.RecordBatch, list[Failing]]:
    """What the pipeline's function makes of a batch, and the rows that it set aside itself. Raises FunctionFailed, and
    lets our own errors through."""
    import pyarrow as pa

    from pgmason.pipelines.transform.aside import take_aside
    from pgmason.pipelines.transform.looking_up import asking

    if pipeline.function is None:
        return batch, []
    try:
        with asking(context):
            made = pipeline.function(batch)
    except PgmasonError:
        raise
    except Exception as exc:
        raise FunctionFailed(
            f"failed on batch {number + 1} ({batch.num_rows:,} rows): {type(exc).__name__}: {_first_line(exc)}",
            where=_place(pipeline, exc),
        ) from exc
    if isinstance(made, pa.Table):
        batches = made.combine_chunks().to_batches()
        made = batches[0] if batches else pa.RecordBatch.from_pylist([], schema=made.schema)
    if not isinstance(made, pa.RecordBatch):
        raise FunctionFailed(
            f"gave a {type(made).__name__}; a pyarrow.RecordBatch is needed",
            where=f"{pipeline.file}:{pipeline.name}",
        )
    return take_aside(made)


def _first_line(exc: Exception) -> str:
    lines = str(exc).splitlines()
    return lines[0][:300] if lines else ""


def _place(pipeline: Pipeline, exc: Exception) -> str:
    """The line of the pipeline's own file that was running."""
    line, frame = None, exc.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == str(pipeline.file):
            line = frame.tb_lineno
        frame = frame.tb_next
    return f"{pipeline.file}:{line}" if line else f"{pipeline.file}:{pipeline.name}"


def check_same_columns(pipeline: Pipeline, schema: pa.Schema, made: pa.Schema) -> None:
    """Raises WrongUse where a batch has other columns or types than the first one; a column of nulls is let pass."""
    import pyarrow.types as at

    if made.names != schema.names:
        raise WrongUse(
            f"the function gave the columns {', '.join(schema.names)} first and {', '.join(made.names)} later",
            where=f"{pipeline.file}:{pipeline.name}",
        )
    if made.equals(schema):
        return
    for first, later in zip(schema, made, strict=True):
        if first.type != later.type and not at.is_null(later.type):
            raise WrongUse(
                f"the function gave {first.name} as {first.type} first and as {later.type} later",
                where=f"{pipeline.file}:{pipeline.name}",
                fix=f"give it one type: transform.cast(batch, {first.name}=...)",
            )
