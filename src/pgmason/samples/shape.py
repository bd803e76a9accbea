"""What must a row satisfy to be taken in by each table of a database?

Data alone: what INSERT meets, told by PostgreSQL's own numbers for relations, columns and types. A `Catalog` speaks in
words and names, for people and for comparison; here a domain is followed to its base, a key knows the columns it
refers to, and a partition has its bound as a condition. Reading it from a server is reading.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pgmason.names import quoted

__all__ = ["Check", "Column", "ForeignKey", "Shape", "Table", "Type", "UniqueSet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type: `kind` is pg_type.typtype (b base, c composite, d domain, e enum, r range, m multirange, p pseudo).

    `element` is of an array; `base` and `base_modifier` are of a domain; `subtype` is of a range, and of a multirange
    its range; `attributes` are (type, modifier) of a composite; `checks` are the conditions on VALUE of a domain.
    """

    oid: int
    schema: str
    name: str
    kind: str
    category: str
    element: int = 0
    base: int = 0
    base_modifier: int = -1
    not_null: bool = False
    subtype: int = 0
    labels: tuple[str, ...] = ()
    attributes: tuple[tuple[int, int], ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`spelled` is the type as format_type prints it; `default` the expression, which is `expression` if generated.

    `sequences` are (schema, name, greatest value) of the sequences that its default or identity draws from.
    """

    number: int
    name: str
    type: int
    modifier: int
    spelled: str
    not_null: bool
    default: str | None
    expression: str | None
    identity: bool
    sequences: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueSet:
    """Columns of which no two rows may hold the same values; `predicate` of a partial index.

    `exact` is False where expressions over the columns are compared, or excluded from overlapping, and not the columns
    themselves. `nulls_equal`: NULLS NOT DISTINCT, or a primary key.
    """

    name: str
    columns: frozenset[int]
    predicate: str | None = None
    exact: bool = True
    nulls_equal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """`columns` of the table refer to `referenced` of the table `parent`, in the same order."""

    name: str
    columns: tuple[int, ...]
    parent: int
    referenced: tuple[int, ...]
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A condition on a table's rows; `columns` are those it speaks of. A partition's bound is one without a name.

    `scattered`: it holds for some rows, whatever is chosen, and not for their neighbours: the bound of a partition by
    hash.
    """

    name: str | None
    columns: tuple[int, ...]
    expression: str
    scattered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that can hold rows, or a partitioned one (`partitioned`), which holds its partitions' rows.

    `root` is the topmost partitioned table above a partition. `has_rows`: something was ever written to it. `triggers`
    are (name, pg_trigger.tgenabled) of those that INSERT would fire, `rules` likewise; neither PostgreSQL's own nor
    disabled ones. `row_security_forced`: policies hold for the owner, too.
    """

    oid: int
    schema: str
    name: str
    partitioned: bool
    root: int | None
    has_rows: bool
    row_security_forced: bool
    triggers: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    uniques: tuple[UniqueSet, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()

    @property
    def path(self) -> tuple[str, str]:
        return self.schema, self.name

    @property
    def shown(self) -> str:
        """The name for people."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def column(self, number: int) -> Column:
        return next(column for column in self.columns if column.number == number)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Every table by its number, in the order of schema and name, and every type that their columns need."""

    tables: Mapping[int, Table]
    types: Mapping[int, Type] = field(repr=False)

    @cached_property
    def leaves(self) -> Mapping[int, tuple[int, ...]]:
        """The partitions with rows of their own under each partitioned table at the top."""
        found: dict[int, list[int]] = {}
        for table in self.tables.values():
            if table.partitioned and table.root is None:
                found.setdefault(table.oid, [])
            elif table.root is not None and not table.partitioned:
                found.setdefault(table.root, []).append(table.oid)
        return {root: tuple(leaves) for root, leaves in found.items()}

    @cached_property
    def referenced(self) -> frozenset[tuple[int, int]]:
        """(table, column) of every column that a foreign key refers to."""
        return frozenset(
            (key.parent, number)
            for table in self.tables.values()
            for key in table.foreign_keys
            for number in key.referenced
        )

    def base_of(self, type: int, modifier: int) -> tuple[Type, int]:
        """A type with its modifier, domains followed to what they are made of."""
        found = self.types[type]
        while found.kind == "d":
            modifier = found.base_modifier
            found = self.types[found.base]
        return found, modifier
