"""What can be told of a statement that PostgreSQL refuses in a transaction block, and that commits on the way?

Its locks, from the table in `locks.py`, on the relations that its text means; and, from the server's cumulative
counters before and after, which tables it read and wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pgmason.effects.declared import declared, locks_of, meant_by
from pgmason.effects.known import Known
from pgmason.effects.model import Basis
from pgmason.effects.observe import Counters
from pgmason.locks import LockMode
from pgmason.statements import Statement, says_again

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["locks_of_alone", "written_since", "written_so_far"]

# Statements of this kind that lock no relation of the product's: databases, tablespaces, the session.
_LOCKLESS = frozenset({
    "createdb_stmt", "dropdb_stmt", "alter_database_stmt", "create_table_space_stmt", "drop_table_space_stmt",
    "alter_system_stmt", "create_subscription_stmt", "alter_subscription_stmt", "drop_subscription_stmt",
    "discard_stmt", "transaction_stmt",
})  # fmt: skip


def locks_of_alone(
    session: Connection[Any], statement: Statement, known: Known, major: int
) -> tuple[dict[int, LockMode], Basis, str | None, bool]:
    """Locks by OID, how they are known, why they are incomplete, and whether the statement waits for transactions."""
    if statement.form in _LOCKLESS:
        return {}, Basis.DECLARED, None, False
    meant = meant_by(statement)
    entry = declared(meant.form, major) if meant is not None else None
    if meant is None or entry is None:
        return {}, Basis.UNKNOWN, "it commits on the way, so its locks could not be observed", False
    named = _resolved(session, meant.names, known) if meant.names else _tables(known)
    partitions = _resolved(session, meant.partitions, known)
    return (
        locks_of(entry, known, named, partitions),
        Basis.DECLARED,
        # DROP INDEX CONCURRENTLY IF EXISTS of what is not there locks nothing
        None if named or says_again(statement) else "a relation that it names was not found",
        entry.waits_out_transactions,
    )


def _tables(known: Known) -> list[int]:
    return [state.oid for state in known.values() if state.holds_rows]


def _resolved(session: Connection[Any], names: tuple[tuple[str, str], ...], known: Known) -> list[int]:
    """The OIDs of relations as the session's own search_path finds them, partitions of each among them."""
    found: list[int] = []
    for schema, name in names:
        if name == "*":
            found += [state.oid for state in known.values() if state.holds_rows and state.identity.path[0] == schema]
            continue
        row = session.execute(
            "SELECT pg_catalog.to_regclass(CASE WHEN %s::pg_catalog.text OPERATOR(pg_catalog.=) ''"
            " THEN pg_catalog.quote_ident(%s) ELSE pg_catalog.format('%%I.%%I', %s::pg_catalog.text,"
            " %s::pg_catalog.text) END)::pg_catalog.oid::pg_catalog.int8",
            [schema, name, schema, name],
        ).fetchone()
        if row is not None and row[0] is not None:
            found += _with_partitions(row[0], known)
    return found


def _with_partitions(oid: int, known: Known) -> list[int]:
    below = [state.oid for state in known.values() if oid in state.parents and state.attributes.get("partition of")]
    return [oid, *(inner for child in below for inner in _with_partitions(child, known))]


def written_so_far(observer: Connection[Any]) -> dict[int, Counters]:
    """The cumulative counters of every table and index, as flushed by now."""
    rows = observer.execute(
        "SELECT c.oid::pg_catalog.int8, pg_catalog.pg_stat_get_numscans(c.oid),"
        " pg_catalog.pg_stat_get_tuples_returned(c.oid), pg_catalog.pg_stat_get_tuples_fetched(c.oid),"
        " pg_catalog.pg_stat_get_tuples_inserted(c.oid), pg_catalog.pg_stat_get_tuples_updated(c.oid),"
        " pg_catalog.pg_stat_get_tuples_deleted(c.oid)"
        " FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relnamespace NOT IN (11, 99)"
        " AND c.relkind IN ('r', 'm', 'i')"
    ).fetchall()
    return {
        oid: Counters(
            scans=scans, returned=returned, fetched=fetched, inserted=inserted, updated=updated, deleted=deleted
        )
        for oid, scans, returned, fetched, inserted, updated, deleted in rows
    }


def written_since(observer: Connection[Any], before: Mapping[int, Counters]) -> dict[int, Counters]:
    """What was counted since, of each table and index where anything was."""
    since = {oid: now.since(before.get(oid, Counters())) for oid, now in written_so_far(observer).items()}
    return {oid: counters for oid, counters in since.items() if counters != Counters()}
