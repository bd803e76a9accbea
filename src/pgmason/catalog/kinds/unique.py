"""A unique constraint; a unique index that is no constraint is an index."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.clauses import constraint_address, create_key, makes_index, waits_for_partitions
from pgmason.catalog.kinds import Kind
from pgmason.catalog.kinds.primary_key import key_fields, key_query
from pgmason.catalog.presence import Rows

__all__ = ["KIND", "Unique"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """A unique constraint: its columns in key order; NULLS NOT DISTINCT and the rest stand in `definition`.

    `without_overlaps` and `partition_of` are as a primary key's.
    """

    columns: tuple[str, ...]
    include: tuple[str, ...]
    deferrable: bool
    deferred: bool
    definition: str
    without_overlaps: bool = False
    partition_of: tuple[str, str, str] | None = None


KIND = Kind(
    name="unique",
    state=Unique,
    path_length=3,
    rows=(Rows(catalog="pg_constraint", column="contype", letters="u"),),
    query=lambda version: key_query(version, "u"),
    named=lambda row, numbers: Unique(**key_fields(row, numbers)),
    address=constraint_address,
    create=create_key,
    makes=makes_index,
    waits_for=waits_for_partitions,
)
