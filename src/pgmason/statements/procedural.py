"""What can be told of code inside a string, without its own grammar: the body of a DO, its words, what it catches.

PL/pgSQL is cut into words by the landmarks of SQL, which it shares. Strings inside it are read, too, because
EXECUTE runs them; what is put together at run time is not seen.
"""

from __future__ import annotations

import re

from pgmason.statements.landmarks import next_landmark
from pgmason.statements.script import Statement

_WORD = re.compile(r"[^\W\d][\w$]*")
_ALL = re.compile(r"(?:\bselect\s+(?:distinct\s+)?|,\s*|\.\s*)\*", re.IGNORECASE)
_CATCHES = re.compile(r"\bexception\s+when\b", re.IGNORECASE)


def anonymous_body(statement: Statement) -> str | None:
    """The code of a DO, as written between its quotes; None for every other statement."""
    if statement.form != "do_stmt":
        return None
    for option in statement.tree.args:
        if option.def_elem.defname == "as":
            return str(option.def_elem.arg.string.sval)
    return ""


def catches_errors(body: str) -> bool:
    """Whether a body of PL/pgSQL has a block with EXCEPTION WHEN, in itself or in a string that it may execute.

    Such a block is a subtransaction: what it locked is given back, unseen, when it fails.
    """
    return _says(body, _CATCHES)


def takes_all_columns(body: str) -> bool:
    """Whether the body of a function asks for `*` or `t.*`, in itself or in a string; count(*) is no such thing."""
    return _says(body, _ALL)


def _says(body: str, words: re.Pattern[str]) -> bool:
    """Whether the words stand in a body, comments left out, or in a string in it."""
    plain: list[str] = []
    mark = 0
    while True:
        sign, start, end = next_landmark(body, mark)
        plain.append(body[mark:start])
        if sign in ("'", "$") and _says(_unquoted(body[start:end]), words):
            return True
        plain.append(" " if sign in ("-", "/") else ";")
        mark = end
        if not sign:
            break
    return words.search("".join(plain)) is not None


def names_in_body(body: str) -> frozenset[str]:
    """Every word that may name something in the body of a function, comments left out; in lower case unless quoted.

    Words of strings are among them, since EXECUTE runs them; and so are keywords, variables and words of messages.
    """
    found: set[str] = set()
    mark = 0
    while True:
        sign, start, end = next_landmark(body, mark)
        found |= {word.lower() for word in _WORD.findall(body[mark:start])}
        if sign in ("'", "$"):
            found |= names_in_body(_unquoted(body[start:end]))
        elif sign == '"':
            found.add(body[start + 1 : end - 1].replace('""', '"'))
        mark = end
        if not sign:
            return frozenset(found)


def _unquoted(string: str) -> str:
    if string.startswith("$"):
        tag = string[: string.index("$", 1) + 1]
        return string[len(tag) : len(string) - len(tag)]
    return string[1:-1].replace("''", "'")
