"""Of what shape is a statement that a program sent, whatever its values, and by what does it look up?

Two statements with one fingerprint (libpg_query's) differ only in constants, parameters and the length of their IN
lists. A lookup is a comparison for equality between a column and values that the program gave: `WHERE order_id = $1`,
`id IN (1, 2)`, `(a, b) = ($1, $2)`, `id = ANY($1)`, on either side, in a WHERE or an ON. LIMIT, OFFSET and ranges are
none, so that turning pages is not taken for looking up. Left to others: what the values are (traffic/ sees them).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pgmason.statements.parser import parse, syntax_error
from pgmason.statements.tree import Tree, enum_name

__all__ = ["Lookup", "Shape", "Verb", "shape_of"]


class Verb(StrEnum):
    """What a statement does, as far as telling loops needs to know."""

    READ = "read"
    CHANGE = "change"  # UPDATE and DELETE
    INSERT = "insert"
    DECLARE = "declare"
    FETCH = "fetch"
    PREPARE = "prepare"
    EXECUTE = "execute"
    BEGIN = "begin"
    SAVEPOINT = "savepoint"
    RELEASE = "release"
    ROLLBACK_TO = "rollback to"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A column (and the table it belongs to, "" where the text does not tell) compared for equality with values.

    `parameters` are numbers of $n; `constants` are the values written in the text; `array` where one parameter or
    constant is an array of values.
    """

    table: str
    column: str
    parameters: tuple[int, ...] = ()
    constants: tuple[str, ...] = ()
    array: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A statement without its values. `text` is one line with $n in place of constants; `name` is that of the cursor,
    prepared statement or savepoint that it speaks of. EXECUTE hands over `arguments`; what PREPARE will do when it is
    run is told by `verb_when_run`."""

    fingerprint: str
    text: str
    verb: Verb
    lookups: tuple[Lookup, ...] = ()
    name: str = ""
    arguments: tuple[str, ...] = ()
    verb_when_run: Verb | None = None


_VERBS = {
    "select_stmt": Verb.READ,
    "update_stmt": Verb.CHANGE,
    "delete_stmt": Verb.CHANGE,
    "insert_stmt": Verb.INSERT,
    "declare_cursor_stmt": Verb.DECLARE,
    "fetch_stmt": Verb.FETCH,
    "prepare_stmt": Verb.PREPARE,
    "execute_stmt": Verb.EXECUTE,
}
_TRANSACTIONS = {
    "TRANS_STMT_BEGIN": Verb.BEGIN,
    "TRANS_STMT_START": Verb.BEGIN,
    "TRANS_STMT_SAVEPOINT": Verb.SAVEPOINT,
    "TRANS_STMT_RELEASE": Verb.RELEASE,
    "TRANS_STMT_ROLLBACK_TO": Verb.ROLLBACK_TO,
}
# Where the tree has the name that a statement speaks of.
_NAMES = {
    Verb.DECLARE: "portalname",
    Verb.FETCH: "portalname",
    Verb.PREPARE: "name",
    Verb.EXECUTE: "name",
    Verb.SAVEPOINT: "savepoint_name",
    Verb.RELEASE: "savepoint_name",
    Verb.ROLLBACK_TO: "savepoint_name",
}
_LONGEST = 100_000  # characters; what is longer is generated, and not looked at


@lru_cache(maxsize=8192)
def shape_of(text: str) -> tuple[Shape, ...]:
    """The shape of each statement of a text, in order; () for what the grammar refuses, or what is very long."""
    if len(text) > _LONGEST:
        return ()
    postgast: Any = importlib.import_module("postgast")
    try:
        roots = list(parse(text).stmts)
        if len(roots) == 1:
            return (_shape(roots[0].stmt, text, postgast),)
        raw = text.encode()
        parts = [
            raw[root.stmt_location : root.stmt_location + root.stmt_len if root.stmt_len else None].decode()
            for root in roots
        ]
        return tuple(_shape(root.stmt, part, postgast) for root, part in zip(roots, parts, strict=True))
    except (syntax_error(), UnicodeError, ValueError, RecursionError):
        return ()


def _shape(tree: Tree, text: str, postgast: Any) -> Shape:
    form = tree.WhichOneof("node") or ""
    inner = getattr(tree, form) if form else tree
    verb = _VERBS.get(form, Verb.OTHER)
    if form == "transaction_stmt":
        verb = _TRANSACTIONS.get(enum_name(inner, "kind"), Verb.OTHER)
    run = _VERBS.get(inner.query.WhichOneof("node") or "", Verb.OTHER) if verb is Verb.PREPARE else None
    looks = (run or verb) in (Verb.READ, Verb.CHANGE)
    return Shape(
        fingerprint=postgast.fingerprint(text).hex,
        text=" ".join(postgast.normalize(text).split()),
        verb=verb,
        lookups=tuple(_lookups(tree)) if looks else (),
        name=getattr(inner, _NAMES[verb]) if verb in _NAMES else "",
        arguments=tuple(_argument(one) for one in inner.params) if verb is Verb.EXECUTE else (),
        verb_when_run=run,
    )


def _lookups(tree: Tree) -> Iterator[Lookup]:
    nodes = list(_nodes(tree))
    tables = [node for kind, node in nodes if kind == "RangeVar"]
    names = {(one.alias.aliasname or one.relname): one.relname for one in tables}
    for kind, node in nodes:
        if kind == "A_Expr" and [part.string.sval for part in node.name] == ["="]:
            for left, right in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
                yield from _compared(left, right, enum_name(node, "kind"), names)


def _compared(left: Tree, right: Tree, kind: str, names: dict[str, str]) -> Iterator[Lookup]:
    """The lookups of `left = right` with the columns on the left."""
    columns = left.row_expr.args if left.WhichOneof("node") == "row_expr" else [left]
    if len(columns) > 1:
        rows = list(right.list.items) if kind == "AEXPR_IN" else [right]
        if not all(row.WhichOneof("node") == "row_expr" and len(row.row_expr.args) == len(columns) for row in rows):
            return
        for at, column in enumerate(columns):
            found = _lookup(column, [row.row_expr.args[at] for row in rows], False, names)
            if found is not None:
                yield found
        return
    values = list(right.list.items) if kind == "AEXPR_IN" else [right]
    found = _lookup(left, values, kind == "AEXPR_OP_ANY", names)
    if found is not None:
        yield found


def _lookup(side: Tree, values: list[Tree], array: bool, names: dict[str, str]) -> Lookup | None:
    column = next((node for kind, node in _nodes(side) if kind == "ColumnRef"), None)
    if column is None or any(kind in ("ParamRef", "SubLink") for kind, _ in _nodes(side)):
        return None
    parameters: list[int] = []
    constants: list[str] = []
    for value in values:
        for kind, node in _nodes(value):
            if kind in ("ColumnRef", "SubLink"):
                return None
            if kind == "ParamRef":
                parameters.append(node.number)
            elif kind == "A_Const" and (written := _written(node)) is not None:
                constants.append(written)
            elif kind == "A_ArrayExpr":
                array = False  # its elements are told one by one
    if not parameters and not constants:
        return None
    path = [part.string.sval for part in column.fields if part.WhichOneof("node") == "string"]
    table = names.get(path[-2], path[-2]) if len(path) > 1 else next(iter(names.values())) if len(names) == 1 else ""
    return Lookup(
        table=table,
        column=path[-1] if path else "",
        parameters=tuple(parameters),
        constants=tuple(constants),
        array=array,
    )


def _argument(tree: Tree) -> str:
    """The constant that EXECUTE hands over, "" where it is something else."""
    return next((_written(node) or "" for kind, node in _nodes(tree) if kind == "A_Const"), "")


def _written(constant: Tree) -> str | None:
    which = constant.WhichOneof("val")
    if which == "ival":
        return str(constant.ival.ival)
    if which == "fval":
        return str(constant.fval.fval)
    return str(constant.sval.sval) if which == "sval" else None


def _nodes(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """Every message of a tree with its type's name, a node before what it holds; types' names are not entered."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        name = node.DESCRIPTOR.name
        if name == "TypeName":
            continue
        if name not in ("Node", "List"):
            yield name, node
        inner: list[Tree] = []
        for field, value in node.ListFields():
            if field.message_type is not None:
                inner.extend([value] if hasattr(value, "DESCRIPTOR") else value)
        waiting.extend(reversed(inner))
