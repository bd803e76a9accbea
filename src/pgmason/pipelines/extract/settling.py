"""Does the source still have the columns that were kept, and if not, what does the pipeline's policy make of it?

Asked once at the beginning of a run, before a row is read. The first run keeps what it finds. Later ones read the
source with the kept columns: of text (CSV, JSON) types are a reading, so a value that does not fit is a row's fault;
of Parquet, Arrow and databases types are facts, so another type is drift.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pgmason.errors import NextCommand
from pgmason.names import quoted
from pgmason.pipelines.extract.columns import shown_type
from pgmason.pipelines.extract.faults import SourceDrifted
from pgmason.pipelines.model import (
    Cursor,
    Divisible,
    Division,
    Drift,
    Extracted,
    Pipeline,
    Policy,
    Retyped,
    Source,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Settled", "settled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A source that gives exactly the columns of `schema`. `new`: the schema is to be kept. `notes` are for the run."""

    source: Source
    schema: pa.Schema
    new: bool
    notes: tuple[str, ...] = ()


def settled(pipeline: Pipeline, kept: pa.Schema | None, *, accept: bool = False) -> Settled:
    """The pipeline's source, read with the columns that were kept; with those it has now where none were.

    `accept`: what it has now is kept from now on. Raises SourceDrifted, and what the source raises.
    """
    source = pipeline.extract
    if pipeline.on_conflict is Policy.APPEND and hasattr(source, "for_append"):
        source = source.for_append()
    if pipeline.on_drift is Drift.IGNORE and hasattr(source, "ignoring_extra"):
        source = source.ignoring_extra()
    if kept is None or accept:
        schema = source.schema()
        told = ", ".join(f"{field.name} {shown_type(field.type)}" for field in schema)
        return Settled(
            source=source.with_schema(schema) if isinstance(source, Retyped) else source,
            schema=schema,
            new=kept is None or not schema.equals(kept),
            notes=(f"{source.name} has {len(schema)} columns, kept from now on: {told}",),
        )
    found = source.found_schema() if hasattr(source, "found_schema") else source.schema()
    if found is None:  # nothing is there today, so nothing can have changed
        found = kept
    typed = getattr(source, "typed", not isinstance(source, Retyped))
    drift = list(_drift(kept, found, typed=typed, sparse=getattr(source, "sparse", False)))
    extra = [field for field in found if field.name not in kept.names]
    notes: tuple[str, ...] = ()
    if extra and pipeline.on_drift is Drift.IGNORE:
        names = ", ".join(field.name for field in extra)
        notes = (f"{source.name} has columns that were not kept, and they are left out: {names}",)
    else:
        drift += [f"has the new column {field.name} ({shown_type(field.type)})" for field in extra]
    if drift:
        raise SourceDrifted(
            "; ".join(drift),
            where=source.name,
            fix=_advice(pipeline, extra),
            next=[
                NextCommand(
                    command=f"pgmason pipeline run {pipeline.name} --accept-schema",
                    why="keeps the columns as they are now",
                )
            ],
        )
    if isinstance(source, Retyped):
        return Settled(source=source.with_schema(kept), schema=kept, new=False, notes=notes)
    if found.names != kept.names:
        source = _Narrowed(source, tuple(kept.names))
    return Settled(source=source, schema=kept, new=False, notes=notes)


def _drift(kept: pa.Schema, found: pa.Schema, *, typed: bool, sparse: bool) -> Iterator[str]:
    for field in kept:
        if field.name not in found.names:
            if not sparse:
                yield f"lacks the column {field.name} ({shown_type(field.type)})"
        elif typed and found.field(field.name).type != field.type:
            now = shown_type(found.field(field.name).type)
            yield f"has {field.name} as {now}, which was {shown_type(field.type)}"


# What a new column of a source would be in a table, as a proposal to read before it is typed.
_COLUMN_TYPES = {
    "int8": "smallint", "int16": "smallint", "int32": "integer", "int64": "bigint", "float": "real",
    "double": "double precision", "bool": "boolean", "string": "text", "binary": "bytea", "date32[day]": "date",
    "timestamp[us]": "timestamp", "timestamp[us, tz=UTC]": "timestamptz",
}  # fmt: skip


def _advice(pipeline: Pipeline, extra: list[Any]) -> str | None:
    """The columns to add to the target by name, and the other way out."""
    if not extra:
        return None
    schema, table = pipeline.target_path
    adds = [
        f"ALTER TABLE {quoted(schema)}.{quoted(table)} ADD COLUMN {quoted(field.name)} {_column_type(field.type)};"
        for field in extra
    ]
    return "\n".join([*adds, 'in a migration, or on_drift="ignore" to leave new columns out'])


def _column_type(kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    return _COLUMN_TYPES.get(str(kind), "jsonb" if pa.types.is_nested(kind) else "text")


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """A source of which some columns are read, in this order."""

    source: Source
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.source.name

    def schema(self) -> pa.Schema:
        import pyarrow as pa

        whole = self.source.schema()
        return pa.schema([whole.field(name) for name in self.columns])

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        for batch, position, rejected in self.source.batches(since):
            yield Extracted(batch.select(list(self.columns)), position, rejected)

    def divide(self, since: Cursor | None, until: Cursor | None, parts: int) -> Division:
        if not isinstance(self.source, Divisible):
            return Division([self], None)
        parted = self.source.divide(since, until, parts)
        return Division([replace(self, source=part) for part in parted.parts], parted.position)
