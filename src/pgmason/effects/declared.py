"""Which relations does a statement mean that runs outside a transaction block, and which locks does it take on them?

The locks come from the table in `locks.py`; here the statement's tree is read for its form and its names. Left to
others: resolving names (the traced session does, in its own search_path), and running the statement (witness.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from pgmason.effects.known import Known
from pgmason.locks import DECLARED, Declared, Form, LockMode, Target
from pgmason.statements import Statement
from pgmason.statements.tree import Tree, enum_name

__all__ = ["Meant", "declared", "locks_of", "meant_by"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A form, and the relations it names: (schema or "", name). None of them: every table of the database."""

    form: Form
    names: tuple[tuple[str, str], ...]
    partitions: tuple[tuple[str, str], ...] = ()


def meant_by(statement: Statement) -> Meant | None:
    """The form of a statement, if the table of locks has it."""
    tree = statement.tree
    match statement.form:
        case "index_stmt" if tree.concurrent:
            return Meant(form=Form.CREATE_INDEX_CONCURRENTLY, names=(_name(tree.relation),))
        case "drop_stmt" if tree.concurrent:
            names = tuple(_of_list([part.string.sval for part in item.list.items]) for item in tree.objects)
            return Meant(form=Form.DROP_INDEX_CONCURRENTLY, names=names)
        case "alter_table_stmt":
            partitions = [getattr(cmd.alter_table_cmd, "def").partition_cmd for cmd in tree.cmds]
            return Meant(
                form=Form.DETACH_PARTITION_CONCURRENTLY,
                names=(_name(tree.relation),),
                partitions=tuple(_name(one.name) for one in partitions if one.concurrent),
            )
        case "reindex_stmt":
            return _reindex(tree)
        case "vacuum_stmt":
            full = any(option.def_elem.defname == "full" for option in tree.options)
            names = tuple(_name(item.vacuum_relation.relation) for item in tree.rels)
            return Meant(form=Form.VACUUM_FULL if full else Form.VACUUM, names=names)
        case "cluster_stmt":
            return Meant(form=Form.CLUSTER, names=(_name(tree.relation),) if tree.HasField("relation") else ())
    return None


def _reindex(tree: Tree) -> Meant | None:
    kind = enum_name(tree, "kind").removeprefix("REINDEX_OBJECT_")
    concurrently = any(option.def_elem.defname == "concurrently" for option in tree.params)
    forms = {
        ("INDEX", True): Form.REINDEX_INDEX_CONCURRENTLY,
        ("TABLE", True): Form.REINDEX_TABLE_CONCURRENTLY,
        ("INDEX", False): Form.REINDEX_INDEX,
        ("TABLE", False): Form.REINDEX_TABLE,
        ("SCHEMA", True): Form.REINDEX_TABLE_CONCURRENTLY,
        ("SCHEMA", False): Form.REINDEX_TABLE,
        ("DATABASE", True): Form.REINDEX_TABLE_CONCURRENTLY,
        ("DATABASE", False): Form.REINDEX_TABLE,
    }
    form = forms.get((kind, concurrently))
    if form is None:
        return None
    if kind == "SCHEMA":
        return Meant(form=form, names=((tree.name, "*"),))
    return Meant(form=form, names=() if kind == "DATABASE" else (_name(tree.relation),))


def _name(relation: Tree) -> tuple[str, str]:
    return relation.schemaname, relation.relname


def _of_list(parts: list[str]) -> tuple[str, str]:
    return (parts[-2] if len(parts) > 1 else "", parts[-1])


def declared(form: Form, major: int) -> Declared | None:
    """The entry of the table for a form on a major."""
    return next((entry for entry in DECLARED if entry.form is form and major in entry.majors), None)


def locks_of(entry: Declared, known: Known, meant: list[int], partitions: list[int]) -> dict[int, LockMode]:
    """The strongest lock by OID that the entry takes, for the relations and partitions that the statement named."""
    found: dict[int, list[LockMode]] = {}
    for oid in meant:
        state = known.get(("relation", oid))
        if state is None:
            continue
        table = state.table or oid
        indexes = [oid] if state.table else [one.oid for one in known.values() if one.table == oid]
        for target, mode in entry.locks.items():
            on = {Target.TABLE: [table], Target.INDEX: indexes, Target.PARTITION: partitions}[target]
            for relation in on:
                found.setdefault(relation, []).append(mode)
    return {oid: max(modes, key=lambda one: one.strength) for oid, modes in found.items()}
