"""Which values does a condition speak of, so that some value can be looked for that satisfies it?

A condition is an expression as PostgreSQL prints it: of a CHECK, of a domain, of a partition's bound, of a partial
index. Left to others: whether a value satisfies it, which only the server can say.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.statements.parser import parse, syntax_error
from pgmason.statements.tree import Tree, enum_name, nodes

__all__ = ["Condition", "functions_called", "is_constant", "read_condition"]

# pg_operator's names of LIKE, ILIKE and the regular expressions, as pg_get_expr prints them.
_PATTERN_OPERATORS = {"~~": "like", "~~*": "like", "~": "regex", "~*": "regex"}
_CONSTANT_NODES = frozenset({"SelectStmt", "ResTarget", "A_Const", "TypeCast", "TypeName", "A_ArrayExpr", "String"})
_CONSTANT_NODES |= {"Node", "Integer", "Float", "Boolean", "BitString", "ParseResult", "RawStmt", "List"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What stands in an expression, each in the order of its first appearance, without repetition.

    `columns` are the names of columns (VALUE for a domain's); `numbers` as written; `strings` that are not patterns;
    `patterns` are ("like" or "regex", the pattern).
    """

    columns: tuple[str, ...]
    numbers: tuple[str, ...]
    strings: tuple[str, ...]
    patterns: tuple[tuple[str, str], ...]


def read_condition(expression: str) -> Condition | None:
    """What an expression speaks of; None where the grammar does not know it (a later server's)."""
    tree = _parsed(expression)
    if tree is None:
        return None
    columns: dict[str, None] = {}
    numbers: dict[str, None] = {}
    strings: dict[str, None] = {}
    patterns: dict[tuple[str, str], None] = {}
    for node in nodes(tree):
        match node.DESCRIPTOR.name:
            case "ColumnRef":
                last = node.fields[-1]
                if last.WhichOneof("node") == "string":
                    columns[last.string.sval] = None
            case "A_Const":
                match node.WhichOneof("val"):
                    case "ival":
                        numbers[str(node.ival.ival)] = None
                    case "fval":
                        numbers[node.fval.fval] = None
                    case "sval":
                        strings[node.sval.sval] = None
            case "A_Expr" if node.name and (kind := _PATTERN_OPERATORS.get(node.name[-1].string.sval)):
                for constant in nodes(node.rexpr):
                    if constant.DESCRIPTOR.name == "A_Const" and constant.WhichOneof("val") == "sval":
                        patterns[kind, constant.sval.sval] = None
    found = {pattern for _, pattern in patterns}
    return Condition(
        columns=tuple(columns),
        numbers=tuple(numbers),
        strings=tuple(string for string in strings if string not in found),
        patterns=tuple(patterns),
    )


def is_constant(expression: str) -> bool:
    """Whether an expression holds nothing but constants, casts and arrays of them: the same at every time."""
    tree = _parsed(expression)
    return tree is not None and all(node.DESCRIPTOR.name in _CONSTANT_NODES for node in nodes(tree))


def functions_called(expression: str) -> frozenset[str]:
    """The functions that an expression calls: names in lower case without a schema, CURRENT_DATE and its like too.

    None of them where the grammar refuses the text.
    """
    tree = _parsed(expression)
    found = set()
    for node in nodes(tree) if tree is not None else ():
        match node.DESCRIPTOR.name:
            case "FuncCall":
                found.add(node.funcname[-1].string.sval.lower())
            case "SQLValueFunction":
                name = enum_name(node, "op").removeprefix("SVFOP_").lower()
                found.add(name.removesuffix("_n"))  # with a precision
    return frozenset(found)


def _parsed(expression: str) -> Tree | None:
    try:
        return parse(f"SELECT {expression}").stmts[0].stmt
    except (syntax_error(), IndexError):
        return None
