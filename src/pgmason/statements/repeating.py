"""Does a statement say that it may be run again: IF NOT EXISTS, IF EXISTS, OR REPLACE?

PostgreSQL then does nothing the second time, or the same. Left to others: whether it would in fact succeed, and the
statements that say nothing and are the same each time (SET, COMMENT, VALIDATE CONSTRAINT).
"""

from __future__ import annotations

from pgmason.statements.script import Statement

# The parser's fields for the three phrases; a tree has those of its form only.
_PHRASES = ("if_not_exists", "missing_ok", "replace")


def says_again(statement: Statement) -> bool:
    """Whether the statement has one of the three phrases; of ALTER TABLE, whether each of its commands has."""
    tree = statement.tree
    if statement.form == "alter_table_stmt":
        return all(cmd.alter_table_cmd.missing_ok for cmd in tree.cmds)
    fields = tree.DESCRIPTOR.fields_by_name
    return any(name in fields and bool(getattr(tree, name)) for name in _PHRASES)
