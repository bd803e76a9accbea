r"""Which statements are in this SQL text, where do they stand, and of what form is each?

This is the one place where SQL text is cut up. Two readers work one after the other:

1. A lexer of ours knows what hides a semicolon or a backslash (quotes, dollar quotes, comments) and nothing else of
   SQL. It finds what only psql understands, `\restrict` and its kind and the rows behind `COPY ... FROM stdin;`, and
   covers it with blanks, so that no offset moves.
2. libpg_query (PostgreSQL 18's own grammar, by way of `postgast`) parses what is left, once per script.

    Script                        what `read_script` gives
      Statement                     text as written, place, form, tree
      MetaCommand                   a line for psql, and whether a schema is the same without it

Questions to a tree that more than one room asks are answered here too, so that no other module needs to know how a
tree is built: `needs_own_transaction`, `transaction_control`, `roles_named`, `extensions_created`, `objects_named`.

Left to others: executing anything; what a statement does (effects/), whether it is wise (rules/), reading files.

What it cannot see: SQL inside strings (DO blocks, function bodies, EXECUTE); psql's `:variables` (a syntax error here);
grammar that PostgreSQL 18 does not know; text that relies on standard_conforming_strings = off; a comment between the
parts of a string that goes on over lines (libpg_query refuses it). psql may go on with SQL after a second backslash of
a line; here a meta-command is the whole rest of its line, and then not harmless.
"""

from __future__ import annotations

import importlib
import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from pgmason.errors import NextCommand, PgmasonError

__all__ = [
    "MetaCommand",
    "NamedKind",
    "NamedObject",
    "Script",
    "ScriptError",
    "Statement",
    "Tree",
    "extensions_created",
    "needs_own_transaction",
    "objects_named",
    "read_script",
    "roles_named",
    "transaction_control",
]

Tree: TypeAlias = Any  # a protobuf message; postgast's stub file is not valid Python, so no checker can read its types

NamedKind = Literal[
    "table", "column", "constraint", "index", "view", "materialized view", "sequence", "enum", "schema", "extension"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, and where the script has it.

    `text` is exactly `script[offset : offset + len(text)]`: from its first word to its last, so without the semicolon
    and without the comments around it. `form` is libpg_query's name of the node (`create_stmt`, `alter_table_stmt`,
    `index_stmt`), `tree` that node. `copy_data` holds the lines for `COPY ... FROM stdin`, each with its line end,
    without the closing `\\.`; None for everything else.
    """

    text: str
    offset: int  # in characters, from 0
    line: int  # from 1
    column: int  # in characters, from 1
    form: str
    tree: Tree = field(compare=False, repr=False)
    copy_data: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaCommand:
    """A line for psql, from its backslash to the end of the line; `harmless` if the schema is the same without it."""

    text: str
    line: int
    harmless: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A SQL text, cut up: statements and meta-commands, each in the order of the text."""

    statements: tuple[Statement, ...]
    meta_commands: tuple[MetaCommand, ...]

    @property
    def refused(self) -> tuple[MetaCommand, ...]:
        """The meta-commands without which the script would mean something else; an unknown one is among them."""
        return tuple(command for command in self.meta_commands if not command.harmless)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedObject:
    """An object that a statement names: paths as in `names.ObjectId`, with "" for a schema that is not said.

    (schema, name) for relations and enums, (schema, table, name) for columns and constraints, (name,) for schemas
    and extensions.
    """

    kind: NamedKind
    path: tuple[str, ...]


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


def read_script(text: str, *, file: str | None = None) -> Script:
    """Cut a SQL text into its statements and meta-commands; `file` is only told in errors.

    Raises ScriptError where PostgreSQL's grammar refuses the text, where a quote, comment or COPY block does not end,
    and for a NUL or a lone surrogate. A byte order mark at the start is skipped. Time and memory grow with the length
    of the text; about 30 µs for a statement of a migration.
    """
    if (nul := text.find("\0")) >= 0:
        raise _error(text, nul, "a NUL character, which text in PostgreSQL cannot hold", file, fix="save it as UTF-8")
    layout = _laid_out(text, file)
    roots = _parsed(text, layout, file)
    bounds = _in_characters(layout.sql, [bound for _, start, stop in roots for bound in (start, stop)])
    starts = bounds[::2]
    statements: list[Statement] = []
    for (node, _, _), start, stop, (line, column) in zip(
        roots, starts, bounds[1::2], _places(text, starts), strict=True
    ):
        form: str = node.WhichOneof("node")
        statements.append(
            Statement(
                text=text[start : layout.last_word.get(stop, stop)],
                offset=start,
                line=line,
                column=column,
                form=form,
                tree=getattr(node, form),
                copy_data=layout.copies.get(start),
            )
        )
    return Script(statements=tuple(statements), meta_commands=tuple(_judged(text, layout.metas, statements)))


# What only psql understands, found and covered.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    sql: str  # the text with blanks over what is not SQL: as many characters, each at its old offset
    last_word: Mapping[int, int]  # offset of a terminator, or of the end -> where the last word before it ends
    copies: Mapping[int, str]  # offset of a COPY statement -> its data lines
    metas: Sequence[tuple[int, str]]  # offset and text
    large: Sequence[tuple[int, int]]  # start and end of each statement that may hold a deep tree


# Each branch starts with a literal, so that `re` leaps from landmark to landmark.
_LANDMARK = re.compile(r"""'[^']*'|"[^"]*"|;|\$|--[^\n\r]*|/\*|\\|'|\"""")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_DOLLAR_QUOTE = re.compile(r"\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$")
# A string of E'...' goes on, escapes and all, in a quote after white space with a line end.
# (PostgreSQL manual, 4.1.2.1 String Constants)
_ESCAPE_BODY = r"[^'\\]*(?:(?:\\.|'')[^'\\]*)*'"
_CONTINUED = r"(?:[ \t\f\v]|--[^\n\r]*(?=[\n\r]))*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'"
_ESCAPE_STRING = re.compile(rf"'{_ESCAPE_BODY}(?:{_CONTINUED}{_ESCAPE_BODY})*", re.DOTALL)
_BLANK = " \t\n\r\f\v"  # PostgreSQL's white space; to str.strip() U+00A0 is blank too, to PostgreSQL it is a letter
_BYTE_ORDER_MARK = "\ufeff"


def _laid_out(text: str, file: str | None) -> _Layout:
    covers: list[tuple[int, int, str]] = []  # from, to, and the first character that the grammar sees there
    last_word: dict[int, int] = {}
    copies: dict[int, str] = {}
    metas: list[tuple[int, str]] = []
    large: list[tuple[int, int]] = []

    end = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    covers.append((0, end, " "))
    first, last, hidden = -1, end, 0  # of the statement at hand: first word (-1: none yet), end of its last, quoted
    while True:
        mark = end
        sign, start, end = _next_landmark(text, mark)
        plain = text[mark:start]
        if words := plain.strip(_BLANK):
            at = mark + plain.index(words)
            first, last = at if first < 0 else first, at + len(words)

        match sign:
            case "'" | '"' | "$":
                first, last = start if first < 0 else first, end
                hidden += end - start
            case "-" | "/":
                hidden += end - start if first >= 0 else 0
            case _:
                ends = True
                if sign == "\\":
                    end = _end_of_line(text, start)
                    meta = text[start:end].rstrip()
                    ends = _SENDS.search(meta) is not None
                    metas.append((start, meta))
                    covers.append((start, end, ";" if ends else " "))
                    if _COPIES_LINES.match(meta):
                        data_from, _, end = _copy_block(text, end, file)
                        covers.append((data_from, end, " "))
                if ends:
                    last_word[start] = last
                    if first >= 0 and start - first - hidden > _ALWAYS_SHALLOW:
                        large.append((first, last))
                    if first >= 0 and sign and _reads_stdin(text[first:last]):
                        data_from, data_to, end = _copy_block(text, end, file)
                        copies[first] = text[data_from:data_to]
                        covers.append((data_from, end, " "))
                    first, last, hidden = -1, end, 0
                if not sign:
                    break

    return _Layout(sql=_covered(text, covers), last_word=last_word, copies=copies, metas=metas, large=large)


def _next_landmark(text: str, mark: int) -> tuple[str, int, int]:
    """The next quote or comment (whole), semicolon or backslash after `mark`: its first character, start and end.

    At the end of the text the first character is "", and so it is for a quote or comment that does not close: then it
    is the grammar that will say so. `mark` is where the last landmark ended; no word goes on across it.
    """
    pos, start = mark, len(text)
    while landmark := _LANDMARK.search(text, pos):
        start, end = landmark.span()
        sign = text[start]
        if sign == "'" and start > mark and text[start - 1] in "eE" and not _in_word(text, mark, start - 1):
            string = _ESCAPE_STRING.match(text, start)
            if not string:
                break
            end = string.end()
        elif sign == "$":
            quote = _DOLLAR_QUOTE.match(text, start)
            if not quote or _in_word(text, mark, start):
                pos, start = start + 1, len(text)
                continue
            close = text.find(quote[0], quote.end())
            if close < 0:
                break
            end = close + len(quote[0])
        elif sign == "/":
            depth = 1  # comments nest (PostgreSQL manual, 4.1.5 Comments)
            while depth and (edge := _COMMENT_EDGE.search(text, end)):
                depth += 1 if edge[0] == "/*" else -1
                end = edge.end()
            if depth:
                break
        elif (sign == "'" or sign == '"') and end == start + 1:
            break
        return sign, start, end
    return "", start, len(text)


def _in_word(text: str, mark: int, offset: int) -> bool:
    """Whether the character at `offset` goes on with an identifier that starts after `mark`."""
    before = text[offset - 1] if offset > mark else " "
    return before in "_$" or before >= "\x80" or before.isalnum()


def _reads_stdin(sql: str) -> bool:
    """Whether this is a COPY whose rows follow it in the script; not if it does not parse, or is a long query."""
    if sql[:4].lower() != "copy" or _links(sql) > _ALWAYS_SHALLOW:
        return False
    try:
        copy = _parse(sql).stmts[0].stmt.copy_stmt
    except (_postgast().PgQueryError, UnicodeEncodeError):
        return False
    return bool(copy.is_from and not copy.is_program and not copy.filename)


def _copy_block(text: str, offset: int, file: str | None) -> tuple[int, int, int]:
    """Where the data lines after a COPY start and end, and where the line that closes them ends."""
    eol = _end_of_line(text, offset)
    rest = text[offset:eol].strip(_BLANK)
    if rest and not rest.startswith("--"):
        raise _error(text, offset, "SQL on the line of COPY ... FROM stdin", file, fix="move it below the line of \\.")
    close = eol
    while (close := text.find("\n\\.", close)) >= 0:
        end = _end_of_line(text, close + 1)
        if text[close + 1 : end].removesuffix("\r") == "\\.":
            return eol + 1, close + 1, end
        close = end
    raise _error(text, offset, "the rows of COPY ... FROM stdin do not end", file, fix="close them with a line of \\.")


def _end_of_line(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


def _covered(text: str, covers: Iterable[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    seen = 0
    for start, stop, sign in covers:
        if start < stop:
            pieces += (text[seen:start], sign, " " * (stop - start - 1))
            seen = stop
    return "".join((*pieces, text[seen:])) if pieces else text


# Meta-commands. What each does is in the PostgreSQL manual, psql, Meta-Commands.

# They end the statement before them, as a semicolon does, wherever in a line of meta-commands they stand.
_SENDS = re.compile(r"\\(?:;|(?:g|gx|gset|gexec|gdesc|crosstabview|watch|parse|sendpipeline)(?![A-Za-z_]))")
_COPIES_LINES = re.compile(r"\\copy\s.*\sfrom\s+p?stdin\b", re.IGNORECASE)
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


def _judged(text: str, metas: Sequence[tuple[int, str]], statements: Sequence[Statement]) -> Iterator[MetaCommand]:
    """The meta-commands; one inside a statement is never harmless, for that statement's text holds it."""
    starts = [statement.offset for statement in statements]
    for (offset, meta), (line, _) in zip(metas, _places(text, [offset for offset, _ in metas]), strict=True):
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


# The grammar, and the way back from its positions to ours.

# libpg_query recurses once for each operator of a chain like a || b || c, looks at no stack, and takes time by the
# square of their number: 24,000 in the usual 8 MB end the process with SIGSEGV, 500,000 keep it busy for 5 minutes. A
# script from a stranger must not be able to do either. Measured: 390 bytes of stack an operator.
_STACK_PER_LINK_BYTES = 1024
_ALWAYS_SHALLOW = 1024  # characters: at a link each this is 1 MB, which every thread has, musl's included
_MOST_LINKS = 40_000  # about 2 s
_TOO_DEEP = "a statement is nested too deeply to be parsed"
_SHALLOWER = "split it, or set brackets into the long chain of operators"
_stack_size = threading.Lock()  # threading.stack_size() is one setting for the whole process


def _parsed(text: str, layout: _Layout, file: str | None) -> list[tuple[Tree, int, int]]:
    """Each statement's node with its start and end in bytes of `layout.sql`."""
    links, deepest = max(((_links(layout.sql[start:stop]), start) for start, stop in layout.large), default=(0, 0))
    if links > _MOST_LINKS:
        raise _error(text, deepest, _TOO_DEEP, file, fix=_SHALLOWER)
    try:
        tree = _parse(layout.sql) if links <= _ALWAYS_SHALLOW else _parse_on_a_stack_of(links, layout.sql)
    except _postgast().PgQueryError as exc:
        offset = min(max(exc.cursorpos - 1, 0), len(text.rstrip()))  # cursorpos counts characters, whatever it says
        variable = text[offset : offset + 1] == ":"
        fix = "write the value: psql's :variables are not filled in here" if variable else None
        raise _error(text, offset, exc.message, file, fix=fix) from exc
    except UnicodeEncodeError as exc:
        raise _error(text, exc.start, "a character that is not text", file, fix="save it as UTF-8") from exc
    except _decode_error() as exc:  # protobuf unpacks 65,535 messages deep at most
        raise _error(text, deepest, _TOO_DEEP, file, fix=_SHALLOWER) from exc
    size = -1
    roots: list[tuple[Tree, int, int]] = []
    for root in tree.stmts:
        if not root.stmt_len and size < 0:  # 0: up to the end of the text
            size = len(layout.sql.encode())
        stop = root.stmt_location + root.stmt_len if root.stmt_len else size
        roots.append((root.stmt, root.stmt_location, stop))
    return roots


# What may nest a tree further: words, operators, brackets; a comma starts over.
_LINK = re.compile(r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*|[-+*/<>=~!@#%^&|`?:]|[()\[\],]")
_ACROSS_COMMAS = frozenset({"union", "intersect", "except", "join"})  # their chains hold lists with commas of their own


def _links(sql: str) -> int:
    """How deep the tree of a statement can be, at most, without parsing it: by far less deep mostly."""
    outer: list[tuple[int, int, int, int]] = []
    across = links = inner = most = 0  # in this bracket; since the last comma; in its brackets; before that comma
    mark = 0
    while True:
        sign, start, end = _next_landmark(sql, mark)
        for piece in _LINK.findall(sql, mark, start):
            if piece == ",":
                links, inner, most = 0, 0, max(most, links + inner)
            elif piece in "([":
                outer.append((across, links, inner, most))
                across = links = inner = most = 0
            elif piece in ")]":
                depth = across + max(most, links + inner) + 1
                across, links, inner, most = outer.pop() if outer else (0, 0, 0, 0)
                inner = max(inner, depth)
            elif piece.lower() in _ACROSS_COMMAS:
                across += 1
            else:
                links += 1
        if not sign:
            return across + max(most, links + inner)
        mark = end


def _parse(sql: str) -> Tree:
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


def _parse_on_a_stack_of(links: int, sql: str) -> Tree:
    from concurrent.futures import ThreadPoolExecutor  # 10 ms, and hardly ever needed

    with ThreadPoolExecutor(max_workers=1) as thread:
        with _stack_size:
            usual = threading.stack_size(max(links * _STACK_PER_LINK_BYTES, 8 << 20))
            try:
                parsing = thread.submit(_parse, sql)
            finally:
                threading.stack_size(usual)
        return parsing.result()


def _postgast() -> Any:
    """postgast, on first need: 60 ms. By name, since mypy stops at a syntax error in its stub file."""
    return importlib.import_module("postgast")


def _decode_error() -> type[Exception]:
    error: type[Exception] = importlib.import_module("google.protobuf.message").DecodeError
    return error


def _in_characters(sql: str, bounds: Sequence[int]) -> list[int]:
    """The same places, given sorted in bytes of UTF-8, in characters."""
    if sql.isascii():
        return list(bounds)
    encoded = sql.encode()
    found: list[int] = []
    seen = characters = 0
    for bound in bounds:
        characters += len(encoded[seen:bound].decode())
        seen = bound
        found.append(characters)
    return found


def _places(text: str, offsets: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Line and column, from 1, of sorted offsets."""
    line, seen = 1, 0
    line_start = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    for offset in offsets:
        if newlines := text.count("\n", seen, offset):
            line += newlines
            line_start = text.rfind("\n", seen, offset) + 1
        seen = offset
        yield line, offset - line_start + 1


def _error(text: str, offset: int, message: str, file: str | None, *, fix: str | None = None) -> ScriptError:
    ((line, column),) = _places(text, [offset])
    start = text.rfind("\n", 0, offset) + 1
    near = text[start : _end_of_line(text, offset)].removeprefix(_BYTE_ORDER_MARK).removesuffix("\r")
    return ScriptError(message=message, line=line, column=column, offset=offset, near=near, file=file, fix=fix)


# Transactions.


def transaction_control(statement: Statement) -> bool:
    """Whether it begins, ends or marks a transaction: BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, PREPARE ..."""
    return statement.form == "transaction_stmt"


def needs_own_transaction(statement: Statement) -> bool:
    """Whether PostgreSQL refuses the statement inside a transaction block (SQLSTATE 25001).

    True only where the text alone says so. Not seen: CALL and DO whose body commits; CLUSTER and REINDEX of a
    partitioned table or index; DROP SUBSCRIPTION once its slot is set to NONE (which then would be allowed). Sources
    are in the table; the notes on transaction blocks stand under each command in the PostgreSQL manual, part VI.
    """
    alone = _OWN_TRANSACTION.get(statement.form)
    return alone is not None and alone(statement.tree)


def _always(_: Tree) -> bool:
    return True


def _reindexes_alone(tree: Tree) -> bool:
    kind = _enum_name(tree, "kind").removeprefix("REINDEX_OBJECT_")
    return kind in ("SCHEMA", "SYSTEM", "DATABASE") or _switched(tree.params, "concurrently", unsaid=False)


def _detaches_concurrently(tree: Tree) -> bool:
    return any(getattr(cmd.alter_table_cmd, "def").partition_cmd.concurrent for cmd in tree.cmds)


def _creates_slot(tree: Tree) -> bool:
    connects = _switched(tree.options, "connect", unsaid=True)
    return _switched(tree.options, "create_slot", unsaid=connects)


def _alters_slots(tree: Tree) -> bool:
    match _enum_name(tree, "kind").removeprefix("ALTER_SUBSCRIPTION_"):
        case "REFRESH":
            return True
        case "SET_PUBLICATION" | "ADD_PUBLICATION" | "DROP_PUBLICATION":
            return _switched(tree.options, "refresh", unsaid=True)
        case "OPTIONS":
            says_failover = any(option.def_elem.defname == "failover" for option in tree.options)
            return says_failover or not _switched(tree.options, "two_phase", unsaid=True)
        case _:
            return False


_OWN_TRANSACTION: Mapping[str, Callable[[Tree], bool]] = {
    "index_stmt": lambda tree: bool(tree.concurrent),  # CREATE INDEX, Building Indexes Concurrently
    "drop_stmt": lambda tree: bool(tree.concurrent),  # DROP INDEX, CONCURRENTLY
    "reindex_stmt": _reindexes_alone,  # REINDEX, Notes
    "alter_table_stmt": _detaches_concurrently,  # ALTER TABLE, DETACH PARTITION
    "vacuum_stmt": lambda tree: bool(tree.is_vacuumcmd),  # VACUUM, Notes; ANALYZE has the same node and is free
    "cluster_stmt": lambda tree: not tree.HasField("relation"),  # CLUSTER, Description: without a table
    "createdb_stmt": _always,  # CREATE DATABASE, Notes
    "dropdb_stmt": _always,  # DROP DATABASE, Notes
    "alter_database_stmt": lambda tree: _says(tree.options, "tablespace"),  # ALTER DATABASE, SET TABLESPACE
    "create_table_space_stmt": _always,  # CREATE TABLESPACE, Notes
    "drop_table_space_stmt": _always,  # DROP TABLESPACE, Notes
    "alter_system_stmt": _always,  # ALTER SYSTEM, Notes
    "create_subscription_stmt": _creates_slot,  # CREATE SUBSCRIPTION, Notes
    "alter_subscription_stmt": _alters_slots,  # ALTER SUBSCRIPTION, Description
    "drop_subscription_stmt": _always,  # DROP SUBSCRIPTION, Notes
    "discard_stmt": lambda tree: _enum_name(tree, "target") == "DISCARD_ALL",  # DISCARD, Notes
    "transaction_stmt": lambda tree: _enum_name(tree, "kind").endswith("_PREPARED"),  # COMMIT PREPARED, Notes
}


def _says(options: Iterable[Tree], name: str) -> bool:
    return any(option.def_elem.defname == name for option in options)


def _switched(options: Iterable[Tree], name: str, *, unsaid: bool) -> bool:
    """A boolean option: named without a value it is on. (PostgreSQL manual, REINDEX, parameter `boolean`)"""
    for option in options:
        if option.def_elem.defname == name:
            value = option.def_elem.arg
            kind = value.WhichOneof("node")
            if kind == "integer":
                return bool(value.integer.ival)
            if kind == "boolean":
                return bool(value.boolean.boolval)
            return str(value.string.sval).lower() not in ("false", "off")
    return unsaid


def _enum_name(tree: Tree, attribute: str) -> str:
    """The C name of an enumerated attribute's value."""
    name: str = tree.DESCRIPTOR.fields_by_name[attribute].enum_type.values_by_number[getattr(tree, attribute)].name
    return name


# Roles and extensions.


def roles_named(script: Script) -> frozenset[str]:
    """The roles that must exist before the script runs, for its statements at top level to succeed.

    OWNER TO, GRANT and REVOKE, policies, default privileges, SET ROLE, AUTHORIZATION, ALTER ROLE and the rest. Not
    PUBLIC and CURRENT_USER with its kin; not a role that an earlier statement creates; not DROP ROLE IF EXISTS.
    """
    needed: set[str] = set()
    made: set[str] = set()
    for statement in script.statements:
        if statement.form not in _WITHOUT_ROLES:
            needed |= _roles_needed(statement) - made
            made |= _roles_made(statement)
    return frozenset(needed)


# Their grammar has no place for a role, and theirs are the large trees.
_WITHOUT_ROLES = frozenset({
    "copy_stmt", "create_enum_stmt", "create_function_stmt", "create_stmt", "create_table_as_stmt",
    "create_trig_stmt", "delete_stmt", "do_stmt", "explain_stmt", "index_stmt", "insert_stmt", "merge_stmt",
    "rule_stmt", "select_stmt", "update_stmt", "view_stmt"
})  # fmt: skip


def _roles_made(statement: Statement) -> frozenset[str]:
    tree = statement.tree
    match statement.form:
        case "create_role_stmt":
            return frozenset({tree.role})
        case "rename_stmt" if _enum_name(tree, "rename_type") == "OBJECT_ROLE":
            return frozenset({tree.newname})
        case _:
            return frozenset()


def _roles_needed(statement: Statement) -> frozenset[str]:
    tree = statement.tree
    found: set[str] = set()
    match statement.form:  # where a role is a bare name, not a RoleSpec
        case "drop_role_stmt" if tree.missing_ok:
            return frozenset()
        case "grant_role_stmt":
            found.update(role.access_priv.priv_name for role in tree.granted_roles)
        case "rename_stmt" if _enum_name(tree, "rename_type") == "OBJECT_ROLE":
            found.add(tree.subname)
        case "comment_stmt" | "sec_label_stmt" if _enum_name(tree, "objtype") == "OBJECT_ROLE":
            found.add(tree.object.string.sval)
        case "createdb_stmt" | "alter_database_stmt":
            owners = (option.def_elem.arg.string.sval for option in tree.options if option.def_elem.defname == "owner")
            found.update(owner for owner in owners if owner)
        case "variable_set_stmt" if tree.name in ("role", "session_authorization"):
            found.update(arg.a_const.sval.sval for arg in tree.args if arg.a_const.sval.sval != "none")
    found.update(spec.rolename for spec in _role_specs(tree) if _enum_name(spec, "roletype") == "ROLESPEC_CSTRING")
    return frozenset(found)


def _role_specs(tree: Tree) -> Iterator[Tree]:
    waiting: list[Tree] = [tree]
    while waiting:
        node = waiting.pop()
        if node.DESCRIPTOR.name == "RoleSpec":
            yield node
        else:
            for described, value in node.ListFields():
                if described.message_type is not None:
                    waiting.extend([value] if hasattr(value, "ListFields") else value)


def extensions_created(script: Script) -> tuple[str, ...]:
    """The names in CREATE EXTENSION at top level, in the order of the script."""
    return tuple(statement.tree.extname for statement in script.statements if statement.form == "create_extension_stmt")


# Objects that a statement names.


def objects_named(statement: Statement) -> tuple[NamedObject, ...]:
    """The objects that a statement creates or alters by name: a table first, then its columns and constraints.

    Best effort, to give a finding its file and line and nothing more: no object that PostgreSQL names itself, none
    that is dropped, and after RENAME the new name. ALTER TYPE ... RENAME counts as an enum's: the text cannot tell.
    """
    return tuple(_named(statement.form, statement.tree))


def _named(form: str, tree: Tree) -> Iterator[NamedObject]:
    names = _NAMED.get(form)
    return names(tree) if names else iter(())


def _relation(kind: NamedKind, relation: Tree, name: str = "") -> NamedObject:
    return NamedObject(kind=kind, path=(relation.schemaname, name or relation.relname))


def _member(kind: NamedKind, relation: Tree, name: str) -> NamedObject:
    return NamedObject(kind=kind, path=(relation.schemaname, relation.relname, name))


def _of_table(tree: Tree) -> Iterator[NamedObject]:
    yield _relation("table", tree.relation)
    for element in tree.table_elts:
        yield from _of_element(tree.relation, element)


def _of_element(relation: Tree, element: Tree) -> Iterator[NamedObject]:
    """A column or a constraint, as CREATE TABLE and ALTER TABLE ... ADD have them."""
    match element.WhichOneof("node"):
        case "column_def":
            yield _member("column", relation, element.column_def.colname)
            for constraint in element.column_def.constraints:
                yield from _of_element(relation, constraint)
        case "constraint" if element.constraint.conname:
            yield _member("constraint", relation, element.constraint.conname)
        case _:
            pass


def _of_table_as(tree: Tree) -> Iterator[NamedObject]:
    kind = _KIND_OF_OBJECT.get(_enum_name(tree, "objtype"), "table")
    yield _relation(kind, tree.into.rel)
    for column in tree.into.col_names:
        yield _member("column", tree.into.rel, column.string.sval)


def _of_select(tree: Tree) -> Iterator[NamedObject]:
    if tree.HasField("into_clause"):
        yield _relation("table", tree.into_clause.rel)


def _of_index(tree: Tree) -> Iterator[NamedObject]:
    if tree.idxname:
        yield _relation("index", tree.relation, tree.idxname)


def _of_enum(tree: Tree) -> Iterator[NamedObject]:
    yield _typed(tree.type_name)


def _typed(names: Sequence[Tree]) -> NamedObject:
    *schema, name = (part.string.sval for part in names)
    return NamedObject(kind="enum", path=(schema[-1] if schema else "", name))


def _of_schema(tree: Tree) -> Iterator[NamedObject]:
    name = tree.schemaname or tree.authrole.rolename
    yield NamedObject(kind="schema", path=(name,))
    for element in tree.schema_elts:
        form = element.WhichOneof("node")
        for named in _named(form, getattr(element, form)):
            yield replace(named, path=(named.path[0] or name, *named.path[1:]))


def _of_extension(tree: Tree) -> Iterator[NamedObject]:
    yield NamedObject(kind="extension", path=(tree.extname,))


def _of_alter_table(tree: Tree) -> Iterator[NamedObject]:
    kind = _KIND_OF_OBJECT.get(_enum_name(tree, "objtype"))
    if not kind:
        return
    yield _relation(kind, tree.relation)
    for cmd in tree.cmds:
        command = cmd.alter_table_cmd
        subtype = _enum_name(command, "subtype").removeprefix("AT_")
        if subtype in ("AddColumn", "AddConstraint"):
            yield from _of_element(tree.relation, getattr(command, "def"))
        elif subtype in _ALTERS_COLUMN and command.name:
            yield _member("column", tree.relation, command.name)
        elif subtype == "AlterConstraint":
            yield _member("constraint", tree.relation, getattr(command, "def").atalter_constraint.conname)
        elif subtype == "ValidateConstraint":
            yield _member("constraint", tree.relation, command.name)


def _of_rename(tree: Tree) -> Iterator[NamedObject]:
    match _enum_name(tree, "rename_type"):
        case "OBJECT_COLUMN":
            yield _member("column", tree.relation, tree.newname)
        case "OBJECT_TABCONSTRAINT":
            yield _member("constraint", tree.relation, tree.newname)
        case "OBJECT_SCHEMA":
            yield NamedObject(kind="schema", path=(tree.newname,))
        case "OBJECT_TYPE":
            yield replace(old := _typed(tree.object.list.items), path=(old.path[0], tree.newname))
        case renamed if kind := _KIND_OF_OBJECT.get(renamed):
            yield _relation(kind, tree.relation, tree.newname)
        case _:
            pass


def _of_set_schema(tree: Tree) -> Iterator[NamedObject]:
    if kind := _KIND_OF_OBJECT.get(_enum_name(tree, "object_type")):
        yield NamedObject(kind=kind, path=(tree.newschema, tree.relation.relname))


_KIND_OF_OBJECT: Mapping[str, NamedKind] = {
    "OBJECT_TABLE": "table",
    "OBJECT_FOREIGN_TABLE": "table",
    "OBJECT_INDEX": "index",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_SEQUENCE": "sequence",
}

# The ALTER COLUMN forms of ALTER TABLE: libpg_query's AlterTableType without its AT_.
_ALTERS_COLUMN = frozenset({
    "AddIdentity", "AlterColumnGenericOptions", "AlterColumnType", "ColumnDefault", "DropExpression", "DropIdentity",
    "DropNotNull", "ResetOptions", "SetCompression", "SetExpression", "SetIdentity", "SetNotNull", "SetOptions",
    "SetStatistics", "SetStorage"
})  # fmt: skip

_NAMED: Mapping[str, Callable[[Tree], Iterator[NamedObject]]] = {
    "create_stmt": _of_table,
    "create_foreign_table_stmt": lambda tree: _of_table(tree.base_stmt),
    "create_table_as_stmt": _of_table_as,
    "select_stmt": _of_select,
    "view_stmt": lambda tree: iter((_relation("view", tree.view),)),
    "index_stmt": _of_index,
    "create_seq_stmt": lambda tree: iter((_relation("sequence", tree.sequence),)),
    "alter_seq_stmt": lambda tree: iter((_relation("sequence", tree.sequence),)),
    "create_enum_stmt": _of_enum,
    "alter_enum_stmt": _of_enum,
    "create_schema_stmt": _of_schema,
    "create_extension_stmt": _of_extension,
    "alter_extension_stmt": _of_extension,
    "alter_table_stmt": _of_alter_table,
    "rename_stmt": _of_rename,
    "alter_object_schema_stmt": _of_set_schema,
}
