"""In which order do several pipelines run, so that no row comes before the row that it refers to?

Parents first: the pipeline of a table that a foreign key of another's target points at runs before that other one.
Foreign keys of a table to itself do not count; tables that refer to each other in a circle have no order, and their
pipelines run by name. PostgreSQL is asked for the foreign keys of the targets; what order follows is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.model import Pipeline

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["Turn", "read_references", "turns"]

Table = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A pipeline, and the names of those that must have run before it."""

    pipeline: Pipeline
    after: tuple[str, ...]


def read_references(connection: Connection[Any], targets: Sequence[Table]) -> set[tuple[Table, Table]]:
    """Foreign keys among these tables, as (from, to). A table that is not there has none: its own run says so."""
    rows = connection.execute(
        """
        SELECT DISTINCT f.nspname, c.relname, t.nspname, p.relname
          FROM pg_catalog.pg_constraint k
          JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
          JOIN pg_catalog.pg_namespace f ON f.oid = c.relnamespace
          JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
          JOIN pg_catalog.pg_namespace t ON t.oid = p.relnamespace
         WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
        """
    ).fetchall()
    known = set(targets)
    return {
        ((child_schema, child), (parent_schema, parent))
        for child_schema, child, parent_schema, parent in rows
        if (child_schema, child) in known and (parent_schema, parent) in known
    }


def turns(pipelines: Mapping[str, Pipeline], references: set[tuple[Table, Table]]) -> list[Turn]:
    """The pipelines in the order in which they run, by name where nothing else decides."""
    names_of: dict[Table, list[str]] = {}
    for name in sorted(pipelines):
        names_of.setdefault(pipelines[name].target_path, []).append(name)
    parents = {
        name: {
            parent
            for child_table, parent_table in references
            if child_table == pipelines[name].target_path
            for parent in names_of.get(parent_table, ())
        }
        for name in sorted(pipelines)
    }
    ordered: list[Turn] = []
    waiting = dict(parents)
    while waiting:
        free = [name for name, before in waiting.items() if not before & waiting.keys()]
        # none is free where some refer to each other in a circle; the first of these by name begins
        name = free[0] if free else _first_of_a_circle(waiting)
        done = {turn.pipeline.name for turn in ordered}
        del waiting[name]
        ordered.append(Turn(pipeline=pipelines[name], after=tuple(sorted(parents[name] & done))))
    return ordered


def _first_of_a_circle(waiting: Mapping[str, set[str]]) -> str:
    """The first by name of those that wait for themselves, through others."""

    def reached(name: str) -> set[str]:
        seen: set[str] = set()
        due = [name]
        while due:
            for parent in waiting[due.pop()] & waiting.keys():
                if parent not in seen:
                    seen.add(parent)
                    due.append(parent)
        return seen

    return next(name for name in sorted(waiting) if name in reached(name))
