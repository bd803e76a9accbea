"""What has a statement to do with transaction blocks: does it make one, does PostgreSQL refuse it in one?

Left to others: what follows for a script that holds such a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pgmason.statements.script import Statement
from pgmason.statements.tree import Tree, enum_name


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionStep:
    """What BEGIN, COMMIT and their kin ask for.

    `kind` is libpg_query's name without its prefix: BEGIN, START, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK_TO,
    PREPARE, COMMIT_PREPARED, ROLLBACK_PREPARED. `savepoint` is its name, or "". `chain`: AND CHAIN.
    """

    kind: str
    savepoint: str
    chain: bool


def transaction_step(statement: Statement) -> TransactionStep | None:
    """What a statement asks of the transaction; None where it does not control one."""
    if not transaction_control(statement):
        return None
    tree = statement.tree
    return TransactionStep(
        kind=enum_name(tree, "kind").removeprefix("TRANS_STMT_"),
        savepoint=tree.savepoint_name,
        chain=bool(tree.chain),
    )


def transaction_control(statement: Statement) -> bool:
    """Whether it begins, ends or marks a transaction: BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, PREPARE ..."""
    return statement.form == "transaction_stmt"


def needs_own_transaction(statement: Statement) -> bool:
    """Whether PostgreSQL refuses the statement inside a transaction block (SQLSTATE 25001).

    True only where the text alone says so. Not seen: CALL and DO whose body commits; CLUSTER and REINDEX of a
    partitioned table or index; DROP SUBSCRIPTION once its slot is set to NONE (which then would be allowed). Sources
    are in the table; the notes on transaction blocks stand under each command in the PostgreSQL manual, part VI.
    """
    alone = _OWN_TRANSACTION.get(statement.form)
    return alone is not None and alone(statement.tree)


def _always(_: Tree) -> bool:
    return True


def _reindexes_alone(tree: Tree) -> bool:
    kind = enum_name(tree, "kind").removeprefix("REINDEX_OBJECT_")
    return kind in ("SCHEMA", "SYSTEM", "DATABASE") or _switched(tree.params, "concurrently", unsaid=False)


def _detaches_concurrently(tree: Tree) -> bool:
    return any(getattr(cmd.alter_table_cmd, "def").partition_cmd.concurrent for cmd in tree.cmds)


def _creates_slot(tree: Tree) -> bool:
    connects = _switched(tree.options, "connect", unsaid=True)
    return _switched(tree.options, "create_slot", unsaid=connects)


def _alters_slots(tree: Tree) -> bool:
    match enum_name(tree, "kind").removeprefix("ALTER_SUBSCRIPTION_"):
        case "REFRESH":
            return True
        case "SET_PUBLICATION" | "ADD_PUBLICATION" | "DROP_PUBLICATION":
            return _switched(tree.options, "refresh", unsaid=True)
        case "OPTIONS":
            says_failover = any(option.def_elem.defname == "failover" for option in tree.options)
            return says_failover or not _switched(tree.options, "two_phase", unsaid=True)
        case _:
            return False


_OWN_TRANSACTION: Mapping[str, Callable[[Tree], bool]] = {
    "index_stmt": lambda tree: bool(tree.concurrent),  # CREATE INDEX, Building Indexes Concurrently
    "drop_stmt": lambda tree: bool(tree.concurrent),  # DROP INDEX, CONCURRENTLY
    "reindex_stmt": _reindexes_alone,  # REINDEX, Notes
    "alter_table_stmt": _detaches_concurrently,  # ALTER TABLE, DETACH PARTITION
    "vacuum_stmt": lambda tree: bool(tree.is_vacuumcmd),  # VACUUM, Notes; ANALYZE has the same node and is free
    "cluster_stmt": lambda tree: not tree.HasField("relation"),  # CLUSTER, Description: without a table
    "createdb_stmt": _always,  # CREATE DATABASE, Notes
    "dropdb_stmt": _always,  # DROP DATABASE, Notes
    "alter_database_stmt": lambda tree: _says(tree.options, "tablespace"),  # ALTER DATABASE, SET TABLESPACE
    "create_table_space_stmt": _always,  # CREATE TABLESPACE, Notes
    "drop_table_space_stmt": _always,  # DROP TABLESPACE, Notes
    "alter_system_stmt": _always,  # ALTER SYSTEM, Notes
    "create_subscription_stmt": _creates_slot,  # CREATE SUBSCRIPTION, Notes
    "alter_subscription_stmt": _alters_slots,  # ALTER SUBSCRIPTION, Description
    "drop_subscription_stmt": _always,  # DROP SUBSCRIPTION, Notes
    "discard_stmt": lambda tree: enum_name(tree, "target") == "DISCARD_ALL",  # DISCARD, Notes
    "transaction_stmt": lambda tree: enum_name(tree, "kind").endswith("_PREPARED"),  # COMMIT PREPARED, Notes
}


def _says(options: Iterable[Tree], name: str) -> bool:
    return any(option.def_elem.defname == name for option in options)


def _switched(options: Iterable[Tree], name: str, *, unsaid: bool) -> bool:
    """A boolean option: named without a value it is on. (PostgreSQL manual, REINDEX, parameter `boolean`)"""
    for option in options:
        if option.def_elem.defname == name:
            value = option.def_elem.arg
            kind = value.WhichOneof("node")
            if kind == "integer":
                return bool(value.integer.ival)
            if kind == "boolean":
                return bool(value.boolean.boolval)
            return str(value.string.sval).lower() not in ("false", "off")
    return unsaid
