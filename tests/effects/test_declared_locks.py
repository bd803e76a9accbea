"""The table of locks is what probes show: another session holds a lock, and what the statement waits for is read.

Sampling pg_locks would miss a lock that is held for a moment. A held lock cannot be missed: the statement stands before
it until it is let go, and pg_locks tells which mode it asks for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from pgmason.effects.declared import declared, meant_by
from pgmason.locks import Form, LockMode, Target
from pgmason.postgres.scratch import scratch_database
from pgmason.postgres.server import Server
from pgmason.statements import needs_own_transaction, read_script

SETUP = """
CREATE TABLE t (id int, a int); INSERT INTO t SELECT g, g FROM generate_series(1, 50) g;
CREATE INDEX t_a ON t (a); ALTER TABLE t CLUSTER ON t_a;
CREATE TABLE pt (id int, k int) PARTITION BY RANGE (id);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (1) TO (100);
CREATE INDEX pt_k ON pt (k);
"""
# Form -> a statement of it, and the relations that stand for its targets.
STATEMENTS = {
    Form.CREATE_INDEX_CONCURRENTLY: ("CREATE INDEX CONCURRENTLY x ON t (id)", {Target.TABLE: "t"}),
    Form.DROP_INDEX_CONCURRENTLY: ("DROP INDEX CONCURRENTLY t_a", {Target.TABLE: "t", Target.INDEX: "t_a"}),
    Form.REINDEX_INDEX_CONCURRENTLY: ("REINDEX INDEX CONCURRENTLY t_a", {Target.TABLE: "t", Target.INDEX: "t_a"}),
    Form.REINDEX_TABLE_CONCURRENTLY: ("REINDEX TABLE CONCURRENTLY t", {Target.TABLE: "t", Target.INDEX: "t_a"}),
    Form.DETACH_PARTITION_CONCURRENTLY: (
        "ALTER TABLE pt DETACH PARTITION pt1 CONCURRENTLY",
        {Target.TABLE: "pt", Target.PARTITION: "pt1"},
    ),
    Form.REINDEX_INDEX: ("REINDEX INDEX pt_k", {Target.TABLE: "pt1", Target.INDEX: "pt1_k_idx"}),
    Form.REINDEX_TABLE: ("REINDEX SCHEMA public", {Target.TABLE: "t", Target.INDEX: "t_a"}),
    Form.VACUUM: ("VACUUM t", {Target.TABLE: "t"}),
    Form.VACUUM_FULL: ("VACUUM FULL t", {Target.TABLE: "t", Target.INDEX: "t_a"}),
    Form.CLUSTER: ("CLUSTER", {Target.TABLE: "t", Target.INDEX: "t_a"}),
}
WAITING = """
SELECT l.locktype, l.relation::regclass::text, l.mode FROM pg_catalog.pg_locks l WHERE l.pid = %s AND NOT l.granted"""
SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One scratch database with three sessions: who holds, who looks, and who runs the statement."""

    holder: Connection[Any]
    eye: Connection[Any]
    session: Connection[Any]

    def waits_for(self, hold: str, statement: str) -> set[tuple[str, str, str]]:
        """The first thing the statement waits for while another session did `hold` and is open; nothing if it ends."""
        self.session.execute("DROP TABLE IF EXISTS t, pt, pt1")
        self.session.execute(SETUP)
        self.holder.execute("BEGIN")
        self.holder.execute(hold)
        failed: list[psycopg.Error] = []

        def run() -> None:
            try:
                self.session.execute(statement)
            except psycopg.Error as exc:
                failed.append(exc)

        running = threading.Thread(target=run)
        running.start()
        seen: set[tuple[str, str, str]] = set()
        end = time.monotonic() + SECONDS
        while running.is_alive() and not seen and time.monotonic() < end:
            rows = self.eye.execute(WAITING, [self.session.info.backend_pid])
            seen = {(kind, name or "", mode) for kind, name, mode in rows}
            time.sleep(0.002)
        self.holder.execute("ROLLBACK")
        running.join(SECONDS)
        assert not running.is_alive()
        assert not failed, failed
        return seen


@pytest.fixture(scope="module")
def bench_of(servers: Callable[[int], Server]) -> Iterator[Callable[[int], Bench]]:
    with ExitStack() as stack:
        made: dict[int, Bench] = {}

        def of(major: int) -> Bench:
            if major not in made:
                scratch = stack.enter_context(scratch_database(servers(major)))
                holder, eye = (stack.enter_context(scratch.observer()) for _ in range(2))
                for connection in (holder, eye):
                    connection.execute("SET search_path = public")
                session = stack.enter_context(scratch.session(seconds=600))
                made[major] = Bench(holder=holder, eye=eye, session=session)
            return made[major]

        yield of


def hold(form: Form, mode: LockMode, relation: str, target: Target) -> str:
    """What holds a lock on exactly that relation; on an index the weakest that does not meet the table's lock first."""
    if target is not Target.INDEX:
        return f"LOCK TABLE {relation} IN {mode.sql} MODE"
    if form in (Form.REINDEX_INDEX, Form.REINDEX_TABLE):  # readers pass the table, and planning locks its indexes
        return f"SELECT FROM {'pt1' if relation.startswith('pt1') else 't'}"
    return f"ALTER INDEX {relation} SET (fillfactor = 80)"  # SHARE UPDATE EXCLUSIVE on the index alone


def weakest_conflict(mode: LockMode) -> LockMode:
    return next(other for other in LockMode if other.conflicts_with(mode))


def strongest_beside(mode: LockMode) -> LockMode | None:
    beside = [other for other in LockMode if not other.conflicts_with(mode)]
    return max(beside, key=lambda other: other.strength, default=None)


@pytest.mark.parametrize("major", [15, 18])
@pytest.mark.parametrize("form", list(STATEMENTS), ids=lambda form: form.name.lower())
def test_each_declared_lock_is_the_one_that_a_held_lock_shows(
    form: Form, major: int, bench_of: Callable[[int], Bench]
) -> None:
    bench = bench_of(major)
    statement, relations = STATEMENTS[form]
    entry = declared(form, major)
    assert entry is not None
    assert set(entry.locks) == set(relations)
    waits = False
    for target, relation in relations.items():
        mode = entry.locks[target]
        seen = bench.waits_for(hold(form, weakest_conflict(mode), relation, target), statement)
        assert ("relation", relation, mode.value) in seen, (relation, seen)
        beside = None if target is Target.INDEX else strongest_beside(mode)
        if beside is not None:
            seen = bench.waits_for(hold(form, beside, relation, target), statement)
            assert not {one for one in seen if one[0] == "relation"}, (relation, beside, seen)
            # an open writer: waited for without a lock, or not waited for
            waits = waits or any(kind == "virtualxid" for kind, _, _ in seen)
    assert waits == entry.waits_out_transactions


def test_the_form_of_a_statement_is_read_from_its_tree() -> None:
    for form, (text, _) in STATEMENTS.items():
        (statement,) = read_script(text).statements
        meant = meant_by(statement)
        assert meant is not None
        assert meant.form is form or form is Form.REINDEX_TABLE
        # a partitioned index is one only to the server
        assert needs_own_transaction(statement) or form is Form.REINDEX_INDEX
