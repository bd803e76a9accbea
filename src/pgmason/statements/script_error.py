"""What is told of a SQL text that cannot be read: what is wrong with it, and on which line?

Left to others: finding it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pgmason.errors import NextCommand, PgmasonError
from pgmason.statements.places import BYTE_ORDER_MARK, end_of_line, places


class ScriptError(PgmasonError):
    """A SQL text that cannot be read; `near` is the faulty line, `offset` counts characters of the script from 0."""

    code = "unreadable-script"
    exit_code = 1

    def __init__(
        self,
        *,
        message: str,
        line: int,
        column: int,
        offset: int,
        near: str,
        file: str | None = None,
        fix: str | None = None,
        next: Sequence[NextCommand] = (),
    ) -> None:
        self.message = message
        self.line = line
        self.column = column
        self.offset = offset
        self.near = near
        self.file = file
        shown = near.strip()
        if len(shown) > _SHOWN:  # one line may be a whole minified script
            left = max(0, column - 1 - _SHOWN // 2)
            shown = f"...{near[left : left + _SHOWN].strip()}..."
        where = f"{file}:{line}:{column}" if file else f"line {line}, column {column}"
        super().__init__(f"{message}\n  near: {shown}" if shown else message, where=where, fix=fix, next=next)

    def as_json(self) -> dict[str, Any]:
        answer = super().as_json()
        answer["error"].update(
            message=self.message,
            file=self.file,
            line=self.line,
            column=self.column,
            offset=self.offset,
            near=self.near,
        )
        return answer


_SHOWN = 200  # characters of a faulty line in a message


def error_at(text: str, offset: int, message: str, file: str | None, *, fix: str | None = None) -> ScriptError:
    """The error to raise for what stands at `offset`, in characters of `text`; `file` is only told."""
    ((line, column),) = places(text, [offset])
    start = text.rfind("\n", 0, offset) + 1
    near = text[start : end_of_line(text, offset)].removeprefix(BYTE_ORDER_MARK).removesuffix("\r")
    return ScriptError(message=message, line=line, column=column, offset=offset, near=near, file=file, fix=fix)
