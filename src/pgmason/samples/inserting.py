"""What is sent to the server to write a table's rows, and to let its triggers rest meanwhile?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pgmason.catalog.definitions import verbatim
from pgmason.samples.rows import Cell, Index, TableRows
from pgmason.samples.shape import Table
from pgmason.samples.values import Value

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed

__all__ = ["insert_of", "one_row_of", "quiet", "row_that_is_there"]

_ENABLE = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}  # pg_trigger.tgenabled, pg_rewrite.ev_enabled


def insert_of(rows: TableRows, *, on_conflict: bool = False, sift: int | None = None) -> Composed:
    """INSERT ... SELECT of these rows; `sift`: only so many of them, which satisfy the table's conditions."""
    from psycopg.sql import SQL, Identifier, Literal

    table = rows.table
    d = SQL("g.d")
    written = [
        column
        for column in table.columns
        if column.number in rows.cells and rows.cells[column.number].value.key != "default"
    ]
    values = [SQL("({})::{}").format(rows.cells[c.number].of(d), verbatim(c.spelled)) for c in written]
    names = SQL(", ").join([Identifier(column.name) for column in written])
    series = SQL("pg_catalog.generate_series(0::bigint, {}::bigint) AS g (d)").format(Literal(rows.rows - 1))
    if sift is not None:
        made = SQL(", ").join(
            [SQL("{} AS {}").format(v, Identifier(c.name)) for v, c in zip(values, written, strict=True)]
        )
        conditions = SQL(" AND ").join(
            [SQL("coalesce(({}), true)").format(verbatim(c.expression)) for c in table.checks]
        )
        return SQL(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM (SELECT {} FROM {}) AS {} WHERE {} LIMIT {}"
        ).format(Identifier(*table.path), names, names, made, series, Identifier(table.name), conditions, Literal(sift))
    conflict = SQL(" ON CONFLICT DO NOTHING" if on_conflict else "")
    if not written:
        if rows.rows == 1:
            return SQL("INSERT INTO {} DEFAULT VALUES{}").format(Identifier(*table.path), conflict)
        return SQL("INSERT INTO {} SELECT FROM {}{}").format(Identifier(*table.path), series, conflict)
    return SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}{}").format(
        Identifier(*table.path), names, SQL(", ").join(values), series, conflict
    )


@contextmanager
def quiet(connection: Connection[Any], tables: Sequence[Table]) -> Iterator[None]:
    """The product's triggers and rules on these tables rest, and policies do not hold for their owner."""
    from psycopg.sql import SQL, Identifier

    off, on = [], []
    for table in tables:
        name = Identifier(*table.path)
        for what, members in (("TRIGGER", table.triggers), ("RULE", table.rules)):
            for member, enabled in members:
                alter = SQL("ALTER TABLE {} {} {} {}")
                off.append(alter.format(name, SQL("DISABLE"), SQL(what), Identifier(member)))
                on.append(alter.format(name, SQL(_ENABLE[enabled]), SQL(what), Identifier(member)))
        if table.row_security_forced:
            off.append(SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(name))
            on.append(SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(name))
    if off:
        connection.execute(SQL("; ").join(off))
    yield
    if on:
        connection.execute(SQL("; ").join(on))


def row_that_is_there(table: Table) -> TableRows:
    """The first row that a table holds, as children may refer to it."""
    from psycopg.sql import SQL, Identifier

    cells = {}
    names = [Identifier(column.name) for column in table.columns]
    for column, name in zip(table.columns, names, strict=True):
        query = SQL("(SELECT {} FROM {} ORDER BY ctid LIMIT 1)").format(name, Identifier(*table.path))
        value = Value(key=f"there:{table.oid}:{column.number}", distinct=1, make=lambda _, query=query: query)  # type: ignore[misc]
        cells[column.number] = Cell(value=value, index=Index())
    return TableRows(table=table, rows=1, cells=cells)


def one_row_of(table: Table) -> Composed:
    from psycopg.sql import SQL, Identifier

    return SQL("SELECT FROM ONLY {} LIMIT 1").format(Identifier(*table.path))
