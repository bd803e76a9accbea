"""Which value does each column of a table take in row d, so that keys are unique and foreign keys find their rows?

By construction, without looking at a row: a column has a value (a function of a number) and an index, which gives that
number for row d. Most indexes are d itself. A foreign key takes the values of its parent's columns at the parent's row
d (modulo the number of its rows); so keys that share columns agree, since everything in row d belongs to row d. Where
no column of a key can differ in every row, its columns count like the wheels of a counter, and a table gets fewer rows
where even that is not enough. Pure: the values were chosen elsewhere (solving.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

from pgmason.samples.shape import ForeignKey, Table, UniqueSet
from pgmason.samples.values import Value, null

if TYPE_CHECKING:
    from psycopg.sql import Composable

__all__ = ["Cell", "Index", "TableRows", "lay_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A number for each row d: steps of "/", "%", "+" with a constant, applied to d in order; "parent" is (d - 1) / 2,
    which makes of the rows a tree."""

    steps: tuple[tuple[str, int], ...] = ()

    def of(self, d: Composable) -> Composable:
        from psycopg.sql import SQL, Literal

        for sign, number in self.steps:
            if sign == "parent":
                d = SQL("(({} - 1) / 2)").format(d)
            else:
                d = SQL("({} " + sign + " {})").format(d, Literal(number))
        return d

    def then(self, later: Index) -> Index:
        return Index(steps=self.steps + later.steps)

    def below(self, rows: int) -> Index:
        """The same for d up to `rows`: a modulus that changes nothing is left out."""
        steps: list[tuple[str, int]] = []
        most = rows
        for sign, number in self.steps:
            if sign == "%" and number >= most:
                continue
            steps.append((sign, number))
            most = {"%": number, "/": -(-most // max(number, 1)), "+": most + number, "parent": most}[sign]
        return Index(steps=tuple(steps))

    def values(self, rows: int) -> int:
        """A bound on how many numbers it gives for d from 0 to rows - 1."""
        most = rows
        for sign, number in self.steps:
            if sign == "%":
                most = min(most, number)
            elif sign == "/":
                most = -(-most // max(number, 1))
        return most


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a column holds in row d: `value` at `index` of d; NULL in row 0 with `null_first` (a root of a tree)."""

    value: Value
    index: Index
    null_first: bool = False

    def of(self, d: Composable) -> Composable:
        from psycopg.sql import SQL

        made = self.value.make(self.index.of(d))
        return SQL("CASE WHEN {} > 0 THEN {} END").format(d, made) if self.null_first else made


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """`rows` rows for a table; `cells` by column number. `limit` names the key that allows no more, if one does."""

    table: Table
    rows: int
    cells: Mapping[int, Cell]
    limit: UniqueSet | None = None

    @property
    def scattered(self) -> bool:
        """Whether only some of the rows satisfy the table's conditions, so that they must be looked through."""
        return any(check.scattered for check in self.table.checks)


@dataclass(slots=True)
class _Wheel:
    """Columns that move together: a column, or all that foreign keys tie to each other. `room`: how many numbers."""

    columns: frozenset[int]
    room: int | None
    stride: int | None = None
    fixed: bool = False  # its index is not ours to choose: a tree, a row that is there already

    @property
    def step(self) -> int:
        return self.stride or 1


def lay_out(
    table: Table,
    wanted: int,
    chosen: Mapping[int, Value],
    parents: Mapping[str, TableRows],
    uniques: Iterable[UniqueSet],
) -> TableRows:
    """The rows of a table.

    `chosen` has a value for each column that is written; `parents` by the name of each foreign key that is to be
    followed (one with a NULL column is not) has the rows of its parent, for a key to the table itself too.
    `uniques` are the keys to respect. The number of rows is at most `wanted`, and at least 1.
    """
    keys = [key for key in table.foreign_keys if key.name in parents]
    own = [key for key in keys if key.parent in (table.oid, table.root)]
    others = [key for key in keys if key not in own]
    wheels = _wheels(others, chosen, parents)
    by_column = {column: wheel for wheel in wheels for column in wheel.columns}
    sets = sorted((one for one in uniques if _binds(one, chosen)), key=lambda one: (len(one.columns), one.name))
    for one in sets:
        _turn(one, by_column, wanted)
    _agree(others, by_column, parents)
    rows, limit = wanted, None
    for one in sets:
        covered = _covered({id(w): w for c in one.columns if (w := by_column.get(c))}.values(), wanted)
        if covered < rows:
            rows, limit = covered, one
    cells = {
        column: Cell(value=value, index=_own_index(by_column[column]).below(rows)) for column, value in chosen.items()
    }
    for key in sorted(others, key=lambda key: len(key.columns)):  # the one with the most columns has the last word
        parent, wheel = parents[key.name], by_column[key.columns[0]]
        for column, referenced in zip(key.columns, key.referenced, strict=True):
            cell = parent.cells[referenced]
            cells[column] = Cell(value=cell.value, index=_own_index(wheel).then(cell.index).below(rows))
    for key in own:
        _refer_to_itself(key, table, cells, sets)
    return TableRows(table=table, rows=max(rows, 1), cells=cells, limit=limit)


def _binds(one: UniqueSet, chosen: Mapping[int, Value]) -> bool:
    """Whether a key can be broken: not where a column is always NULL, or is made by the server (an identity is not)."""
    return one.nulls_equal or all(column not in chosen or chosen[column].key != "null" for column in one.columns)


def _own_index(wheel: _Wheel) -> Index:
    steps = []
    if wheel.step > 1:
        steps.append(("/", wheel.step))
    if wheel.room is not None:
        steps.append(("%", wheel.room))
    return Index(steps=tuple(steps))


def _wheels(
    others: Iterable[ForeignKey], chosen: Mapping[int, Value], parents: Mapping[str, TableRows]
) -> list[_Wheel]:
    tied: list[tuple[set[int], int]] = []
    for key in others:
        columns, room = set(key.columns), parents[key.name].rows
        apart = []
        for group, least in tied:
            if group & columns:
                columns, room = columns | group, min(room, least)
            else:
                apart.append((group, least))
        tied = [*apart, (columns, room)]
    wheels = [_Wheel(columns=frozenset(columns), room=room) for columns, room in tied]
    within = {column for columns, _ in tied for column in columns}
    wheels += [
        _Wheel(columns=frozenset([column]), room=value.distinct)
        for column, value in sorted(chosen.items())
        if column not in within
    ]
    return wheels


def _turn(one: UniqueSet, by_column: Mapping[int, _Wheel], wanted: int) -> None:
    """Give the wheels of a key their strides, where none of them turns on with every row."""
    wheels = list({id(wheel): wheel for c in sorted(one.columns) if (wheel := by_column.get(c))}.values())
    if _covered(wheels, wanted) < wanted:
        settled = [wheel for wheel in wheels if wheel.stride is not None]
        covered = _covered(settled, wanted) if settled else 1
        for wheel in wheels:
            if wheel.stride is None and wheel.room is not None:
                wheel.stride = covered
                covered *= wheel.room
    for wheel in wheels:
        if wheel.stride is None:
            wheel.stride = 1


def _covered(wheels: Iterable[_Wheel], wanted: int) -> int:
    """For how many rows from the first on these wheels together never show the same.

    With d known modulo `covered`, a wheel of stride s that divides it shows more of d: a factor of
    room / gcd(room, covered / s).
    """
    waiting, covered, moved = list(wheels), 1, True
    while moved and covered < wanted:
        moved = False
        for wheel in list(waiting):
            if wheel.room is None and wheel.step == 1:
                return wanted
            if wheel.room is None:
                continue
            if covered % wheel.step == 0:
                covered *= wheel.room // gcd(wheel.room, covered // wheel.step)
                waiting.remove(wheel)
                moved = True
    return min(covered, wanted)


def _agree(others: Iterable[ForeignKey], by_column: Mapping[int, _Wheel], parents: Mapping[str, TableRows]) -> None:
    """Where keys that share columns would not mean the same rows, all of them mean their parents' first rows."""
    said: dict[int, tuple[str, Index, int]] = {}
    for key in sorted(others, key=lambda key: len(key.columns)):
        parent = parents[key.name]
        for column, referenced in zip(key.columns, key.referenced, strict=True):
            cell = parent.cells[referenced]
            said[column] = (cell.value.key, cell.index.below(parent.rows), parent.rows)
    for key in others:
        parent, wheel = parents[key.name], by_column[key.columns[0]]
        for column, referenced in zip(key.columns, key.referenced, strict=True):
            cell = parent.cells[referenced]
            expected = (cell.value.key, cell.index.below(wheel.room or parent.rows))
            value, index, _ = said[column]
            actual = (value, index.below(wheel.room or parent.rows))
            within = len(key.columns) == 1 and value == cell.value.key and not cell.index.steps
            within = within and actual[1].values(wheel.room or parent.rows) <= parent.rows
            if actual != expected and not within:
                wheel.room, wheel.stride = 1, 1


def _refer_to_itself(
    key: ForeignKey,
    table: Table,
    cells: dict[int, Cell],
    sets: Iterable[UniqueSet],
) -> None:
    """A key to the table itself: a tree where its columns are its own and may be NULL, else each row means itself."""
    elsewhere = {column for other in table.foreign_keys if other is not key for column in other.columns}
    alone = not elsewhere & set(key.columns) and not set(key.columns) & set(key.referenced)
    may_be_null = all(not table.column(column).not_null for column in key.columns)
    unique = any(one.columns <= set(key.columns) for one in sets)
    for column, referenced in zip(key.columns, key.referenced, strict=True):
        if column == referenced:
            continue
        target = cells[referenced]
        if alone and may_be_null:
            step = Index(steps=(("+", -1),)) if unique else Index(steps=(("parent", 0),))
            cells[column] = Cell(value=target.value, index=step.then(target.index), null_first=True)
        elif column not in elsewhere and not table.column(column).not_null and not key.full:
            cells[column] = Cell(value=null(), index=Index())  # a row that is its own parent sends recursion round
        else:
            cells[column] = target
