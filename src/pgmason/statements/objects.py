"""Which objects does a statement name, for a finding to have its file and line?

Left to others: what the statement does to them, and what is there after it; that is read from a catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pgmason.statements.script import Script, Statement
from pgmason.statements.tree import Tree, enum_name

NamedKind = Literal[
    "table", "column", "constraint", "index", "view", "materialized view", "sequence", "enum", "schema", "extension"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedObject:
    """An object that a statement names: paths as in `names.ObjectId`, with "" for a schema that is not said.

    (schema, name) for relations and enums, (schema, table, name) for columns and constraints, (name,) for schemas
    and extensions. `alters`: it was there before, and stays what it was; a column's new type, or a new name, is none.
    """

    kind: NamedKind
    path: tuple[str, ...]
    alters: bool = field(default=False, compare=False)


def objects_named(statement: Statement) -> tuple[NamedObject, ...]:
    """The objects that a statement creates or alters by name: a table first, then its columns and constraints.

    Best effort, to give a finding its file and line and nothing more: no object that PostgreSQL names itself, none
    that is dropped, and after RENAME the new name. ALTER TYPE ... RENAME counts as an enum's: the text cannot tell.
    """
    return tuple(_named(statement.form, statement.tree))


def extensions_created(script: Script) -> tuple[str, ...]:
    """The names in CREATE EXTENSION at top level, in the order of the script."""
    return tuple(statement.tree.extname for statement in script.statements if statement.form == "create_extension_stmt")


def _named(form: str, tree: Tree) -> Iterator[NamedObject]:
    names = _NAMED.get(form)
    return names(tree) if names else iter(())


def _relation(kind: NamedKind, relation: Tree, name: str = "") -> NamedObject:
    return NamedObject(kind=kind, path=(relation.schemaname, name or relation.relname))


def _member(kind: NamedKind, relation: Tree, name: str) -> NamedObject:
    return NamedObject(kind=kind, path=(relation.schemaname, relation.relname, name))


def _of_table(tree: Tree) -> Iterator[NamedObject]:
    yield _relation("table", tree.relation)
    for element in tree.table_elts:
        yield from _of_element(tree.relation, element)


def _of_element(relation: Tree, element: Tree) -> Iterator[NamedObject]:
    """A column or a constraint, as CREATE TABLE and ALTER TABLE ... ADD have them."""
    match element.WhichOneof("node"):
        case "column_def":
            yield _member("column", relation, element.column_def.colname)
            for constraint in element.column_def.constraints:
                yield from _of_element(relation, constraint)
        case "constraint" if element.constraint.conname:
            yield _member("constraint", relation, element.constraint.conname)
        case _:
            pass


def _of_table_as(tree: Tree) -> Iterator[NamedObject]:
    kind = _KIND_OF_OBJECT.get(enum_name(tree, "objtype"), "table")
    yield _relation(kind, tree.into.rel)
    for column in tree.into.col_names:
        yield _member("column", tree.into.rel, column.string.sval)


def _of_select(tree: Tree) -> Iterator[NamedObject]:
    if tree.HasField("into_clause"):
        yield _relation("table", tree.into_clause.rel)


def _of_index(tree: Tree) -> Iterator[NamedObject]:
    if tree.idxname:
        yield _relation("index", tree.relation, tree.idxname)


def _of_enum(tree: Tree) -> Iterator[NamedObject]:
    yield _typed(tree.type_name)


def _typed(names: Sequence[Tree]) -> NamedObject:
    *schema, name = (part.string.sval for part in names)
    return NamedObject(kind="enum", path=(schema[-1] if schema else "", name))


def _of_schema(tree: Tree) -> Iterator[NamedObject]:
    name = tree.schemaname or tree.authrole.rolename
    yield NamedObject(kind="schema", path=(name,))
    for element in tree.schema_elts:
        form = element.WhichOneof("node")
        for named in _named(form, getattr(element, form)):
            yield replace(named, path=(named.path[0] or name, *named.path[1:]))


def _of_extension(tree: Tree) -> Iterator[NamedObject]:
    yield NamedObject(kind="extension", path=(tree.extname,))


def _of_alter_table(tree: Tree) -> Iterator[NamedObject]:
    kind = _KIND_OF_OBJECT.get(enum_name(tree, "objtype"))
    if not kind:
        return
    yield replace(_relation(kind, tree.relation), alters=True)
    for cmd in tree.cmds:
        command = cmd.alter_table_cmd
        subtype = enum_name(command, "subtype").removeprefix("AT_")
        if subtype in ("AddColumn", "AddConstraint"):
            yield from _of_element(tree.relation, getattr(command, "def"))
        elif subtype in _ALTERS_COLUMN and command.name:
            column = _member("column", tree.relation, command.name)
            yield replace(column, alters=subtype != "AlterColumnType")
        elif subtype == "AlterConstraint":
            name = getattr(command, "def").atalter_constraint.conname
            yield replace(_member("constraint", tree.relation, name), alters=True)
        elif subtype == "ValidateConstraint":
            yield replace(_member("constraint", tree.relation, command.name), alters=True)


def _of_rename(tree: Tree) -> Iterator[NamedObject]:
    match enum_name(tree, "rename_type"):
        case "OBJECT_COLUMN":
            yield _member("column", tree.relation, tree.newname)
        case "OBJECT_TABCONSTRAINT":
            yield _member("constraint", tree.relation, tree.newname)
        case "OBJECT_SCHEMA":
            yield NamedObject(kind="schema", path=(tree.newname,))
        case "OBJECT_TYPE":
            yield replace(old := _typed(tree.object.list.items), path=(old.path[0], tree.newname))
        case renamed if kind := _KIND_OF_OBJECT.get(renamed):
            yield _relation(kind, tree.relation, tree.newname)
        case _:
            pass


def _of_set_schema(tree: Tree) -> Iterator[NamedObject]:
    if kind := _KIND_OF_OBJECT.get(enum_name(tree, "object_type")):
        yield NamedObject(kind=kind, path=(tree.newschema, tree.relation.relname))


_KIND_OF_OBJECT: Mapping[str, NamedKind] = {
    "OBJECT_TABLE": "table",
    "OBJECT_FOREIGN_TABLE": "table",
    "OBJECT_INDEX": "index",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_SEQUENCE": "sequence",
}

# The ALTER COLUMN forms of ALTER TABLE: libpg_query's AlterTableType without its AT_.
_ALTERS_COLUMN = frozenset({
    "AddIdentity", "AlterColumnGenericOptions", "AlterColumnType", "ColumnDefault", "DropExpression", "DropIdentity",
    "DropNotNull", "ResetOptions", "SetCompression", "SetExpression", "SetIdentity", "SetNotNull", "SetOptions",
    "SetStatistics", "SetStorage"
})  # fmt: skip

_NAMED: Mapping[str, Callable[[Tree], Iterator[NamedObject]]] = {
    "create_stmt": _of_table,
    "create_foreign_table_stmt": lambda tree: _of_table(tree.base_stmt),
    "create_table_as_stmt": _of_table_as,
    "select_stmt": _of_select,
    "view_stmt": lambda tree: iter((_relation("view", tree.view),)),
    "index_stmt": _of_index,
    "create_seq_stmt": lambda tree: iter((_relation("sequence", tree.sequence),)),
    "alter_seq_stmt": lambda tree: iter((replace(_relation("sequence", tree.sequence), alters=True),)),
    "create_enum_stmt": _of_enum,
    "alter_enum_stmt": _of_enum,
    "create_schema_stmt": _of_schema,
    "create_extension_stmt": _of_extension,
    "alter_extension_stmt": _of_extension,
    "alter_table_stmt": _of_alter_table,
    "rename_stmt": _of_rename,
    "alter_object_schema_stmt": _of_set_schema,
}
