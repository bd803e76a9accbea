"""How are valid rows put into every table of a scratch database?

In the order of foreign keys, a parent before its children; tables that refer to each other in a circle are written by
one statement, at whose end PostgreSQL checks the keys. The product's own triggers and rules on INSERT are off while
its table is written, and forced row security with them, because what they do beyond the row (other tables, other
values, a refusal) is no part of a sample; CHECKs, domains, defaults and generated columns are at work. All of it runs
as the owner of the tables, an ordinary role. Sequences are moved past the values that were written.

A table that refuses all its rows keeps what it had, or is named with the server's reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pgmason.samples import Filled, FilledTable, UnfilledTable, Wanted
from pgmason.samples.inserting import insert_of, one_row_of, quiet, row_that_is_there
from pgmason.samples.order import in_order
from pgmason.samples.planning import Planner
from pgmason.samples.reading import read_shape
from pgmason.samples.rows import TableRows
from pgmason.samples.shape import Shape, Table
from pgmason.samples.solving import Asker, Unsatisfied
from pgmason.samples.values import FIRST

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed

__all__ = ["fill_tables"]

_SIFTED = 64  # rows that are looked through for one, where no value is known to satisfy a condition
_ANALYZED = 1_000
# Classes of SQLSTATE that say the session or the server is ill, not the rows (manual, appendix A).
_ILL = ("53", "57", "58")


def fill_tables(session: Connection[Any], wanted: Wanted) -> Filled:
    """Rows for every table, as `RowMaker` says."""
    shape = read_shape(session)
    asker = Asker(session)
    filling = _Filling(shape=shape, wanted=wanted, asker=asker, planner=Planner(shape=shape, asker=asker))
    with session.transaction():
        session.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else keys in waiting forbid to let a trigger act again
        for group in in_order(shape):
            filling.fill(group)
        filling.move_sequences()
        filling.analyze()
    return Filled(
        tables=tuple(sorted(filling.filled.values(), key=lambda one: one.path)),
        unfilled=tuple(
            UnfilledTable(path=shape.tables[oid].path, why=why)
            for oid, why in sorted(filling.unfilled.items(), key=lambda one: shape.tables[one[0]].path)
        ),
    )


@dataclass(slots=True)
class _Filling:
    """One run: what was made so far. `rows` has what children may refer to, by table; partitioned ones too.

    `drawn` has the last value that was written in place of one from each sequence, and the sequence's greatest;
    `reason` the server's last refusal.
    """

    shape: Shape
    wanted: Wanted
    asker: Asker
    planner: Planner
    rows: dict[int, TableRows] = field(default_factory=dict)
    filled: dict[int, FilledTable] = field(default_factory=dict)
    unfilled: dict[int, str] = field(default_factory=dict)
    drawn: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    reason: str = ""

    def fill(self, group: Sequence[Table]) -> None:
        """Rows for the tables of one circle, or for one table."""
        tables = [table for table in group if not table.partitioned]
        planned, reasons = self._planned(tables)
        writable = [planned[table.oid] for table in tables if table.oid in planned]
        if len(writable) > 1 and not any(rows.scattered for rows in writable) and self._write(writable) is not None:
            for rows in writable:
                self._note(rows, rows.rows)
        else:
            for rows in writable:
                self._write_somehow(rows)
        for table in tables:
            if table.oid not in planned:
                self._sift_or_name(table, reasons[table.oid])
        for table in group:
            if table.partitioned:
                self._note_partitioned(table)

    def _planned(self, tables: Sequence[Table]) -> tuple[dict[int, TableRows], dict[int, str]]:
        """The rows of each table, or why there are none. In a circle each needs the others', so it is gone round."""
        planned: dict[int, TableRows] = {}
        reasons: dict[int, str] = {}
        guessed = {table.oid: self.planner.guess(table, self._wanted(table)) for table in tables if len(tables) > 1}
        for _ in range(3 if guessed else 1):
            for table in tables:
                known = {**self.rows, **guessed, **planned}
                for given_up in reasons:
                    known.pop(given_up, None)
                scattered = any(check.scattered for check in table.checks)
                try:
                    wanted = self._wanted(table) * (_SIFTED if scattered else 1)
                    planned[table.oid] = self.planner.plan(table, wanted, known)
                    reasons.pop(table.oid, None)
                except Unsatisfied as exc:
                    planned.pop(table.oid, None)
                    reasons[table.oid] = str(exc)
        return planned, reasons

    def _wanted(self, table: Table) -> int:
        return max(self.wanted.in_table(table.path), 1)

    def _write_somehow(self, rows: TableRows) -> None:
        """All rows; else those that do not collide; else one; else what the table had; else it is named."""
        table = rows.table
        if rows.scattered:
            self._sift_or_name(table, "no row was found that the partition's bound takes", rows)
            return
        if self._write([rows]) is not None:
            self._note(rows, rows.rows)
            return
        reason = self.reason
        if rows.rows > 1 or table.has_rows:
            made = self._write([rows], on_conflict=True)
            if made:
                # of an empty table's rows the first one cannot collide
                self._note(replace(rows, rows=1), made, f"more collide: {reason}", certain=not table.has_rows)
                return
        one = replace(rows, rows=1)
        if rows.rows > 1 and self._write([one]) is not None:
            self._note(one, 1, f"more are refused: {reason}")
            return
        self._sift_or_name(table, reason)

    def _write(self, group: Sequence[TableRows], *, on_conflict: bool = False) -> int | None:
        """How many rows the last of these tables took; None where the server refused, with its words in `reason`."""
        from psycopg.sql import SQL

        inserts = [insert_of(rows, on_conflict=on_conflict) for rows in group]
        statement = inserts[-1]
        if len(inserts) > 1:
            parts = [SQL("{} AS ({})").format(SQL(f"w{n}"), one) for n, one in enumerate(inserts[:-1])]
            statement = SQL("WITH {} {}").format(SQL(", ").join(parts), inserts[-1])
        return self._execute(statement, [rows.table for rows in group])

    def _execute(self, statement: Composed, tables: Sequence[Table]) -> int | None:
        import psycopg

        connection = self.asker.connection
        try:
            with connection.transaction(), quiet(connection, tables):
                count: int = connection.execute(statement).rowcount
                return count
        except psycopg.Error as exc:
            if connection.closed or exc.sqlstate is None or exc.sqlstate[:2] in _ILL:
                raise
            self.reason = exc.diag.message_primary or str(exc).strip().partition("\n")[0]
        return None

    def _note(self, rows: TableRows, made: int, note: str | None = None, *, certain: bool = True) -> None:
        table = rows.table
        self.rows[table.oid] = rows if certain else row_that_is_there(table)
        if note is None and made < self._wanted(table) and rows.limit is not None:
            note = f"{rows.limit.name} allows no more"
        self.filled[table.oid] = FilledTable(path=table.path, made=made, note=note)
        for column in table.columns:
            for schema, name, most in column.sequences:
                before = self.drawn.get((schema, name), (0, most))[0]
                self.drawn[schema, name] = (max(before, FIRST + max(rows.rows, made)), most)

    def _sift_or_name(self, table: Table, reason: str, rows: TableRows | None = None) -> None:
        """Rows found by looking through many; else what the table had; else its name and the reason."""
        made = self._sifted(table, rows)
        if made:
            self._note(
                TableRows(table=table, rows=made * _SIFTED, cells={}),
                made,
                "found among many" if rows is None else None,
                certain=False,
            )
        elif table.has_rows and self.asker.ask(one_row_of(table)):
            self.filled[table.oid] = FilledTable(path=table.path, made=0, note=f"keeps the rows it had: {reason}")
            self.rows[table.oid] = row_that_is_there(table)
        else:
            self.unfilled[table.oid] = reason

    def _sifted(self, table: Table, rows: TableRows | None) -> int | None:
        """How many of some dozen times as many rows, usual ones unless given, satisfied every condition."""
        if not table.checks:
            return None
        wanted = self._wanted(table)
        try:
            rows = rows or self.planner.usual(table, wanted * _SIFTED, self.rows)
        except Unsatisfied:
            return None
        return self._execute(insert_of(rows, sift=wanted), [table]) or None

    def _note_partitioned(self, table: Table) -> None:
        """A partitioned table is referred to by the rows of its first partition that has some."""
        leaves = self.shape.leaves.get(table.oid)
        if leaves is None:
            return  # a partition that is partitioned itself; its rows are those of the partitions below
        names = {column.name: column.number for column in table.columns}
        for leaf in leaves:
            if leaf in self.rows:
                found = self.rows[leaf]
                cells = {names[found.table.column(number).name]: cell for number, cell in found.cells.items()}
                self.rows[table.oid] = replace(found, cells=cells)
                return
        if not leaves:
            self.unfilled[table.oid] = "it has no partition"

    def move_sequences(self) -> None:
        """So that a default draws a value that no row has yet."""
        from psycopg.sql import SQL, Identifier, Literal

        for (schema, name), (last, most) in sorted(self.drawn.items()):
            sequence = Identifier(schema, name)
            self.asker.ask(
                SQL("SELECT pg_catalog.setval({}::regclass, greatest(last_value, {})) FROM {}").format(
                    Literal(sequence.as_string(None)), Literal(min(last, most)), sequence
                )
            )

    def analyze(self) -> None:
        """Large tables get statistics, as autovacuum would have given them."""
        from psycopg.sql import SQL, Identifier

        for table in self.filled.values():
            if table.made >= _ANALYZED:
                self.asker.connection.execute(SQL("ANALYZE {}").format(Identifier(*table.path)))
