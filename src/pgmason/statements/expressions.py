"""What does an expression that PostgreSQL prints say, where it is simple enough to be said otherwise?

A constant, a list of constants, or a call: what stands behind DEFAULT more often than not. Also the keys of an index
as its CREATE INDEX names them, and an expression without a schema's name before its objects. Left to others: what any
of it means in another language.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from pgmason.statements.parser import parse, syntax_error
from pgmason.statements.tree import Tree, enum_name

__all__ = [
    "Call",
    "Constant",
    "Constants",
    "IndexKey",
    "array_items",
    "index_keys",
    "read_expression",
    "without_schema",
]


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant: `text` as in quotes, or the digits of a number (`number`), or `true`; None is NULL."""

    text: str | None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Constants:
    """`ARRAY[...]` of constants."""

    items: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function by its name as written, without its schema; `text` is its one argument where that is a constant.

    CURRENT_TIMESTAMP and its kind are calls of that name, `arguments` counts 0.
    """

    name: str
    arguments: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class IndexKey:
    """One key of an index: its column, None for an expression, and what is said of it beyond its defaults.

    `operator_class` is (schema or "", name). `nulls` is "", "first" or "last".
    """

    column: str | None
    operator_class: tuple[str, str] | None
    collated: bool
    descending: bool
    nulls: str
    parameters: bool


def read_expression(text: str) -> Constant | Constants | Call | None:
    """The expression, where it is one of these under at most one cast; None where it is anything else."""
    try:
        statements = parse(f"SELECT {text}").stmts
    except syntax_error():
        return None
    if len(statements) != 1 or len(statements[0].stmt.select_stmt.target_list) != 1:
        return None
    node = statements[0].stmt.select_stmt.target_list[0].res_target.val
    match node.WhichOneof("node"):
        case "func_call":
            return _call(node.func_call)
        case "sqlvalue_function":
            function = node.sqlvalue_function
            return Call(enum_name(function, "op").removeprefix("SVFOP_"), 0) if function.typmod < 0 else None
        case _:
            return _constants(node) or _constant(node)


def array_items(text: str) -> tuple[Constant, ...] | None:
    """The items of an array of one dimension as its text has them, `{a,"b c",NULL}` (manual, 8.15.2); else None."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    if text == "{}":
        return ()
    items: list[Constant] = []
    word, quoted, at = "", False, 1
    while at < len(text):
        sign = text[at]
        if sign == '"':
            quoted, at = True, at + 1
            while at < len(text) and text[at] != '"':
                at += text[at] == "\\"
                word += text[at : at + 1]
                at += 1
        elif sign == "{":
            return None
        elif sign in ",}":
            null = not quoted and word.upper() == "NULL"
            items.append(Constant(None if null else word))
            word, quoted = "", False
        else:
            word += sign
        at += 1
    return tuple(items)


def index_keys(definition: str) -> tuple[IndexKey, ...]:
    """The keys of a CREATE INDEX, as pg_get_indexdef prints it."""
    elements = parse(definition).stmts[0].stmt.index_stmt.index_params
    return tuple(_index_key(element.index_elem) for element in elements)


def without_schema(text: str, schema: str) -> str:
    """The expression without `schema.` wherever it stands before a name, as it reads with that schema in the path."""
    if schema not in text:
        return text
    scan = importlib.import_module("postgast").scan
    source = text.encode()
    tokens = scan(text).tokens
    quoted = b'"' + schema.encode().replace(b'"', b'""') + b'"'
    cut: list[tuple[int, int]] = []
    for position, token in enumerate(tokens[:-1]):
        word, dot = source[token.start : token.end], tokens[position + 1]
        before = source[tokens[position - 1].start : tokens[position - 1].end] if position else b""
        if word in (schema.encode(), quoted) and source[dot.start : dot.end] == b"." and before != b".":
            cut.append((token.start, dot.end))
    for start, end in reversed(cut):
        source = source[:start] + source[end:]
    return source.decode()


def _call(call: Tree) -> Call | None:
    if call.agg_order or call.agg_filter.WhichOneof("node") or call.over.ByteSize() or call.agg_distinct:
        return None
    argument = _constant(call.args[0]) if len(call.args) == 1 else None
    return Call(call.funcname[-1].string.sval, len(call.args), argument.text if argument else None)


def _constants(node: Tree) -> Constants | None:
    node = _uncast(node)
    if node.WhichOneof("node") != "a_array_expr":
        return None
    items = [_constant(element) for element in node.a_array_expr.elements]
    return Constants(tuple(item for item in items if item is not None)) if None not in items else None


def _constant(node: Tree) -> Constant | None:
    node = _uncast(node)
    if node.WhichOneof("node") != "a_const":
        return None
    constant = node.a_const
    if constant.isnull:
        return Constant(None)
    match constant.WhichOneof("val"):
        case "ival":
            return Constant(str(constant.ival.ival), number=True)
        case "fval":
            return Constant(constant.fval.fval, number=True)
        case "boolval":
            return Constant("true" if constant.boolval.boolval else "false")
        case "sval":
            return Constant(constant.sval.sval)
        case _:
            return None


def _uncast(node: Tree) -> Tree:
    return node.type_cast.arg if node.WhichOneof("node") == "type_cast" else node


def _index_key(element: Tree) -> IndexKey:
    names = [name.string.sval for name in element.opclass]
    nulls = enum_name(element, "nulls_ordering").removeprefix("SORTBY_NULLS_").lower()
    return IndexKey(
        column=element.name or None,
        operator_class=(names[-2] if len(names) > 1 else "", names[-1]) if names else None,
        collated=bool(element.collation),
        descending=enum_name(element, "ordering") == "SORTBY_DESC",
        nulls=nulls if nulls in ("first", "last") else "",
        parameters=bool(element.opclassopts),
    )
