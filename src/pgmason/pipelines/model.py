"""What is a pipeline, and what do its parts promise each other?

The contract between where rows come from (`extract/`), what is done with them (`transform.py`), what must hold
(`expect/`) and how they get into the target exactly once (`runner.py` and what it calls). Nothing is read or
written here, and pyarrow is only named.

A run goes: `Source.batches(cursor)` gives record batches with positions; the pipeline's function turns a batch into a
batch; each `BatchExpectation` names the rows of it that fail; rows are cast to the target's own columns (what does
not fit is a failing row, too); good rows go to an unlogged staging table by COPY; each `StagedExpectation` names
failing rows there; each `RunExpectation` judges the run; and one transaction changes the target, writes the
quarantined rows and the ledger entry, and moves the cursor.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from pgmason.errors import WrongUse

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection, sql

__all__ = [
    "BatchExpectation",
    "BatchFunction",
    "Bounded",
    "CheckContext",
    "Counts",
    "Cursor",
    "Divisible",
    "Division",
    "Drift",
    "Duplicates",
    "Expectation",
    "Extracted",
    "Failing",
    "Pipeline",
    "Policy",
    "Rejected",
    "Retyped",
    "Run",
    "RunExpectation",
    "RunFailure",
    "RunState",
    "Severity",
    "Source",
    "StagedExpectation",
    "pipeline",
]

# Where a source stands: a JSON object that the source itself wrote, kept in the ledger as it is. None: the beginning.
Cursor = Mapping[str, Any]

# From record batch to record batch: picklable by name, same input same output, holding no state between batches.
BatchFunction = Callable[["pa.RecordBatch"], "pa.RecordBatch"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")


class Policy(StrEnum):
    """What a run does with a row whose key the target holds already, and with rows that the source lacks."""

    INSERT = "insert"  # new keys are inserted, rows that exist are left as they are
    UPDATE = "update"  # new keys are inserted, changed rows updated, unchanged ones not touched
    APPEND = "append"  # every row is inserted, straight into the target; no key is needed
    DELETE_MISSING = "delete missing"  # as update, and rows whose key the source lacks are deleted
    REPLACE = "replace"  # the target holds what the source holds: built beside it and swapped in


class Severity(StrEnum):
    """What becomes of a run and a row when an expectation fails."""

    STOP = "stop"  # the run fails, the target is as it was
    QUARANTINE = "quarantine"  # the row is set aside with its reason, the others load
    WARN = "warn"  # the row loads, the run tells how many there were


class Drift(StrEnum):
    """What is done when the source's schema is no longer the one that was kept."""

    REFUSE = "refuse"  # told before a row is loaded, with the column to add or drop by name
    IGNORE = "ignore"  # new columns are left out; a column that is gone or has another type is still refused


class Duplicates(StrEnum):
    """What is done with several rows of one key in one run (policies with a key)."""

    LAST = "last"  # in the source's order the last one counts; the others are counted as superseded
    QUARANTINE = "quarantine"  # all but the last are set aside
    STOP = "stop"


class RunState(StrEnum):
    """How a run stands in the ledger."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DRY = "dry run"  # everything was done and rolled back; such a run is never in the ledger


class Rejected(NamedTuple):
    """Something in the source that is no row of it, set aside where the source was told to (`broken="quarantine"`)."""

    reason: str  # where it stands and what is wrong with it, without values: "orders.csv:900001: 4 fields, not 3"
    row: str  # as it stands in the source


class Extracted(NamedTuple):
    """A record batch, and where the source stands once it is loaded.

    `position` None means that a run cannot be cut here: it goes on until a batch has one. A batch may be empty,
    to move the position alone. `rejected` lay between the rows of the batch, and goes to the quarantine with them.
    """

    batch: pa.RecordBatch
    position: Cursor | None
    rejected: Sequence[Rejected] = ()


class Source(Protocol):
    """Where rows come from. Picklable, so that a worker can hold it; opens nothing before it is asked."""

    @property
    def name(self) -> str:
        """For people, such as `files exports/*.parquet`; never a password."""
        ...

    def schema(self) -> pa.Schema:
        """The columns that every batch has, inferred from the source or given. Raises `PgmasonError`."""
        ...

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        """What lies after `since`, in an order that is the same each time, at most a few MB a batch.

        From the beginning where `since` is None. Holds a few batches at a time, however many rows there are. Raises
        `PgmasonError` naming file and place, and then nothing of the run is loaded past the last position.
        """
        ...


class Division(NamedTuple):
    """A source cut into parts that share no row. `position`: where the source stands once all are loaded."""

    parts: Sequence[Source]
    position: Cursor | None


@runtime_checkable
class Divisible(Protocol):
    """A source of which several workers can read each a part (files, ranges of a key)."""

    def divide(self, since: Cursor | None, until: Cursor | None, parts: int) -> Division:
        """At most `parts` sources, each read from its own beginning; the parts in their order are the whole.

        `until` None: as far as the source goes now.
        """
        ...


@runtime_checkable
class Retyped(Protocol):
    """A source whose types are a reading of text (CSV, JSON): it can be read with the columns that were kept."""

    def with_schema(self, schema: pa.Schema) -> Source:
        """The same source with these columns. What does not fit a type is then a row's fault, not drift."""
        ...


@runtime_checkable
class Bounded(Protocol):
    """A source that can give the rows of a span of its cursor column: `--since`, and the slices of a backfill."""

    def between(self, since: str | None, until: str | None) -> Source:
        """The same source, rows with since <= value < until alone, read from their beginning. Raises WrongUse."""
        ...


class Failing(NamedTuple):
    """Rows of a batch that fail: `mask` (boolean, as long as the batch, no nulls) is true where a row fails."""

    mask: pa.BooleanArray
    reason: str  # "customer_id is null": without values of rows


class CheckContext(Protocol):
    """What an expectation or a transform may ask while a batch is looked at; one for each worker."""

    def connection(self) -> Connection[Any]:
        """A read-only connection to the target's database in autocommit, opened when first asked for."""
        ...

    @property
    def memory(self) -> dict[str, Any]:
        """What the worker keeps from batch to batch, such as a lookup's rows; never needed for a right answer."""
        ...


class Expectation(Protocol):
    """Something that must hold; one of the three below."""

    @property
    def name(self) -> str:
        """As its author wrote it: `not_null(customer_id)`."""
        ...

    @property
    def severity(self) -> Severity: ...


@runtime_checkable
class BatchExpectation(Expectation, Protocol):
    """Judged on a record batch alone, after the pipeline's function and before the cast to the target."""

    def check(self, batch: pa.RecordBatch, context: CheckContext) -> Failing | None:
        """The rows that fail; None where all hold. Raises WrongUse where the batch lacks the column."""
        ...


@runtime_checkable
class StagedExpectation(Expectation, Protocol):
    """Judged by PostgreSQL over all staged rows at once (unique in the run, exists in another table)."""

    def failing_rows(self, staging: sql.Composable) -> sql.Composable:
        """A SELECT of one column, the `pgmason_row` (bigint) of each failing row of the relation `staging`.

        `staging` has the target's columns, with the target's types, and `pgmason_row`.
        """
        ...

    @property
    def reason(self) -> str:
        """Why such a row is set aside, without values."""
        ...


class RunFailure(NamedTuple):
    """Why a whole run fails an expectation, with the numbers that say so."""

    reason: str


@runtime_checkable
class RunExpectation(Expectation, Protocol):
    """Judged on a run before it commits (freshness, row count against the last runs). QUARANTINE acts as STOP."""

    def check_run(self, run: Run, before: Sequence[Run], connection: Connection[Any]) -> RunFailure | None:
        """Whether the run fails. `before`: the last runs that are done, newest first, at most 30.

        `connection` is inside the transaction that is about to commit, the target already changed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One pipeline, as its file declares it. Built by `@pipeline`.

    `target` is SCHEMA.TABLE. `key` are the target's columns that tell rows apart; a unique index on exactly these
    must be there (policies with a key). `function` None: batches are loaded as extracted. `staging_sql` are
    statements run on the staged rows, which they see as the view `staging`. `transaction_rows` None: one transaction
    for the run; else the target is changed at least every so many rows, where the source gives a position.
    `delete_at_most` is the share of the target that `delete missing` may delete in one run. `schedule` is a cron line
    of five fields. `file` is where the pipeline was declared.
    """

    name: str
    extract: Source
    target: str
    file: Path
    key: tuple[str, ...] = ()
    on_conflict: Policy = Policy.UPDATE
    expectations: tuple[Expectation, ...] = ()
    function: BatchFunction | None = None
    schedule: str | None = None
    on_drift: Drift = Drift.REFUSE
    duplicates: Duplicates = Duplicates.LAST
    staging_sql: tuple[str, ...] = ()
    transaction_rows: int | None = None
    delete_at_most: float = 0.5

    def __post_init__(self) -> None:
        where = f"{self.file}:{self.name}"
        if not _NAME.match(self.name):
            raise WrongUse(
                "a pipeline is named by a letter a-z, then at most 47 of a-z, 0-9 and _; name the function so",
                where=where,
            )
        if self.target.count(".") != 1 or not all(self.target.split(".")):
            raise WrongUse(f"target is SCHEMA.TABLE, and {self.target!r} is not", where=where)
        if not self.key and self.on_conflict in (Policy.INSERT, Policy.UPDATE, Policy.DELETE_MISSING):
            raise WrongUse(
                f"on_conflict={str(self.on_conflict)!r} needs key=[...], the columns that tell rows apart",
                where=where,
                fix='give key=[...], or load with on_conflict="append" or "replace"',
            )
        if len(set(self.key)) != len(self.key):
            raise WrongUse(f"key names a column twice: {', '.join(self.key)}", where=where)
        if self.transaction_rows is not None:
            if self.transaction_rows < 1:
                raise WrongUse("transaction_rows is 1 or more", where=where)
            if self.on_conflict in (Policy.DELETE_MISSING, Policy.REPLACE):
                raise WrongUse(
                    f"on_conflict={str(self.on_conflict)!r} has to see the whole source in one transaction",
                    where=where,
                    fix="leave transaction_rows out",
                )
        if not 0 <= self.delete_at_most <= 1:
            raise WrongUse("delete_at_most is a share between 0 and 1", where=where)

    @property
    def target_path(self) -> tuple[str, str]:
        """Schema and table."""
        schema, _, table = self.target.partition(".")
        return schema, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows of a run. `read` = into the function; `written` = out of it.

    written = inserted + updated + unchanged + kept + superseded + quarantined (where `staging_sql` removes none).
    """

    read: int = 0
    written: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0  # policy insert: the key was there, the row was left as it is
    superseded: int = 0  # a later row of the same key counted
    deleted: int = 0
    quarantined: int = 0
    warned: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in Counts.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as the ledger tells it. Times are UTC; durations in seconds by step, in the order they were taken.

    `source_digest` is of the source's schema, `code_digest` of the pipeline's file and of this version.
    """

    id: int  # 0: a dry run
    pipeline: str
    state: RunState
    started_at: datetime
    ended_at: datetime | None = None
    engine: str = "local"
    counts: Counts = Counts()
    timings: Mapping[str, float] = field(default_factory=dict)
    source_digest: str = ""
    code_digest: str = ""
    cursor_before: Cursor | None = None
    cursor_after: Cursor | None = None
    warnings: tuple[str, ...] = ()
    failure: str | None = None  # one line, without values of rows


def pipeline(
    *,
    extract: Source,
    target: str,
    key: Sequence[str] = (),
    on_conflict: str = "update",
    expect: Sequence[Expectation] = (),
    schedule: str | None = None,
    on_drift: str = "refuse",
    duplicates: str = "last",
    staging_sql: str | Sequence[str] = (),
    transaction_rows: int | None = None,
    delete_at_most: float = 0.5,
    name: str | None = None,
) -> Callable[[BatchFunction], BatchFunction]:
    """Declare a function from record batch to record batch as a pipeline, named as the function is.

    The function stays an ordinary one (a test calls it with a batch), and has the `Pipeline` as its attribute
    `pipeline`. Raises WrongUse for what cannot be loaded so.
    """

    def declare(function: BatchFunction) -> BatchFunction:
        own_name = name or str(getattr(function, "__name__", ""))
        file = Path(inspect.getsourcefile(function) or "<unknown>")
        where = f"{file}:{own_name}"
        declared = Pipeline(
            name=own_name,
            extract=extract,
            target=target,
            file=file,
            key=(key,) if isinstance(key, str) else tuple(key),
            on_conflict=_choice(Policy, on_conflict, "on_conflict", where),
            # what judges the target as a whole is told which one it is
            expectations=tuple(
                one.for_target(*target.split(".", 1)) if hasattr(one, "for_target") and "." in target else one
                for one in expect
            ),
            function=function,
            schedule=schedule,
            on_drift=_choice(Drift, on_drift, "on_drift", where),
            duplicates=_choice(Duplicates, duplicates, "duplicates", where),
            staging_sql=(staging_sql,) if isinstance(staging_sql, str) else tuple(staging_sql),
            transaction_rows=transaction_rows,
            delete_at_most=delete_at_most,
        )
        function.pipeline = declared  # type: ignore[attr-defined]  # functions have attributes
        return function

    return declare


def _choice(kind: Any, given: str, argument: str, where: str) -> Any:
    try:
        return kind(given)
    except ValueError:
        known = ", ".join(f'"{member}"' for member in kind)
        raise WrongUse(f"{argument}={given!r} is not one of {known}", where=where) from None
