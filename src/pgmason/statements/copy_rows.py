r"""Do rows follow this statement in the script, and where do they end?

The rows behind `COPY ... FROM stdin;` are lines of data up to one of `\.`; psql sends them, and to the grammar they
are no SQL. Left to others: covering them (lexer.py).
"""

from __future__ import annotations

from pgmason.statements.depth import ALWAYS_SHALLOW, links_in
from pgmason.statements.landmarks import BLANK
from pgmason.statements.parser import parse, syntax_error
from pgmason.statements.places import end_of_line
from pgmason.statements.script_error import error_at


def reads_stdin(sql: str) -> bool:
    """Whether this is a COPY whose rows follow it in the script; not if it does not parse, or is a long query."""
    if sql[:4].lower() != "copy" or links_in(sql) > ALWAYS_SHALLOW:
        return False
    try:
        copy = parse(sql).stmts[0].stmt.copy_stmt
    except (syntax_error(), UnicodeEncodeError):
        return False
    return bool(copy.is_from and not copy.is_program and not copy.filename)


def copy_block(text: str, offset: int, file: str | None) -> tuple[int, int, int]:
    """Where the data lines after a COPY start and end, and where the line that closes them ends."""
    eol = end_of_line(text, offset)
    rest = text[offset:eol].strip(BLANK)
    if rest and not rest.startswith("--"):
        raise error_at(
            text, offset, "SQL on the line of COPY ... FROM stdin", file, fix="move it below the line of \\."
        )
    close = eol
    while (close := text.find("\n\\.", close)) >= 0:
        end = end_of_line(text, close + 1)
        if text[close + 1 : end].removesuffix("\r") == "\\.":
            return eol + 1, close + 1, end
        close = end
    raise error_at(
        text, offset, "the rows of COPY ... FROM stdin do not end", file, fix="close them with a line of \\."
    )
