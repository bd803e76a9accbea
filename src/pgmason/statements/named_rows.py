"""Does a statement name the rows that it changes, by values that stand in it?

An UPDATE or DELETE of one table whose condition demands, for some columns, values written in the statement. Whether
these columns are a key, so that the rows are as many whatever the table's size, only a catalog can say. Left out, and
so never said to name rows: other tables beside it (FROM, USING, WITH, subqueries), and conditions joined by OR.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.statements.script import Statement
from pgmason.statements.tree import Tree, enum_name

__all__ = ["columns_given"]

_BESIDE = {"update_stmt": "from_clause", "delete_stmt": "using_clause"}


def columns_given(statement: Statement) -> frozenset[str]:
    """The columns of the changed table for which the condition gives values; none where it does not, or may not."""
    tree = statement.tree
    if statement.form not in _BESIDE or getattr(tree, _BESIDE[statement.form]) or tree.with_clause.ctes:
        return frozenset()
    if not tree.HasField("where_clause"):
        return frozenset()
    demanded = list(_demanded(tree.where_clause))
    if any(_asks_elsewhere(one) for one in demanded):
        return frozenset()
    return frozenset(column for one in demanded if (column := _column_given(one)) is not None)


def _demanded(condition: Tree) -> Iterator[Tree]:
    """The parts of a condition that must all hold."""
    if condition.WhichOneof("node") == "bool_expr" and enum_name(condition.bool_expr, "boolop") == "AND_EXPR":
        for part in condition.bool_expr.args:
            yield from _demanded(part)
    else:
        yield condition


def _column_given(condition: Tree) -> str | None:
    """The column of `column = value` or `column IN (value, ...)`."""
    if condition.WhichOneof("node") != "a_expr":
        return None
    said = condition.a_expr
    if [part.string.sval for part in said.name] != ["="] or enum_name(said, "kind") not in ("AEXPR_OP", "AEXPR_IN"):
        return None
    values = said.rexpr.list.items if said.rexpr.WhichOneof("node") == "list" else [said.rexpr]
    if said.lexpr.WhichOneof("node") != "column_ref" or not all(_is_written(value) for value in values):
        return None
    last = said.lexpr.column_ref.fields[-1]
    return str(last.string.sval) if last.WhichOneof("node") == "string" else None


def _is_written(value: Tree) -> bool:
    while value.WhichOneof("node") == "type_cast":
        value = value.type_cast.arg
    return bool(value.WhichOneof("node") == "a_const")


def _asks_elsewhere(tree: Tree) -> bool:
    """Whether a query stands anywhere in it."""
    if tree.DESCRIPTOR.name in ("SubLink", "SelectStmt"):
        return True
    for field, value in tree.ListFields():
        if field.message_type is not None and any(map(_asks_elsewhere, value if field.is_repeated else [value])):
            return True
    return False
