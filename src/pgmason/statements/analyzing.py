"""Does a statement count anew what the planner estimates by: ANALYZE, or VACUUM with it?

Of which tables the locks that were seen tell, but for one that its transaction had already: then the text does, which
may name none and mean all.
"""

from __future__ import annotations

from pgmason.statements.script import Statement
from pgmason.statements.tree import Tree

__all__ = ["analyzes", "may_analyze"]

_OFF = frozenset({"false", "off"})


def analyzes(statement: Statement) -> bool:
    """Whether it is ANALYZE, or VACUUM (ANALYZE)."""
    if statement.form != "vacuum_stmt":
        return False
    tree = statement.tree
    if not tree.is_vacuumcmd:
        return True
    options = (one.def_elem for one in tree.options)
    return any(one.defname == "analyze" and not _is_off(one.arg) for one in options)


def may_analyze(statement: Statement, table: tuple[str, ...]) -> bool:
    """Whether it is such a one and names the table (schema, name), perhaps without its schema, or means all."""
    if not analyzes(statement):
        return False
    named = [one.vacuum_relation.relation for one in statement.tree.rels]
    return not named or any((one.schemaname or table[0], one.relname) == table for one in named)


def _is_off(argument: Tree) -> bool:
    """Whether an option is followed by what takes it back: a word, or 0."""
    kind = argument.WhichOneof("node")
    return (kind == "string" and argument.string.sval.lower() in _OFF) or (
        kind == "integer" and argument.integer.ival == 0
    )
