"""What can be told of a statement that PostgreSQL refuses in a transaction block, and that commits on the way?

It runs for real. Its locks come from the table in `locks.py`, on the relations that its text means; and the server's
cumulative counters before and after tell which tables it read and wrote.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pgmason.effects.asking import to_ask
from pgmason.effects.declared import declared, locks_of, meant_by
from pgmason.effects.differences import compare
from pgmason.effects.execution import send
from pgmason.effects.known import Address, Known
from pgmason.effects.model import Basis, Effect, Ending, ObjectChange, Outcome, Rewrite
from pgmason.effects.observe import Counters, Held
from pgmason.effects.progress import Progress
from pgmason.effects.reckoning import locks_by_name, rows_changed, scans_made, settings_changed, unfinished_among
from pgmason.effects.row_dependence import row_dependences
from pgmason.locks import LockMode
from pgmason.statements import Statement, says_again

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["run_alone"]

# Statements of this kind that lock no relation of the product's: databases, tablespaces, the session.
_LOCKLESS = frozenset({
    "createdb_stmt", "dropdb_stmt", "alter_database_stmt", "create_table_space_stmt", "drop_table_space_stmt",
    "alter_system_stmt", "create_subscription_stmt", "alter_subscription_stmt", "drop_subscription_stmt",
    "discard_stmt", "transaction_stmt",
})  # fmt: skip


def run_alone(progress: Progress, statement: Statement, number: int) -> Effect:
    """Run a statement that PostgreSQL refuses in a transaction block, for real."""
    current = progress.opened()
    before = progress.known
    locks, basis, incomplete, waits = _locks_of(progress.traced.session, statement, before, progress.traced.major)
    progress.traced.look(more=False)  # counters are flushed when this ends, and
    counted_before = _written_so_far(progress.traced.observer)
    progress.traced.look(more=False)  # when the statement ends
    progress.traced.notices.clear()
    started = time.perf_counter()
    error = send(progress.traced.session, statement.text, statement.copy_data)
    elapsed_ms = (time.perf_counter() - started) * 1000
    if error is not None:
        error = progress.traced.check(error)
    heard = tuple(progress.traced.notices)
    counted: Mapping[int, Counters] = {}
    settings = progress.settings
    objects: tuple[ObjectChange, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    asked: set[Address] = set()
    if not progress.traced.session.closed:
        sight = progress.traced.look(more=False)
        asked = {("relation", oid) for oid in locks} | to_ask(sight, {}, before)
        if not locks or statement.form in ("reindex_stmt", "vacuum_stmt", "cluster_stmt"):
            asked |= set(before)
        after = progress.traced.states(asked)
        counted = _written_since(progress.traced.observer, counted_before)
        difference = compare(
            before,
            after,
            asked=asked,
            notes=sight.notes,
            start=progress.start,
            newest=progress.first_newest,
            refreshes=False,
        )
        progress.known, progress.start = difference.known, difference.start
        objects, rewrites = difference.objects, difference.rewrites
        settings = sight.settings
    for oid, mode in locks.items():
        current.locks[oid], current.taken_by[oid] = mode, number
    if error is not None and basis is Basis.DECLARED:
        incomplete = incomplete or "it failed on the way, and may not have taken each of its locks"
    current.incomplete = incomplete
    held = [
        Held(relation=oid, modes=frozenset({locks[oid]} if oid in locks else ()), filenode=None, counters=one)
        for oid, one in counted.items()
    ]
    effect = Effect(
        statement=statement,
        number=number,
        outcome=Outcome.DONE if error is None else Outcome.FAILED,
        transaction=current.number,
        in_block=False,
        error=error,
        elapsed_ms=elapsed_ms,
        locks=locks_by_name(locks, before, lambda address: address in progress.start),
        locks_on_new=locks_by_name(locks, before, lambda address: address not in progress.start),
        basis=basis,
        locks_incomplete=incomplete,
        waits_out_transactions=waits,
        rewrites=rewrites,
        scans=scans_made(held, counted, before, progress.known, progress.start, rewrites),
        objects=objects,
        rows=rows_changed(counted, before, progress.known, progress.start),
        not_valid=unfinished_among(progress.known, objects, "constraint"),
        invalid_indexes=unfinished_among(progress.known, objects, "index"),
        settings=progress.settings,
        settings_changed=settings_changed(progress.settings, settings),
        depends_on_rows=row_dependences(objects, {}, {}),
        notices=heard,
    )
    progress.settings = settings
    current.effects.append(effect)
    known = progress.known
    progress.close(Ending.COMMITTED if error is None else Ending.FAILED)
    progress.known = known  # what it committed on the way stays, whether it failed or not
    progress.committed = True
    return effect


def _locks_of(
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


def _written_so_far(observer: Connection[Any]) -> dict[int, Counters]:
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


def _written_since(observer: Connection[Any], before: Mapping[int, Counters]) -> dict[int, Counters]:
    """What was counted since, of each table and index where anything was."""
    since = {oid: now.since(before.get(oid, Counters())) for oid, now in _written_so_far(observer).items()}
    return {oid: counters for oid, counters in since.items() if counters != Counters()}
