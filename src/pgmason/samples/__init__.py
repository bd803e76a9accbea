"""Which rows stand in every table, so that what a statement does to rows can be seen?

A row maker is given to whoever needs rows; this is its interface, and `fill_tables` (making.py) is the one that needs
nothing but the schema. Its rows are valid, always the same, few or a million a table, and made by INSERT ... SELECT on
the server: keys are unique and foreign keys find their rows by construction (rows.py), values are the usual ones of
their type (values.py) or what conditions ask for (candidates.py, solving.py). They are not realistic; that is for the
seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pgmason.names import quoted

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["Filled", "FilledTable", "RowMaker", "UnfilledTable", "Wanted"]

TablePath = tuple[str, str]  # schema, name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many rows: `rows` in each table (of a partitioned one, in each partition) but those in `of`, by path."""

    rows: int = 3
    of: Mapping[TablePath, int] = field(default_factory=dict)

    def in_table(self, path: TablePath) -> int:
        return self.of.get(path, self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledTable:
    """A table that now holds rows: `made` new ones, 0 where it keeps those that it had; `note` says why not as many
    as were wanted."""

    path: TablePath
    made: int
    note: str | None = None

    def __str__(self) -> str:
        name = ".".join(map(quoted, self.path))
        return f"{name}: {self.made} rows" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfilledTable:
    """A table that stays empty, and why."""

    path: TablePath
    why: str

    def __str__(self) -> str:
        return f"{'.'.join(map(quoted, self.path))}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Every table that can hold rows, in one of the two, each sorted by path."""

    tables: tuple[FilledTable, ...]
    unfilled: tuple[UnfilledTable, ...]


class RowMaker(Protocol):
    """Puts rows into the tables of a scratch database.

    `session` is the confined role's connection: in autocommit, idle, and left so. What is written is committed. The
    rows are the same each time. A table that cannot be filled is named in the answer and raises nothing; raises
    psycopg.OperationalError where the session was ended or the disk is full.
    """

    def __call__(self, session: Connection[Any], wanted: Wanted) -> Filled: ...
