"""How is a statement written so that it does less at once: its commands apart, or an index built CONCURRENTLY?

The words stay the author's where they can: CONCURRENTLY is put in behind INDEX; commands of one ALTER TABLE are told
apart by the grammar and written anew by it, which keeps every name and loses comments inside. Pure. Whether the result
means the same is for PostgreSQL to show (`mending/`).
"""

from __future__ import annotations

from pgmason.statements.parser import deparsed, parse, tokens
from pgmason.statements.script import Statement
from pgmason.statements.tree import Tree, enum_name

__all__ = ["commands_apart", "concurrently", "only_validates", "sets"]


def commands_apart(statement: Statement) -> tuple[str, ...]:
    """An ALTER TABLE of several commands as one statement for each, in their order; anything else as it is.

    A CHECK or UNIQUE that a new column brings with it is a command of its own. A foreign key stays with its column:
    PostgreSQL looks at no row for one on a column that is new and empty.
    """
    if statement.form != "alter_table_stmt":
        return (statement.text,)
    root = parse(statement.text)
    commands = root.stmts[0].stmt.alter_table_stmt.cmds
    apart = [one for command in commands for one in _own_commands(command)]
    if len(apart) < 2:
        return (statement.text,)
    found = []
    for one in apart:
        del commands[:]
        commands.extend([one])
        found.append(deparsed(root))
    return tuple(found)


def _own_commands(command: Tree) -> list[Tree]:
    inner = command.alter_table_cmd
    definition = getattr(inner, "def")
    if enum_name(inner, "subtype") != "AT_AddColumn" or definition.WhichOneof("node") != "column_def":
        return [command]
    column = definition.column_def
    apart = [one for one in column.constraints if enum_name(one.constraint, "contype") in _OF_A_COLUMN]
    if not apart:
        return [command]
    added = []
    for constraint in apart:
        other = type(command)()
        other.CopyFrom(command)
        getattr(other.alter_table_cmd, "def").CopyFrom(constraint)
        own = getattr(other.alter_table_cmd, "def").constraint
        if enum_name(own, "contype") == "CONSTR_UNIQUE":
            own.keys.add().string.sval = column.colname
        other.alter_table_cmd.subtype = (
            inner.DESCRIPTOR.fields_by_name["subtype"].enum_type.values_by_name["AT_AddConstraint"].number
        )
        added.append(other)
    stays = [one for one in column.constraints if enum_name(one.constraint, "contype") not in _OF_A_COLUMN]
    plain = type(command)()
    plain.CopyFrom(command)
    constraints = getattr(plain.alter_table_cmd, "def").column_def.constraints
    del constraints[:]
    constraints.extend(stays)
    return [plain, *added]


_OF_A_COLUMN = ("CONSTR_CHECK", "CONSTR_UNIQUE")


def concurrently(statement: Statement) -> str | None:
    """A CREATE INDEX with CONCURRENTLY; None for any other statement.

    Without IF NOT EXISTS, which would take what a build that failed left behind for the index.
    """
    if statement.form != "index_stmt" or statement.tree.concurrent:
        return None
    encoded = statement.text.encode()
    read = iter(tokens(statement.text))
    after = next(stop for name, stop in read if name == "INDEX")
    rest = next(stop for name, stop in read if name == "EXISTS") if statement.tree.if_not_exists else after
    return (encoded[:after] + b" CONCURRENTLY" + encoded[rest:]).decode()


def only_validates(statement: Statement) -> bool:
    """Whether it is an ALTER TABLE that validates constraints and does nothing else."""
    return statement.form == "alter_table_stmt" and all(
        enum_name(command.alter_table_cmd, "subtype") == "AT_ValidateConstraint" for command in statement.tree.cmds
    )


def sets(statement: Statement) -> str | None:
    """The setting that a SET or RESET is about, "" for all of them; None for any other statement."""
    return str(statement.tree.name) if statement.form == "variable_set_stmt" else None
