"""Which roles must exist before a script runs?

Left to others: making them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.statements.script import Script, Statement
from pgmason.statements.tree import Tree, enum_name


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
        case "rename_stmt" if enum_name(tree, "rename_type") == "OBJECT_ROLE":
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
        case "rename_stmt" if enum_name(tree, "rename_type") == "OBJECT_ROLE":
            found.add(tree.subname)
        case "comment_stmt" | "sec_label_stmt" if enum_name(tree, "objtype") == "OBJECT_ROLE":
            found.add(tree.object.string.sval)
        case "createdb_stmt" | "alter_database_stmt":
            owners = (option.def_elem.arg.string.sval for option in tree.options if option.def_elem.defname == "owner")
            found.update(owner for owner in owners if owner)
        case "variable_set_stmt" if tree.name in ("role", "session_authorization"):
            found.update(arg.a_const.sval.sval for arg in tree.args if arg.a_const.sval.sval != "none")
    found.update(spec.rolename for spec in _role_specs(tree) if enum_name(spec, "roletype") == "ROLESPEC_CSTRING")
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
