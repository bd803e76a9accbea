"""The witness sees what was measured: each of 130 statements with its locks, rewrites and scans, on 15 and on 18."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from lock_facts import LockFact, lock_facts, shared

from pgmason.effects.model import Effect, Outcome, Trace
from pgmason.effects.witness import Witness, watching
from pgmason.locks import LockMode
from pgmason.postgres.scratch import scratch_database, stand_in_roles
from pgmason.postgres.server import Server
from pgmason.sources.units import Frame, Unit
from pgmason.statements import read_script

# The relations that the measured table shows: tables, partitions, materialized views, and of the indexes this one.
SHOWN_KINDS = ("table", "materialized view")
SHOWN_INDEX = "t_a"
# PostgreSQL drops the index over a column whose type changes and makes it again under its name. The measured table
# went by OID and does not show it; the witness goes by name and tells that t_a was built anew.
MADE_AGAIN = {"alter table t alter a type bigint": "t_a", "alter table t alter a type int2": "t_a"}


def traced(witness: Witness, sql: str) -> Trace:
    return witness.trace(Unit(name="fact", file="fact.sql", text=sql, frame=Frame.STATEMENTS), read_script(sql))


def rolled_back(witness: Witness, sql: str) -> Effect:
    """The effect of the last statement of `sql`, in a transaction that is rolled back."""
    trace = traced(witness, f"BEGIN; {sql}; ROLLBACK")
    effects = [one for one in trace.effects if one.outcome is not Outcome.NOT_REACHED]
    return effects[-1] if effects[-1].outcome is Outcome.FAILED else effects[-2]


def locks_shown(effect: Effect) -> dict[str, str]:
    return {
        relation.own_name: mode.value.removesuffix("Lock")
        for relation, mode in effect.locks.items()
        if mode is not LockMode.ACCESS_SHARE and (relation.kind in SHOWN_KINDS or relation.own_name == SHOWN_INDEX)
    }


def rewrites_shown(effect: Effect) -> set[str]:
    return {
        one.relation.own_name
        for one in effect.rewrites
        if one.existing and (one.relation.kind in SHOWN_KINDS or one.relation.own_name == SHOWN_INDEX)
    }


def scans_shown(effect: Effect) -> set[str]:
    return {scan.relation.own_name for scan in effect.scans if scan.existing and scan.whole and scan.rows_read}


@pytest.fixture(scope="module")
def fixture_of(servers: Callable[[int], Server]) -> Iterator[Callable[[int], Witness]]:
    """The fixture's database under watch, once a major."""
    with ExitStack() as stack:
        made: dict[int, Witness] = {}

        def witness(major: int) -> Witness:
            if major not in made:
                server = servers(major)
                stand_in_roles(server, ["postgres"])
                scratch = stack.enter_context(scratch_database(server))
                with scratch.session() as session:
                    session.execute(shared("lock-facts-fixture.sql"))
                made[major] = stack.enter_context(watching(scratch))
            return made[major]

        yield witness


def all_seen(facts: list[LockFact], witness: Witness) -> dict[int, Effect]:
    """The effect of each fact by its line: one file with a transaction each, which goes on behind one that fails."""
    found: dict[int, Effect] = {}
    waiting = [fact for fact in facts if not fact.first]
    while waiting:
        statements = [len(read_script(fact.sql).statements) for fact in waiting]
        trace = traced(witness, "; ".join(f"BEGIN; {fact.sql}; ROLLBACK" for fact in waiting))
        position = 0
        done = 0
        for fact, count in zip(waiting, statements, strict=True):
            done += 1
            effect = trace.effects[position + count]
            found[fact.line] = effect
            position += count + 2
            if effect.outcome is Outcome.FAILED:
                break
        waiting = waiting[done:]
    for fact in facts:
        if fact.first:  # committed first: in a database of its own
            with scratch_database(witness.scratch.server) as scratch:
                with scratch.session() as session:
                    session.execute(shared("lock-facts-fixture.sql"))
                    session.execute("; ".join(fact.first))
                with watching(scratch) as own:
                    found[fact.line] = rolled_back(own, fact.sql)
    return found


@pytest.fixture(scope="module")
def seen_on(fixture_of: Callable[[int], Witness]) -> Callable[[int], dict[int, Effect]]:
    """Every fact's effect on a major, by the fact's line; run once."""
    return cache(lambda major: all_seen(lock_facts(), fixture_of(major)))


def differences(fact: LockFact, effect: Effect) -> list[str]:
    if fact.error:
        said = effect.error.message if effect.error else "no error"
        return [] if said == fact.error else [f"error: {said!r}, not {fact.error!r}"]
    if effect.error:
        return [f"failed: {effect.error.message}"]
    expected = set(fact.rewritten) | ({MADE_AGAIN[fact.sql]} if fact.sql in MADE_AGAIN else set())
    found = []
    if locks_shown(effect) != fact.locks:
        found.append(f"locks {locks_shown(effect)}, not {fact.locks}")
    if rewrites_shown(effect) != expected:
        found.append(f"rewrites {sorted(rewrites_shown(effect))}, not {sorted(expected)}")
    if scans_shown(effect) != set(fact.scanned):
        found.append(f"scans {sorted(scans_shown(effect))}, not {sorted(fact.scanned)}")
    return found


# What 18 does otherwise than 15; ACCESS SHARE waits for ACCESS EXCLUSIVE alone.
ON_18 = {
    "alter table t alter b set compression lz4": "no difference of 18: the embedded build is made without lz4",
}

# GRANT and REVOKE name their tables under ACCESS SHARE from 18 on, under no lock up to 17 (measured on 15.18, 16.15,
# 17.11 and 18.6). The cause is commit d31bbfb6590e of November 2024, "Proper object locking for GRANT/REVOKE" (Peter
# Eisentraut; pgsql-hackers, from October 28, 2024): objectNamesToOids() in catalog/aclchk.c looks names up with
# AccessShareLock, where its own comment had complained of the missing lock. The release notes of 18.0 do not name it.
GRANTS_ON_18 = {
    "grant select on t to public": "t",
    "revoke select on t from public": "t",
}

# What a new constraint depends on is held in ACCESS SHARE when the dependency is recorded, so that nobody drops it
# meanwhile: here the index of the key that a foreign key references. No difference of majors but of minor releases,
# and in the release notes of August 13, 2026, here those of 18.6 and 15.19: "Prevent creation of dangling object
# dependencies by acquiring a shared lock on any object being depended on (Bertrand Drouvot)", commits c8cd3d697 and
# f9d5a52da for 18, 5fa137727 and ef3d7b15e for 15; dependencyLockAndCheckObject() in catalog/pg_depend.c. Measured:
# 16.15, 17.11 and 18.6, all of that day, take the lock; 15.18, of May, does not.
DEPENDENCIES_HELD = {
    "alter table t add column c1 int references p(id)": "p_pkey",
    "alter table t add constraint f foreign key(a) references p(id) not valid": "p_pkey",
    "alter table pt1 add constraint pf1 foreign key(id) references p(id) not valid": "p_pkey",
    "alter table pt add constraint pf foreign key(id) references p(id)": "p_pkey",  # where it is attached, not made
    "create table n(id int references p(id))": "p_pkey",
    "alter table t alter a type bigint": "p_pkey",
    "alter table t alter a type int2": "p_pkey",
    "alter table t alter a type int using a::int": "p_pkey",
}


def holds_dependencies(server: Server) -> bool:
    """Whether this build takes locks on what is depended on, as its own messages tell (15.19 and later, 18.6)."""
    return b"referenced %s was concurrently dropped" in (server.choice.installation.bin / "postgres").read_bytes()


@pytest.mark.parametrize("major", [15, 18])
def test_every_measured_statement_shows_its_locks_rewrites_and_scans(
    major: int, seen_on: Callable[[int], dict[int, Effect]]
) -> None:
    facts = lock_facts()
    assert len(facts) == 130
    seen = seen_on(major)
    wrong = {
        f"{fact.line}: {fact.sql}": found
        for fact in facts
        if (found := differences(fact, seen[fact.line])) and not (major == 18 and fact.sql in ON_18)
    }
    assert not wrong, "\n".join(f"{key}\n    {value}" for key, value in wrong.items())


def test_18_differs_from_15_in_what_is_listed_and_nothing_else(
    seen_on: Callable[[int], dict[int, Effect]], servers: Callable[[int], Server]
) -> None:
    """All relations, all modes, all objects: also those that the measured table does not show."""
    assert holds_dependencies(servers(18))
    on_15, on_18 = seen_on(15), seen_on(18)
    differ: dict[str, str] = {}
    for fact in lock_facts():
        one, other = on_15[fact.line], on_18[fact.line]
        if fact.error or fact.sql in ON_18:
            continue
        more = {relation: mode for relation, mode in other.locks.items() if one.locks.get(relation) is not mode}
        assert set(one.locks) <= set(other.locks), fact.sql
        assert set(more.values()) <= {LockMode.ACCESS_SHARE}, fact.sql
        for relation in more:
            differ[fact.sql] = relation.own_name
        assert one.rewrites == other.rewrites, fact.sql
        told = [[(change.verb, change.object, change.now) for change in each.objects] for each in (one, other)]
        assert sorted(told[0]) == sorted(told[1]), fact.sql
    both = holds_dependencies(servers(15))  # a later 15 does as 18 does
    assert differ == GRANTS_ON_18 | ({} if both else DEPENDENCIES_HELD)
