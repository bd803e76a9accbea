"""Which rows does one table get, given those of the tables that it refers to?

Offers for each column are gathered, the server says which satisfy the conditions, and they are laid out so that keys
are unique; where a key allows fewer rows than wanted, rows outside a partial key and more values of its columns are
tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pgmason.catalog.definitions import verbatim
from pgmason.samples.candidates import candidates
from pgmason.samples.inserting import row_that_is_there
from pgmason.samples.rows import Cell, Index, TableRows, lay_out
from pgmason.samples.shape import Check, ForeignKey, Shape, Table, UniqueSet
from pgmason.samples.solving import Asker, Unsatisfied, alternatives, choose_values, told_rows
from pgmason.samples.values import Value, cycle, null
from pgmason.statements import Condition, read_condition

__all__ = ["Planner"]

_NEXT = ":next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans tables of one shape; what is asked of the server goes through `asker`."""

    shape: Shape
    asker: Asker

    def guess(self, table: Table, wanted: int) -> TableRows:
        """Before anything is known: usual values in every column of a table that is referred to."""
        cells = {}
        for column in table.columns:
            if (table.oid, column.number) in self.shape.referenced:
                offers = candidates(self.shape, column, [], nullable=False, unlike=True)
                if offers:
                    cells[column.number] = Cell(value=offers[0], index=Index())
        return TableRows(table=table, rows=wanted, cells=cells)

    def usual(self, table: Table, wanted: int, known: Mapping[int, TableRows]) -> TableRows:
        """Rows of the first offers, whatever conditions say. Raises Unsatisfied where a key has no row to refer to."""
        followed, nulls = self._followed(table, known)
        offers = _offers(self.shape, table, followed, nulls)
        chosen = {column: values[0] for column, values in offers.items() if values}
        return _laid_out(table, wanted, chosen, followed, table.uniques)

    def plan(self, table: Table, wanted: int, known: Mapping[int, TableRows]) -> TableRows:
        """At most `wanted` rows of a table, given those of its parents by their numbers. Raises Unsatisfied."""
        followed, nulls = self._followed(table, known)
        offers = _offers(self.shape, table, followed, nulls)
        checks = list(table.checks)
        uniques = [_on_written(table, one) for one in table.uniques]
        chosen, rows = self._settle(table, offers, checks, uniques, followed, wanted)
        if rows.limit is not None and rows.limit.predicate is not None:
            # rows beyond the predicate of a partial index need not be unique
            tied = [
                Check(
                    name=one.name, columns=_named_in(table, one.predicate), expression=f"({one.predicate}) IS NOT TRUE"
                )
                for one in uniques
                if one.predicate is not None
            ]
            free = [one for one in uniques if one.predicate is None]
            try:
                other, more = self._settle(table, offers, checks + tied, free, followed, wanted)
            except Unsatisfied:
                more = rows
            if more.rows > rows.rows:
                chosen, rows, checks, uniques = other, more, checks + tied, free
        if rows.limit is not None:
            chosen, rows = self._widened(table, offers, chosen, checks, uniques, followed, wanted, rows)
        return rows

    def _settle(
        self,
        table: Table,
        offers: Mapping[int, list[Value]],
        checks: Sequence[Check],
        uniques: Sequence[UniqueSet],
        followed: Mapping[str, TableRows],
        wanted: int,
    ) -> tuple[dict[int, Value], TableRows]:
        chosen = {column: values[0] for column, values in offers.items() if values}
        for column in table.columns:
            type = self.shape.types[column.type]
            if column.number in offers and (type.checks or not _is_usual(chosen.get(column.number))):
                good = self.asker.castable(column, offers[column.number], told_rows(wanted))
                if not good:
                    raise Unsatisfied(f"no value is known for column {column.name} of type {column.spelled}")
                chosen[column.number] = good[0]
        chosen |= choose_values(self.asker, table, offers, checks, wanted)
        return chosen, _laid_out(table, wanted, chosen, followed, uniques)

    def _widened(
        self,
        table: Table,
        offers: Mapping[int, list[Value]],
        chosen: dict[int, Value],
        checks: Sequence[Check],
        uniques: Sequence[UniqueSet],
        followed: Mapping[str, TableRows],
        wanted: int,
        rows: TableRows,
    ) -> tuple[dict[int, Value], TableRows]:
        """More rows, where a column of the key that allows no more may hold other values than the one chosen."""
        referring = {column for key in table.foreign_keys if key.name in followed for column in key.columns}
        for column in sorted(rows.limit.columns if rows.limit else ()):
            value = chosen.get(column)
            if value is None or value.distinct is None or column in referring:
                continue
            others = alternatives(self.asker, table, column, offers[column], chosen, checks, wanted)
            constants = [one for one in others if one.distinct == 1 and one.key != "null"]
            constants = self.asker.different(table.column(column), constants)
            wider = [one for one in others if one.distinct is None or one.distinct > value.distinct]
            if len(constants) > value.distinct:
                from psycopg.sql import SQL

                made = [one.make(SQL("0")) for one in constants]
                key = f"cycle:{[one.key for one in constants]}"
                wider.append(cycle(key, made, verbatim(table.column(column).spelled)))
            for one in wider:
                more = _laid_out(table, wanted, {**chosen, column: one}, followed, uniques)
                if more.rows > rows.rows:
                    chosen, rows = {**chosen, column: one}, more
        return chosen, rows

    def _followed(self, table: Table, known: Mapping[int, TableRows]) -> tuple[dict[str, TableRows], set[int]]:
        """The rows behind each foreign key that can be followed, and the columns that are NULL because one cannot."""
        followed: dict[str, TableRows] = {}
        nulls: set[int] = set()
        lost: list[ForeignKey] = []
        generated = {column.number for column in table.columns if column.expression is not None}
        for key in table.foreign_keys:
            own = key.parent in (table.oid, table.root)
            if generated & set(key.columns) or (own and generated & set(key.referenced)):
                continue  # what such a column holds is the server's to make; it may refuse the row
            if own:
                followed[key.name] = TableRows(table=table, rows=1, cells={})
            elif key.parent in known:
                rows = known[key.parent]
                made = rows.cells.keys() >= set(key.referenced)  # not where it refers to a generated column
                followed[key.name] = rows if made else row_that_is_there(rows.table)
            else:
                lost.append(key)
        kept = {
            column
            for name, key in ((k.name, k) for k in table.foreign_keys)
            if name in followed
            for column in key.columns
        }
        for key in lost:
            free = [column for column in key.columns if not table.column(column).not_null]
            alone = [column for column in free if column not in kept] or free
            parent = self.shape.tables.get(key.parent)
            if not alone or (key.full and len(free) < len(key.columns)):
                name = parent.shown if parent else "a table that is not filled"
                raise Unsatisfied(f"its foreign key {key.name} needs a row of {name}, which has none")
            nulls |= set(free if key.full else alone)
        for key in table.foreign_keys:
            if key.name in followed and nulls & set(key.columns):
                del followed[key.name]
        return followed, nulls


def _laid_out(
    table: Table,
    wanted: int,
    chosen: Mapping[int, Value],
    followed: Mapping[str, TableRows],
    uniques: Iterable[UniqueSet],
) -> TableRows:
    """`lay_out` with the foreign keys of which no column was chosen to be NULL."""
    parents = {}
    for key in table.foreign_keys:
        if key.name in followed and all(chosen[column].key != "null" for column in key.columns):
            shift = sum(chosen[column].key.endswith(_NEXT) for column in key.columns)
            parents[key.name] = _shifted(followed[key.name]) if shift else followed[key.name]
    return lay_out(table, wanted, chosen, parents, list(uniques))


def _shifted(rows: TableRows) -> TableRows:
    """The same rows, counted from the second on."""
    step = Index(steps=(("+", 1), ("%", rows.rows)))
    cells = {number: replace(cell, index=step.then(cell.index)) for number, cell in rows.cells.items()}
    return replace(rows, cells=cells)


def _offers(shape: Shape, table: Table, followed: Mapping[str, TableRows], nulls: set[int]) -> dict[int, list[Value]]:
    """What each column that is written may hold, by its number."""
    in_keys = {column for one in table.uniques for column in one.columns}
    conditions: dict[int, list[Condition]] = {}
    for check in table.checks:
        if condition := read_condition(check.expression):
            for number in check.columns:
                conditions.setdefault(number, []).append(condition)
    for one in table.uniques:
        if one.predicate and (condition := read_condition(one.predicate)):
            for number in _named_in(table, one.predicate):
                conditions.setdefault(number, []).append(condition)
    offers: dict[int, list[Value]] = {}
    for column in table.columns:
        if column.expression is not None:
            continue
        type = shape.types[column.type]
        nullable = not column.not_null and not type.not_null
        unlike = column.number in in_keys or (table.oid, column.number) in shape.referenced
        if column.number in nulls:
            offers[column.number] = [null()]
            continue
        keys = [key for key in table.foreign_keys if key.name in followed and _brings(key, column.number, table)]
        if keys:
            offers[column.number] = _of_parents(shape, table, column.number, keys, followed)
            if nullable:
                offers[column.number].append(null())
            continue
        of_domain = [condition for text in type.checks if (condition := read_condition(text))]
        said = conditions.get(column.number, []) + of_domain
        found = candidates(shape, column, said, nullable=nullable, unlike=unlike)
        if (table.oid, column.number) in shape.referenced:
            found = [value for value in found if value.key != "null"]
        offers[column.number] = found
    return offers


def _of_parents(
    shape: Shape, table: Table, number: int, keys: Sequence[ForeignKey], followed: Mapping[str, TableRows]
) -> list[Value]:
    key = max(keys, key=lambda key: (key.parent not in (table.oid, table.root), len(key.columns)))
    referenced = key.referenced[key.columns.index(number)]
    if key.parent in (table.oid, table.root):
        own = table.column(number)
        return candidates(shape, own, [], nullable=False, unlike=True)[:1]
    parent = followed[key.name]
    cell = parent.cells[referenced]
    rows = parent.rows
    around = Index(steps=(("%", rows),))
    after = Index(steps=(("+", 1), ("%", rows)))
    offered = [
        Value(
            key=f"row:{key.parent}:{referenced}",
            distinct=rows,
            make=lambda d: cell.value.make(around.then(cell.index).of(d)),
        )
    ]
    if len(key.columns) == 1 and len(keys) == 1 and rows > 1:
        offered.append(
            Value(
                key=f"row:{key.parent}:{referenced}{_NEXT}",
                distinct=rows,
                make=lambda d: cell.value.make(after.then(cell.index).of(d)),
            )
        )
    return offered


def _brings(key: ForeignKey, column: int, table: Table) -> bool:
    """Whether a key says what a column holds; one to the table itself does not where it refers to that very column."""
    if column not in key.columns:
        return False
    return key.parent not in (table.oid, table.root) or key.referenced[key.columns.index(column)] != column


def _is_usual(value: Value | None) -> bool:
    return value is not None and not value.key.startswith("any:")


def _on_written(table: Table, one: UniqueSet) -> UniqueSet:
    """A key with the columns that a generated one is made of in its place."""
    columns: set[int] = set()
    for number in one.columns:
        expression = table.column(number).expression
        columns |= {number} if expression is None else set(_named_in(table, expression))
    return replace(one, columns=frozenset(columns))


def _named_in(table: Table, expression: str | None) -> tuple[int, ...]:
    condition = read_condition(expression) if expression else None
    return tuple(c.number for c in table.columns if condition and c.name in condition.columns)
