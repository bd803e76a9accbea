"""What does PostgreSQL's grammar make of a SQL text? The one file that calls libpg_query, through `postgast`.

A tree deeper than libpg_query's stack or protobuf's limit is parsed with more of both, or refused with its place;
the process lives on. Left to others: what only psql understands, which is covered before the text comes here
(lexer.py); what a tree says.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from typing import Any

from pgmason.statements.depth import ALWAYS_SHALLOW, MOST_LINKS, STACK_PER_LINK_BYTES, links_in
from pgmason.statements.script_error import error_at
from pgmason.statements.tree import Tree, enum_name

_TOO_DEEP = "a statement is nested too deeply to be parsed"
_SHALLOWER = "split it, or set brackets into the long chain of operators"
_stack_size = threading.Lock()  # threading.stack_size() is one setting for the whole process


def parsed(text: str, sql: str, large: Sequence[tuple[int, int]], file: str | None) -> list[tuple[Tree, int, int]]:
    """Each statement's node with its start and end in bytes of `sql`.

    `sql` is `text` with blanks over what is not SQL: as many characters, each at its old offset. `large` has start and
    end of each statement that may hold a deep tree. Raises ScriptError where the grammar refuses the text.
    """
    links, deepest = max(((links_in(sql[start:stop]), start) for start, stop in large), default=(0, 0))
    if links > MOST_LINKS:
        raise error_at(text, deepest, _TOO_DEEP, file, fix=_SHALLOWER)
    try:
        tree = parse(sql) if links <= ALWAYS_SHALLOW else _parse_on_a_stack_of(links, sql)
    except _postgast().PgQueryError as exc:
        offset = min(max(exc.cursorpos - 1, 0), len(text.rstrip()))  # cursorpos counts characters, whatever it says
        variable = text[offset : offset + 1] == ":"
        fix = "write the value: psql's :variables are not filled in here" if variable else None
        raise error_at(text, offset, exc.message, file, fix=fix) from exc
    except UnicodeEncodeError as exc:
        raise error_at(text, exc.start, "a character that is not text", file, fix="save it as UTF-8") from exc
    except _decode_error() as exc:  # protobuf unpacks 65,535 messages deep at most
        raise error_at(text, deepest, _TOO_DEEP, file, fix=_SHALLOWER) from exc
    size = -1
    roots: list[tuple[Tree, int, int]] = []
    for root in tree.stmts:
        if not root.stmt_len and size < 0:  # 0: up to the end of the text
            size = len(sql.encode())
        stop = root.stmt_location + root.stmt_len if root.stmt_len else size
        roots.append((root.stmt, root.stmt_location, stop))
    return roots


def parse(sql: str) -> Tree:
    """`postgast.parse`, also for a tree deeper than the 100 messages that protobuf unpacks unless told otherwise."""
    try:
        return _postgast().parse(sql)
    except _decode_error():
        allow_deep = getattr(importlib.import_module("google._upb._message"), "SetAllowOversizeProtos", None)
        if not allow_deep:
            raise
        allow_deep(True)
        try:
            return _postgast().parse(sql)
        finally:
            allow_deep(False)


def deparsed(root: Tree) -> str:
    """The text of a parsed tree, as libpg_query writes it."""
    return str(_postgast().deparse(root))


def tokens(sql: str) -> list[tuple[str, int]]:
    """Each token's name, as the grammar calls it, with where it ends in bytes; comments are among them."""
    return [(enum_name(token, "token"), token.end) for token in _postgast().scan(sql).tokens]


def _parse_on_a_stack_of(links: int, sql: str) -> Tree:
    from concurrent.futures import ThreadPoolExecutor  # 10 ms, and hardly ever needed

    with ThreadPoolExecutor(max_workers=1) as thread:
        with _stack_size:
            usual = threading.stack_size(max(links * STACK_PER_LINK_BYTES, 8 << 20))
            try:
                parsing = thread.submit(parse, sql)
            finally:
                threading.stack_size(usual)
        return parsing.result()


def _postgast() -> Any:
    """postgast, on first need: 60 ms. By name, since mypy stops at a syntax error in its stub file."""
    return importlib.import_module("postgast")


def syntax_error() -> type[Exception]:
    """The class of what `parse` raises where the grammar refuses the text."""
    error: type[Exception] = _postgast().PgQueryError
    return error


def _decode_error() -> type[Exception]:
    error: type[Exception] = importlib.import_module("google.protobuf.message").DecodeError
    return error
