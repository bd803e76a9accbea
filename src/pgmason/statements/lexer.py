r"""Where do statements end, and what between them does only psql understand?

Found, and covered with blanks so that no offset moves: `\restrict` and its kind, the rows behind
`COPY ... FROM stdin;`, a byte order mark. Left to others: what hides a semicolon (landmarks.py), which statements have
rows (copy_rows.py), what a meta-command does (meta_commands.py), the grammar (parser.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pgmason.statements.copy_rows import copy_block, reads_stdin
from pgmason.statements.depth import ALWAYS_SHALLOW
from pgmason.statements.landmarks import BLANK, next_landmark
from pgmason.statements.meta_commands import COPIES_LINES, SENDS
from pgmason.statements.places import BYTE_ORDER_MARK, end_of_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A SQL text as the grammar is to see it, and what was found in it; offsets are characters of the text."""

    sql: str  # the text with blanks over what is not SQL: as many characters, each at its old offset
    last_word: Mapping[int, int]  # offset of a terminator, or of the end -> where the last word before it ends
    copies: Mapping[int, str]  # offset of a COPY statement -> its data lines
    metas: Sequence[tuple[int, str]]  # offset and text
    large: Sequence[tuple[int, int]]  # start and end of each statement that may hold a deep tree


def laid_out(text: str, file: str | None) -> Layout:
    """What is SQL in a text and what is not; raises ScriptError where the rows behind a COPY do not end."""
    covers: list[tuple[int, int, str]] = []  # from, to, and the first character that the grammar sees there
    last_word: dict[int, int] = {}
    copies: dict[int, str] = {}
    metas: list[tuple[int, str]] = []
    large: list[tuple[int, int]] = []

    end = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    covers.append((0, end, " "))
    first, last, hidden = -1, end, 0  # of the statement at hand: first word (-1: none yet), end of its last, quoted
    while True:
        mark = end
        sign, start, end = next_landmark(text, mark)
        plain = text[mark:start]
        if words := plain.strip(BLANK):
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
                    end = end_of_line(text, start)
                    meta = text[start:end].rstrip()
                    ends = SENDS.search(meta) is not None
                    metas.append((start, meta))
                    covers.append((start, end, ";" if ends else " "))
                    if COPIES_LINES.match(meta):
                        data_from, _, end = copy_block(text, end, file)
                        covers.append((data_from, end, " "))
                if ends:
                    last_word[start] = last
                    if first >= 0 and start - first - hidden > ALWAYS_SHALLOW:
                        large.append((first, last))
                    if first >= 0 and sign and reads_stdin(text[first:last]):
                        data_from, data_to, end = copy_block(text, end, file)
                        copies[first] = text[data_from:data_to]
                        covers.append((data_from, end, " "))
                    first, last, hidden = -1, end, 0
                if not sign:
                    break

    return Layout(sql=_covered(text, covers), last_word=last_word, copies=copies, metas=metas, large=large)


def _covered(text: str, covers: Iterable[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    seen = 0
    for start, stop, sign in covers:
        if start < stop:
            pieces += (text[seen:start], sign, " " * (stop - start - 1))
            seen = stop
    return "".join((*pieces, text[seen:])) if pieces else text
