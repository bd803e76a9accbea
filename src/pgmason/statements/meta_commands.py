"""Is a schema the same without this line for psql?

What each meta-command does is in the PostgreSQL manual, psql, Meta-Commands; one that is not in a table here is not
harmless. Left to others: finding them (lexer.py).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from pgmason.statements.places import places
from pgmason.statements.script import MetaCommand, Statement

# They end the statement before them, as a semicolon does, wherever in a line of meta-commands they stand.
SENDS = re.compile(r"\\(?:;|(?:g|gx|gset|gexec|gdesc|crosstabview|watch|parse|sendpipeline)(?![A-Za-z_]))")
COPIES_LINES = re.compile(r"\\copy\s.*\sfrom\s+p?stdin\b", re.IGNORECASE)
_COMMAND = re.compile(r"\\([^\s\\]*)\s*(.*)", re.DOTALL)
_QUOTED_ARGUMENT = re.compile(r"""'(?:[^'\\]|\\.)*'|"[^"]*\"""")

# All that start with "d" print too: they describe.
_PRINTING = frozenset({
    "?", "C", "H", "T", "a", "conninfo", "copyright", "echo", "encoding", "errverbose", "f", "h", "help", "l",
    "list", "p", "print", "pset", "qecho", "sf", "sv", "t", "timing", "warn", "x", "z"
})  # fmt: skip
_GUARDS = frozenset({"restrict", "unrestrict"})  # pg_dump writes them around a dump
_ACTING_VARIABLES = frozenset({"AUTOCOMMIT", "ON_ERROR_ROLLBACK", "SINGLELINE", "SINGLESTEP"})
_QUIET_VARIABLES = frozenset({
    "COMP_KEYWORD_CASE", "ECHO", "ECHO_HIDDEN", "FETCH_COUNT", "HIDE_TABLEAM", "HIDE_TOAST_COMPRESSION",
    "HISTCONTROL", "HISTFILE", "HISTSIZE", "IGNOREEOF", "ON_ERROR_STOP", "PROMPT1", "PROMPT2", "PROMPT3", "QUIET",
    "SHOW_ALL_RESULTS", "SHOW_CONTEXT", "VERBOSITY"
})  # fmt: skip


def judged(text: str, metas: Sequence[tuple[int, str]], statements: Sequence[Statement]) -> Iterator[MetaCommand]:
    """The meta-commands; one inside a statement is never harmless, for that statement's text holds it."""
    starts = [statement.offset for statement in statements]
    for (offset, meta), (line, _) in zip(metas, places(text, [offset for offset, _ in metas]), strict=True):
        at = bisect_left(starts, offset)
        inside = at > 0 and offset < starts[at - 1] + len(statements[at - 1].text)
        yield MetaCommand(text=meta, line=line, harmless=not inside and _harmless(meta, closing=at == len(starts)))


def _harmless(meta: str, *, closing: bool) -> bool:
    """Whether the schema is the same without this line; `closing`: no statement follows it."""
    command = _COMMAND.match(meta)
    name, rest = command.groups() if command else ("", "")
    bare = _QUOTED_ARGUMENT.sub("", rest)
    if any(sign in bare for sign in "\\`'\""):  # a second command, a shell command, a quote that does not close
        return False
    argument = (rest.split() or [""])[0]
    match name:
        case "g":
            return not rest
        case "q" | "quit":
            return closing
        case "set":
            return not rest or argument in _QUIET_VARIABLES
        case "unset":
            return argument not in _ACTING_VARIABLES
        case "encoding" if rest:
            return argument.strip("'\"").lower().replace("-", "") in ("utf8", "unicode")
        case _:
            return name in _PRINTING or name in _GUARDS or name.startswith("d")
