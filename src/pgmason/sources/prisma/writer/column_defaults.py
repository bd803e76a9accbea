"""How does schema.prisma say a column's default, as pg_get_expr prints it?

A literal of the language, `now()`, or the expression itself in `dbgenerated("...")`, which PostgreSQL
makes again as it was. Pure but for the parser of SQL.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping

from pgmason.sources.prisma.writer.column_types import ColumnType, text_literal
from pgmason.statements.expressions import Call, Constant, Constants, array_items, read_expression, without_schema

__all__ = ["default_inner"]

_INTEGER = re.compile(r"-?\d+\Z")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?\Z")


def default_inner(expression: str, type_: ColumnType, values: Mapping[str, str], schema: str) -> str:
    """What stands in the brackets of `@default`. `values` are an enum's names by label; `schema` is in the path."""
    said = read_expression(expression)
    inner: str | None = None
    match said:
        case Call(name="CURRENT_TIMESTAMP" | "now", arguments=0) if type_.scalar == "DateTime" and not type_.is_list:
            inner = "now()"
        case Constants() if type_.is_list:
            inner = _list(said, type_, values)
        case Constant(text=str() as text) if type_.is_list:
            items = array_items(text)
            inner = _list(Constants(items), type_, values) if items is not None else None
        case Constant() if not type_.is_list:
            inner = _literal(said, type_, values)
    return inner if inner is not None else f"dbgenerated({text_literal(without_schema(expression, schema))})"


def _list(constants: Constants, type_: ColumnType, values: Mapping[str, str]) -> str | None:
    if not type_.supported:
        return None
    items = [_literal(item, type_, values) for item in constants.items]
    return f"[{', '.join(item for item in items if item is not None)}]" if None not in items else None


def _literal(constant: Constant, type_: ColumnType, values: Mapping[str, str]) -> str | None:
    text = constant.text
    if text is None or not type_.supported:
        return None
    match type_.scalar:
        case "":
            return values.get(text)
        case "Int" | "BigInt":
            return text if _INTEGER.match(text) else None
        case "Float" | "Decimal":
            return text if _DECIMAL.match(text) else None
        case "Boolean":
            return text if text in ("true", "false") else None
        case "String" | "Json":
            return None if constant.number else text_literal(text)
        case "Bytes":
            return _bytes(text)
        case _:
            return None


def _bytes(text: str) -> str | None:
    if not text.startswith("\\x"):
        return None
    try:
        return text_literal(b64encode(bytes.fromhex(text[2:])).decode("ascii"))
    except ValueError:
        return None
