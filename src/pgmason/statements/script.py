"""What is a SQL text, cut up? The values that `read_script` gives.

    Script
      Statement      text as written, place, form, tree
      MetaCommand    a line for psql, and whether a schema is the same without it

Left to others: making them (reading.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pgmason.statements.tree import Tree


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
