"""What does a piece of SQL with holes in it begin to do? Text out of application code, before its values are known.

No grammar fits such a piece, so it is only cut into words: quoted texts, quoted names and comments are left out. What
a whole statement does is `script.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

__all__ = ["HOLE", "is_sql", "reads_rows", "relations_in", "verb_of", "words_of", "writes_rows"]

# Stands in a text where something is put in that nobody knows.
HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"

_WRITES = frozenset({"insert", "update", "delete", "merge", "truncate"})
# a word that opens a statement, and the words of which one follows it; none where it can stand alone
_OPENINGS: dict[str, frozenset[str]] = {
    "select": frozenset(),
    "insert": frozenset({"into"}),
    "update": frozenset({"set"}),
    "delete": frozenset({"from"}),
    "merge": frozenset({"into"}),
    "with": frozenset({"as"}),
    "truncate": frozenset(),
    "create": frozenset(
        {"table", "index", "view", "schema", "database", "role", "user", "function", "type", "extension", "unique"}
    ),
    "alter": frozenset({"table", "index", "view", "schema", "database", "role", "user", "type", "sequence", "system"}),
    "drop": frozenset({"table", "index", "view", "schema", "database", "role", "user", "function", "type"}),
    "copy": frozenset({"from", "to"}),
    "grant": frozenset({"on", "to"}),
    "revoke": frozenset({"from"}),
    "set": frozenset({"local", "session", "role", "search_path"}),
    "refresh": frozenset({"materialized"}),
    "lock": frozenset({"table"}),
    "notify": frozenset(),
    "listen": frozenset(),
    "explain": frozenset(),
    "call": frozenset(),
}


def words_of(text: str) -> Iterator[str]:
    """The words of a piece of SQL in small letters, without quoted texts, quoted names and comments."""
    return (token for token, plain in _tokens(text) if plain and (token[0].isalpha() or token[0] == "_"))


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """(what stands there, whether it is not quoted): words in small letters, quoted names, single signs."""
    at, end = 0, len(text)
    while at < end:
        char = text[at]
        if text.startswith("--", at):
            at = _after(text, "\n", at)
        elif text.startswith("/*", at):
            at = _after(text, "*/", at + 2)
        elif char in "'\"":
            start, at = at + 1, _after(text, char, at + 1)
            if char == '"':
                yield text[start : at - 1], False
        elif char.isalpha() or char == "_":
            start = at
            while at < end and (text[at].isalnum() or text[at] in "_$"):
                at += 1
            yield text[start:at].lower(), True
        else:
            if not char.isspace():
                yield char, True
            at += 1


def relations_in(text: str) -> frozenset[str]:
    """The relations that a piece of SQL names after FROM, JOIN, INTO and UPDATE, without their schemas, and without
    the names that it gives to queries of its own. A hole stands for one that nobody knows, "()" for a function."""
    tokens = [*_tokens(text), ("", True), ("", True), ("", True)]
    found, own = set(), set()
    for at, (token, plain) in enumerate(tokens[:-3]):
        if tokens[at + 1 : at + 3] == [("as", True), ("(", True)]:
            own.add(token)
        if not plain or token not in ("from", "join", "into", "update"):
            continue
        here = at + 1
        while tokens[here] in (("only", True), ("lateral", True)):
            here += 1
        while tokens[here + 1] == (".", True) and here + 2 < len(tokens) - 1:
            here += 2
        name, unquoted = tokens[here]
        if unquoted and name in ("", "(", "set", "select", "of", "skip", "nowait"):
            continue
        if tokens[here + 1] == ("(", True) and token in ("from", "join"):
            found.add("()")
        elif not (unquoted and not (name[0].isalpha() or name[0] in ("_", HOLE))):
            found.add(name)
    return frozenset(found - own)


def _after(text: str, mark: str, start: int) -> int:
    found = text.find(mark, start)
    return len(text) if found < 0 else found + len(mark)


def verb_of(text: str) -> str:
    """The first word, "" where there is none or a hole comes first."""
    if text.lstrip(" \t\r\n(").startswith(HOLE):
        return ""
    return next(words_of(text), "")


def is_sql(text: str) -> bool:
    """Whether a text begins as a statement does, and not as a sentence that has its first word."""
    words = list(words_of(text))
    if not words or not text.lstrip(" \t\r\n(").lower().startswith((words[0], "--", "/*")):
        return False
    following = _OPENINGS.get(words[0])
    if following is None:
        return False
    return not following or bool(following & set(words[1:])) or (HOLE in text and len(words) == 1)


def writes_rows(text: str) -> bool:
    """Whether the statement changes rows of a table, as far as it is known."""
    words = list(words_of(text))
    if not words:
        return False
    if words[0] in ("with", "explain"):
        return any(
            (word in _WRITES and following in ("into", "from", "only", "set")) or word in ("insert", "merge")
            for word, following in pairwise(words)
        ) or ("update" in words and "set" in words)
    return words[0] in _WRITES


def reads_rows(text: str) -> bool:
    """Whether the statement reads rows of a relation: SELECT 1 and a call of a function alone do not."""
    words = list(words_of(text))
    return bool(words) and words[0] in ("select", "with", "table") and ("from" in words or words[0] == "table")
