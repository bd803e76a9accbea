"""Which functions does a statement call, and with which name or text first?

Tools that live in the database are told what to do by calls: `SELECT create_hypertable('events', 'at')`. Left to
others: what the functions do.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.statements.script import Statement
from pgmason.statements.tree import Tree, nodes

__all__ = ["Called", "calls_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call: the function's name in lower case without a schema, and the texts among its arguments, in order."""

    function: str
    texts: tuple[str, ...]


def calls_of(statement: Statement) -> tuple[Called, ...]:
    """Every call in a statement, in the order of its text; none of those inside strings."""
    return tuple(
        Called(function=node.funcname[-1].string.sval.lower(), texts=tuple(_texts(node)))
        for node in nodes(statement.tree)
        if node.DESCRIPTOR.name == "FuncCall"
    )


def _texts(call: Tree) -> list[str]:
    found = []
    for argument in call.args:
        while argument.WhichOneof("node") in ("type_cast", "named_arg_expr"):
            kind = argument.WhichOneof("node")
            argument = getattr(argument, kind).arg
        if argument.WhichOneof("node") == "a_const" and argument.a_const.WhichOneof("val") == "sval":
            found.append(argument.a_const.sval.sval)
    return found
