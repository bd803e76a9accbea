"""How is text from a database put into Markdown so that it reads as that text and as nothing else?

Every comment, default and name comes from somebody's SQL. Three places take it: prose (`text`), a cell of a
table (`cell`), and code (`code`, `fenced`). Written for GitHub Flavored Markdown (its specification, 0.29),
which GitLab and the editors' previews read as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pgmason.names import printable

__all__ = ["cell", "code", "fenced", "link", "paragraphs", "table", "text"]

# What starts or ends something anywhere in a line. A backslash keeps it text (GFM 6.1); the last five are written
# as entities, because `|` ends a cell whatever stands before it and `<` would reach HTML filters.
_ANYWHERE = {character: "\\" + character for character in "\\`*[]~$"} | {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",
}
# Prose in a few scripts uses these; as text they are blanks.
_BLANKS = str.maketrans({"\u3000": " ", "\u00a0": " ", "\t": " "})
# Inside <code> Markdown is still read, so there all that it could read is an entity.
_IN_HTML = {ord(character): f"&#{ord(character)};" for character in "\\`*_[]~$&<>|!#\"'{}"}


def text(value: str) -> str:
    """One line of prose that reads as `value`; a newline is shown as `\\n`."""
    value = printable(value.translate(_BLANKS).strip())
    written = "".join(
        "\\_" if c == "_" and not _within_word(value, i) else _ANYWHERE.get(c, c) for i, c in enumerate(value)
    )
    return _not_a_block(written)


def _within_word(value: str, position: int) -> bool:
    """Whether the underscore at `position` stands between letters or digits, where it is no emphasis (GFM 6.4)."""
    return 0 < position < len(value) - 1 and value[position - 1].isalnum() and value[position + 1].isalnum()


def _not_a_block(line: str) -> str:
    """The line so that its start makes no heading, list, rule or underline."""
    if line[:1] in {"#", "+", "-", "="}:
        return "\\" + line
    digits = len(line) - len(line.lstrip("0123456789"))
    if digits and line[digits : digits + 1] in {".", ")"}:
        return f"{line[:digits]}\\{line[digits:]}"
    return line


def paragraphs(value: str) -> list[str]:
    """Lines of Markdown for a comment of several lines: its line breaks and blank lines stay."""
    lines: list[str] = []
    for block in "\n".join(line.strip() for line in _lines(value)).strip("\n").split("\n\n"):
        written = [text(line) for line in block.split("\n") if line]
        if written:
            lines += [*([""] if lines else []), *(f"{line}\\" for line in written[:-1]), written[-1]]
    return lines


def cell(value: str) -> str:
    """A comment in a cell of a table: its line breaks stay."""
    return "<br>".join(text(line) for line in _lines(value) if line.strip())


def code(value: str) -> str:
    """`value` as code, for prose and for cells alike. Newlines are shown as `\\n`, and the empty text as nothing."""
    value = printable(value)
    if not value:
        return ""
    # A code span cannot hold a pipe in a cell and loses blanks at its ends.
    if "`" in value or "|" in value or value != value.strip():
        return f"<code>{value.translate(_IN_HTML)}</code>"
    return f"`{value}`"


def fenced(value: str, language: str) -> list[str]:
    """Lines of a fenced block that no line of `value` can end."""
    lines = [printable(line.replace("\t", "    ")) for line in _lines(value)]
    longest = max((len(line.lstrip()) - len(line.lstrip().lstrip("`")) for line in lines), default=0)
    fence = "`" * max(3, longest + 1)
    # Markers of passages are found by line, and code must not look like one.
    return [f"{fence}{language}", *(line.replace("pgmason:keep", "pgmason: keep") for line in lines), fence]


def link(label: str, target: str) -> str:
    """A link within the page; `label` is plain text."""
    return f"[{text(label)}](#{target})"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table whose cells are Markdown already; a header that ends in `:` is of a column of numbers."""
    names = [name.removesuffix(":") for name in header]
    rules = ["--:" if name.endswith(":") else "---" for name in header]
    return [_row(names), "|" + "|".join(rules) + "|", *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _lines(value: str) -> list[str]:
    return value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
