"""A source of listed batches, for tests of loading: what it gives and where it stands is what the test says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from pgmason.pipelines.model import Cursor, Duplicates, Extracted, Pipeline, Policy, Source


@dataclass(frozen=True)
class Listed:
    """Batches with the positions 1, 2, ...; `since` {"at": n} gives those after the n-th."""

    given: Sequence[pa.RecordBatch]
    cursor: bool = True
    broken_after: int | None = field(default=None)  # how many batches come before the source fails

    @property
    def name(self) -> str:
        return "a list"

    def schema(self) -> pa.Schema:
        return self.given[0].schema

    def batches(self, since: Cursor | None) -> Iterator[Extracted]:
        begin = since["at"] if since else 0
        for place, batch in enumerate(self.given[begin:], start=begin + 1):
            if self.broken_after is not None and place > self.broken_after:
                raise OSError("the source broke")
            yield Extracted(batch, {"at": place} if self.cursor else None)


def batch(**columns: Any) -> pa.RecordBatch:
    """A record batch of columns given as lists or arrays."""
    return pa.record_batch(
        {name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()}
    )


def pipeline_of(source: Source | pa.RecordBatch, target: str = "public.t", **more: Any) -> Pipeline:
    """A pipeline named `p`; the key is `id` unless said."""
    if isinstance(source, pa.RecordBatch):
        source = Listed([source])
    more.setdefault("key", ("id",))
    more["on_conflict"] = Policy(more.get("on_conflict", "update"))
    more["duplicates"] = Duplicates(more.get("duplicates", "last"))
    if more["on_conflict"] in (Policy.APPEND, Policy.REPLACE):
        more["key"] = ()
    return Pipeline(name=more.pop("name", "p"), extract=source, target=target, file=Path(__file__), **more)
