"""A unique constraint; a unique index that is no constraint is an index."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import Kind
from pgmason.catalog.kinds.primary_key import key_query

__all__ = ["KIND", "Unique"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """A unique constraint: its columns in key order; NULLS NOT DISTINCT and the rest stand in `definition`."""

    columns: tuple[str, ...]
    include: tuple[str, ...]
    deferrable: bool
    deferred: bool
    definition: str


KIND = Kind(
    name="unique",
    state=Unique,
    path_length=3,
    query=key_query("u"),
    build=lambda row: Unique(
        columns=tuple(row[0]), include=tuple(row[1]), deferrable=row[2], deferred=row[3], definition=row[4]
    ),
)
