"""Which columns does an INSERT give values of its own?

Left to others: what the columns are, and what becomes of the values.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.statements.script import Statement

__all__ = ["Insertion", "insertion_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """An INSERT at the top of a statement. `schema` is "" where it is not said; `columns` are None where it lists none.

    `defaulted` are the positions, from 0, in which each row of its VALUES says DEFAULT.
    """

    schema: str
    table: str
    columns: tuple[str, ...] | None
    defaulted: frozenset[int]

    def gives(self, column: str, position: int) -> bool:
        """Whether it gives values to a column that stands at this position of the table."""
        if self.columns is not None:
            if column not in self.columns:
                return False
            position = self.columns.index(column)
        return position not in self.defaulted


def insertion_of(statement: Statement) -> Insertion | None:
    """What a statement inserts; None where it is no INSERT."""
    if statement.form != "insert_stmt":
        return None
    tree = statement.tree
    names = tuple(column.res_target.name for column in tree.cols)
    rows = tree.select_stmt.select_stmt.values_lists
    defaults = [
        {at for at, item in enumerate(row.list.items) if item.WhichOneof("node") == "set_to_default"} for row in rows
    ]
    return Insertion(
        schema=tree.relation.schemaname,
        table=tree.relation.relname,
        columns=names or None,
        defaulted=frozenset(set.intersection(*defaults)) if defaults else frozenset(),
    )
