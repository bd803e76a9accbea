"""How does a SQL text become a Script? It is laid out, parsed once, and what was found is given its place.

Left to others: each of these steps.
"""

from __future__ import annotations

from pgmason.statements.lexer import laid_out
from pgmason.statements.meta_commands import judged
from pgmason.statements.parser import parsed
from pgmason.statements.places import in_characters, places
from pgmason.statements.script import Script, Statement
from pgmason.statements.script_error import error_at


def read_script(text: str, *, file: str | None = None) -> Script:
    """Cut a SQL text into its statements and meta-commands; `file` is only told in errors.

    Raises ScriptError where PostgreSQL's grammar refuses the text, where a quote, comment or COPY block does not end,
    and for a NUL or a lone surrogate. A byte order mark at the start is skipped. Time and memory grow with the length
    of the text; about 30 µs for a statement of a migration.
    """
    if (nul := text.find("\0")) >= 0:
        raise error_at(text, nul, "a NUL character, which text in PostgreSQL cannot hold", file, fix="save it as UTF-8")
    layout = laid_out(text, file)
    roots = parsed(text, layout.sql, layout.large, file)
    bounds = in_characters(layout.sql, [bound for _, start, stop in roots for bound in (start, stop)])
    starts = bounds[::2]
    statements: list[Statement] = []
    for (node, _, _), start, stop, (line, column) in zip(
        roots, starts, bounds[1::2], places(text, starts), strict=True
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
    return Script(statements=tuple(statements), meta_commands=tuple(judged(text, layout.metas, statements)))
