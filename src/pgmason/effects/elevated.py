"""Which statements may run with a superuser's rights although a stranger wrote them?

The confined role may do nearly all that migrations do. This is the short list of what else they need and what can do
no harm to the server: each entry runs no code of the product's, and what it makes stays in the scratch database.
Decided on the parsed tree of a statement at top level, never on what is inside a string. Every other statement that
needs more rights fails with SQLSTATE 42501 and is told so.

How it runs: watching.sql has a function that executes, as the superuser, exactly the text that the witness allowed a
moment before from its own session, and nothing where an event trigger of the product's could run along.
"""

from __future__ import annotations

from pgmason.statements import Statement
from pgmason.statements.tree import Tree, enum_name

__all__ = ["heard", "why_elevated"]

_TRIGGERS_ALL = ("AT_EnableTrigAll", "AT_DisableTrigAll")


def why_elevated(statement: Statement) -> str | None:
    """Why a statement runs with more rights than the confined role's; None where it does not."""
    tree = statement.tree
    match statement.form:
        case "create_event_trig_stmt" if tree.eventname != "login" and not _ours(tree.trigname):
            # one on login would run in every new session, our own among them
            return "an event trigger is a superuser's to create"
        case "create_publication_stmt" if tree.for_all_tables or _names_schemas(tree):
            return "a publication of all tables or of a schema is a superuser's to create"
        case "drop_stmt" if enum_name(tree, "remove_type") == "OBJECT_EVENT_TRIGGER" and not any(
            _ours(item.string.sval) for item in tree.objects
        ):
            return "an event trigger that was made with more rights is dropped with them"
        case "alter_table_stmt" if all(enum_name(cmd.alter_table_cmd, "subtype") in _TRIGGERS_ALL for cmd in tree.cmds):
            return "the triggers behind foreign keys are a superuser's to switch off and on"
    return None


def heard(statement: Statement) -> bool:
    """Whether event triggers of the product's would hear of the statement (manual, 39.1: not of their own making)."""
    return statement.form in ("alter_table_stmt", "create_publication_stmt")


def _ours(name: str) -> bool:
    """Whether an event trigger has the name of one that watches, or could be taken for one."""
    return name.lower().startswith("pgmason")


def _names_schemas(tree: Tree) -> bool:
    return any(enum_name(item.publication_obj_spec, "pubobjtype") != "PUBLICATIONOBJ_TABLE" for item in tree.pubobjects)
