"""A materialized view; its indexes are objects of their own."""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.catalog.kinds import Kind
from pgmason.catalog.kinds.view import view_query

__all__ = ["KIND", "MaterializedView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterializedView:
    """A materialized view: names and types of its columns in order, its query as the server prints it, its options."""

    columns: tuple[tuple[str, str], ...]
    definition: str
    options: tuple[str, ...]


KIND = Kind(
    name="materialized view",
    state=MaterializedView,
    path_length=2,
    query=view_query("m"),
    build=lambda row: MaterializedView(
        columns=tuple(zip(row[0], row[1], strict=True)), definition=row[2], options=tuple(sorted(row[3]))
    ),
)
