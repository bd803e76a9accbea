"""When are the defaults of two columns the same to Prisma?

PostgreSQL keeps a default as it was written: `'{}'::text[]` and `ARRAY[]::text[]`, `now()` and CURRENT_TIMESTAMP,
`1.50` and `1.5` differ there. Prisma reads the constant and compares that. `meaning_of` gives a value that is equal
where the constants are; what is no constant is compared by its words.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from pgmason.catalog.kinds.column import Column

__all__ = ["meaning_of"]

_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision", "oid", "money")
_NOW = frozenset({"now", "CURRENT_TIMESTAMP"})  # one and the same to Prisma, and to PostgreSQL (manual, 9.9.5)


def meaning_of(column: Column) -> Any:
    """What a column holds when a row says nothing of it, comparable; None where that is null."""
    if column.identity is not None:
        return "autoincrement()"
    text = column.expression if column.generated is not None else column.default
    if text is None:
        return None
    if text.startswith("nextval("):
        return "autoincrement()"
    from pgmason.statements.expressions import Call, Constant, Constants, read_expression

    match read_expression(text):
        case Call(name, 0) if name in _NOW:
            return "now()"
        case Constant(value):
            return _constant(value, column.type)
        case Constants(items):
            element = column.type.removesuffix("[]")
            return ("list", tuple(_constant(item.text, element) for item in items))
        case _:
            return text


def _constant(text: str | None, type: str) -> Any:
    if text is None:
        return None
    if type.endswith("[]"):
        items = _array(text)
        return ("list", tuple(_constant(item, type[:-2]) for item in items)) if items is not None else text
    if type in ("json", "jsonb"):
        try:
            return ("json", json.dumps(json.loads(text), sort_keys=True))
        except ValueError:
            return text
    if type.startswith(_NUMBERS):
        try:
            return ("number", Decimal(text))
        except InvalidOperation:
            return text
    if type == "boolean":
        return text.strip().lower() in ("t", "true", "y", "yes", "on", "1")
    return ("text", text)


def _array(text: str) -> list[str | None] | None:
    """The items of an array in PostgreSQL's own form, `{a,"b c",NULL}`; None where it is of more dimensions."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    items: list[str | None] = []
    current: list[str] = []
    quoted = was_quoted = False
    inner = iter(text[1:-1])
    for sign in inner:
        if sign == "\\":
            current.append(next(inner, ""))
            was_quoted = True
        elif sign == '"':
            quoted, was_quoted = not quoted, True
        elif sign == "," and not quoted:
            items.append(_item(current, was_quoted))
            current, was_quoted = [], False
        elif sign == "{" and not quoted:
            return None
        else:
            current.append(sign)
    if current or was_quoted or items:
        items.append(_item(current, was_quoted))
    return items


def _item(signs: list[str], was_quoted: bool) -> str | None:
    text = "".join(signs)
    if was_quoted:
        return text
    text = text.strip()
    return None if text.upper() == "NULL" else text
