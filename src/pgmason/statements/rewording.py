"""How is a statement written so that it does less at once: its commands apart, or an index built CONCURRENTLY?

The words stay the author's where they can: CONCURRENTLY is put in behind INDEX; commands of one ALTER TABLE are told
apart by the grammar and written anew by it, which keeps every name and loses comments inside. Pure. Whether the result
means the same is for PostgreSQL to show (`mending/`).
"""

from __future__ import annotations

from pgmason.statements.parser import deparsed, parse, tokens
from pgmason.statements.script import Statement
from pgmason.statements.tree import enum_name

__all__ = ["commands_apart", "concurrently", "only_validates", "sets"]


def commands_apart(statement: Statement) -> tuple[str, ...]:
    """An ALTER TABLE of several commands as one statement for each, in their order; anything else as it is."""
    if statement.form != "alter_table_stmt" or len(statement.tree.cmds) < 2:
        return (statement.text,)
    found = []
    for number in range(len(statement.tree.cmds)):
        root = parse(statement.text)
        commands = root.stmts[0].stmt.alter_table_stmt.cmds
        mine = [commands[number]]
        del commands[:]
        commands.extend(mine)
        found.append(deparsed(root))
    return tuple(found)


def concurrently(statement: Statement) -> str | None:
    """A CREATE INDEX with CONCURRENTLY; None for any other statement."""
    if statement.form != "index_stmt" or statement.tree.concurrent:
        return None
    encoded = statement.text.encode()
    after = next(stop for name, stop in tokens(statement.text) if name == "INDEX")
    return (encoded[:after] + b" CONCURRENTLY" + encoded[after:]).decode()


def only_validates(statement: Statement) -> bool:
    """Whether it is an ALTER TABLE that validates constraints and does nothing else."""
    return statement.form == "alter_table_stmt" and all(
        enum_name(command.alter_table_cmd, "subtype") == "AT_ValidateConstraint" for command in statement.tree.cmds
    )


def sets(statement: Statement) -> str | None:
    """The setting that a SET or RESET is about, "" for all of them; None for any other statement."""
    return str(statement.tree.name) if statement.form == "variable_set_stmt" else None
