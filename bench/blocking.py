"""What does each statement of a file do while others wait, at two sizes of the tables? The measuring of outages.

Nothing of pgmason's witness is asked here: a file runs in the frame of its runner, and the session itself is asked
after each statement. Three things are read:

    locks   pg_locks of the session: the relations that were there before the file and that are held, by this statement
            or an earlier one of its transaction, in a mode that excludes reads (ACCESS SHARE) or writes (ROW
            EXCLUSIVE). A statement that refuses a transaction is watched by another session instead, every two
            milliseconds; a lock counts that was seen in a tenth of the looks, and three times.
    work    the session's own counters of every relation: blocks looked at, rows returned, fetched, inserted, updated
            and deleted, added up. They do not depend on how busy the machine is. Those of the first round count.
    ms      the shortest time of several rounds; each but the last is rolled back.

and decided so, between 1,000 and 100,000 rows in every table that the file touches:

    grows   ten times as much work, and at least one unit of it for a hundred rows that were added; or, where the
            counters see nothing, three times the time and 5 ms more in the shortest of at least five rounds
    outage  it grows, and a relation is held as above meanwhile

Which tables a file touches is found by running it on three rows; a file that holds no such lock there is not run on
more. Tables that a unique key ties row by row to those that they refer to have these filled as well; one that holds
less than half of the rows even so is told as thin, and what was measured of it shows no growth. Where a statement
compares a column with values that are written in it, a share of the rows gets each of these, if its constraints let
it: a condition that no row meets would show nothing. SET CONSTRAINTS ALL IMMEDIATE stands at the end of each
transaction for the checks that COMMIT makes.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pgmason.effects.before import clone_of
from pgmason.effects.execution import send
from pgmason.locks import LockMode
from pgmason.postgres.scratch import offer_extensions, stand_in_roles
from pgmason.samples import Wanted
from pgmason.samples.making import fill_tables
from pgmason.sources.units import Frame, Unit
from pgmason.statements import (
    Script,
    Statement,
    extensions_created,
    needs_own_transaction,
    read_script,
    roles_named,
    shape_of,
    transaction_step,
)

if TYPE_CHECKING:
    from psycopg import Connection

    from pgmason.postgres.scratch import Scratch
    from pgmason.postgres.server import Server
    from pgmason.sources import Context

__all__ = ["COMMIT", "LARGE", "MEASURING", "SMALL", "FileMeasured", "Measured", "Seen", "conditions_of", "measure_file"]

MEASURING = "1"  # a change in what is measured, or in how it is decided, makes older results unusable

FEW, SMALL, LARGE = 3, 1_000, 100_000
ROUNDS = {FEW: 1, SMALL: 3}
LARGE_ROUNDS = 2
VALUES = 8  # of one comparison: more are a list of keys
MORE_ROUNDS = 4  # where the time grows and the counters do not
COMMIT = "COMMIT"

_RELATIONS = """
SELECT c.oid::bigint, n.nspname, c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S') AND c.relpersistence <> 't'
  AND NOT (c.relkind = 'm' AND NOT c.relispopulated)  -- nobody can read it before it is filled
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"""
# The tables that a unique key of foreign keys alone keeps as small as those that they refer to.
_TIED = """
SELECT DISTINCT n.nspname, c.relname, pn.nspname, p.relname
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f' AND f.conkey && i.indkey::int2[]
JOIN pg_catalog.pg_class p ON p.oid = f.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE i.indisunique AND i.indrelid >= 16384 AND NOT EXISTS (
  SELECT FROM unnest(i.indkey::int2[]) k WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint g WHERE g.conrelid = c.oid AND g.contype = 'f' AND k = ANY (g.conkey)))"""
_PLAIN = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.oid >= 16384"""
_HELD = """
SELECT l.relation::bigint, l.mode FROM pg_catalog.pg_locks l
WHERE l.pid = {} AND l.locktype = 'relation' AND l.granted AND l.relation >= 16384"""
_WORK = """
SELECT c.oid::bigint, pg_catalog.{0}blocks_fetched(c.oid) + pg_catalog.{0}tuples_returned(c.oid)
  + pg_catalog.{0}tuples_fetched(c.oid) + pg_catalog.{0}tuples_inserted(c.oid) + pg_catalog.{0}tuples_updated(c.oid)
  + pg_catalog.{0}tuples_deleted(c.oid) FROM pg_catalog.pg_class c WHERE c.oid >= 16384"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One statement at one size. `blocked` has what is held so that others wait, by name; `touched` all that is held.

    `error` is the server's refusal; what comes behind it in the file was not reached, and has no Seen.
    """

    work: int = 0
    ms: float = 0.0
    blocked: Mapping[str, str] = field(default_factory=dict)
    touched: frozenset[tuple[str, str]] = frozenset()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One statement at both sizes; `number` counts the file's statements from 1, and 0 is a COMMIT at `line`."""

    number: int
    line: int
    form: str
    small: Seen
    large: Seen

    @property
    def grows(self) -> bool:
        """Whether its time grows with the tables, by the rule above."""
        return work_grows(self.small, self.large) or time_grows(self.small, self.large)

    @property
    def outage(self) -> bool:
        return bool(self.large.blocked) and self.grows


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMeasured:
    """The statements of a file, and the tables that do not hold the rows that were wanted."""

    statements: tuple[Measured, ...] = ()
    thin: tuple[str, ...] = ()


def work_grows(small: Seen, large: Seen) -> bool:
    """By the counters."""
    return large.work >= 10 * small.work and large.work - small.work >= (LARGE - SMALL) // 100


def time_grows(small: Seen, large: Seen) -> bool:
    """By the clock alone."""
    return large.ms >= 3 * small.ms and large.ms - small.ms >= 5


def measure_file(server: Server, before: Sequence[Unit], unit: Unit, context: Context) -> FileMeasured:
    """Each statement of a file on the state that the units before it make; none where nobody waits for any of it.

    Ends with the first statement that PostgreSQL refuses at any size.
    """
    script = read_script(unit.text, file=unit.file)
    stand_in_roles(server, roles_named(script))
    offer_extensions(server, extensions_created(script))
    with _sized(server, before, context, FEW, frozenset(), script) as (scratch, _):
        few = _observe(scratch, unit, script, FEW, {})
    if not any(seen.blocked for seen in few.values()):
        return FileMeasured()
    touched = frozenset(path for seen in few.values() for path in seen.touched)
    with _sized(server, before, context, SMALL, touched, script) as (scratch, _):
        small = _observe(scratch, unit, script, SMALL, {})
    with _sized(server, before, context, LARGE, touched, script) as (scratch, thin):
        large = _observe(scratch, unit, script, LARGE, small)
    measured = (
        Measured(
            number=max(key, 0),
            line=script.statements[abs(key) - 1].line,
            form=script.statements[key - 1].form if key > 0 else COMMIT,
            small=small[key],
            large=large[key],
        )
        for key in sorted(small, key=lambda key: (abs(key), key < 0))
        if key in large
    )
    return FileMeasured(statements=tuple(measured), thin=thin)


@contextmanager
def _sized(
    server: Server,
    before: Sequence[Unit],
    context: Context,
    rows: int,
    touched: frozenset[tuple[str, str]],
    script: Script,
) -> Iterator[tuple[Scratch, tuple[str, ...]]]:
    """The state with so many rows in the tables that are touched, and a few in all others; and those that are thin."""
    if rows == FEW:
        with clone_of(server, tuple(before), context, wanted=Wanted(rows=FEW)) as clone:
            yield clone.scratch, ()
        return
    with clone_of(server, tuple(before), context) as clone:
        with clone.scratch.session() as session:
            tied = [((child, of), (parent, its)) for child, of, parent, its in session.execute(_TIED.encode())]
            large = set(touched)
            while more := {parent for child, parent in tied if child in large} - large:
                large |= more
            fill_tables(session, Wanted(rows=FEW, of=dict.fromkeys(large, rows)))
            _meet(session, conditions_of(script))
            plain = set(session.execute(_PLAIN.encode()).fetchall())
            counts = {".".join(path): _count(session, path) for path in sorted(touched & plain)}
        yield clone.scratch, tuple(f"{name}: {count}" for name, count in counts.items() if count * 2 < rows)


def conditions_of(script: Script) -> tuple[tuple[str, str, str], ...]:
    """The comparisons of a table's column with a value that stand in the statements, in order."""
    looked_up = (lookup for one in script.statements for shape in shape_of(one.text) for lookup in shape.lookups)
    told = ((lookup.table, lookup.column, value) for lookup in looked_up for value in lookup.constants[:VALUES])
    return tuple(dict.fromkeys(one for one in told if all(one)))


def _meet(session: Connection[Any], conditions: Sequence[tuple[str, str, str]]) -> None:
    """Give one row in eight of each table the value that a condition asks for; each its own eighth."""
    from psycopg.sql import SQL, Identifier, Literal

    for number, (table, column, value) in enumerate(conditions):
        name = Identifier(table)
        share = SQL("UPDATE {} SET {} = {} WHERE abs(hashtext(ctid::text)) % 8 = {}").format(
            name, Identifier(column), Literal(value), Literal(number % 8)
        )
        steps = (
            SQL("BEGIN"), SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name), share,
            SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name), SQL("COMMIT"), SQL("ANALYZE {}").format(name),
        )  # fmt: skip
        if not all(send(session, step.as_string(session)) is None for step in steps):
            send(session, "ROLLBACK")


def _count(session: Connection[Any], path: tuple[str, str]) -> int:
    from psycopg.sql import SQL, Identifier

    row = session.execute(SQL("SELECT count(*) FROM {}").format(Identifier(*path))).fetchone()
    return int(row[0]) if row is not None else 0


def _parts(script: Script, frame: Frame) -> Iterator[tuple[list[tuple[int, Statement]], bool]]:
    """The transactions of a file: its statements with their numbers, and whether PostgreSQL lets them be in a block.

    The file's own BEGIN, COMMIT and ROLLBACK are where the parts end, and in none.
    """
    whole = frame is not Frame.STATEMENTS and not (frame is Frame.WHOLE and len(script.statements) == 1)
    part: list[tuple[int, Statement]] = []
    opened = whole
    for number, statement in enumerate(script.statements, start=1):
        step = transaction_step(statement)
        if step is not None and step.kind in ("BEGIN", "COMMIT", "ROLLBACK"):
            if part:
                yield part, True
            part, opened = [], step.kind == "BEGIN" or (whole and frame is Frame.TRANSACTION)
        elif opened:
            part.append((number, statement))
        else:
            yield [(number, statement)], not needs_own_transaction(statement)
    if part:
        yield part, True


def _observe(scratch: Scratch, unit: Unit, script: Script, rows: int, against: Mapping[int, Seen]) -> dict[int, Seen]:
    """What each statement does, by its number; the COMMIT behind statement n is -n. `against` was seen at SMALL."""
    told: dict[int, Seen] = {}
    with scratch.session() as session:
        there = {oid: (schema, name) for oid, schema, name in session.execute(_RELATIONS.encode()).fetchall()}
        for part, in_block in _parts(script, unit.frame):
            if not in_block:
                told |= _alone(scratch, session, part[0], there)
            else:
                told |= _in_rounds(session, part, there, rows, against)
            if any(seen.error for seen in told.values()):
                break
    return told


def _in_rounds(
    session: Connection[Any],
    part: Sequence[tuple[int, Statement]],
    there: Mapping[int, tuple[str, str]],
    rows: int,
    against: Mapping[int, Seen],
) -> dict[int, Seen]:
    first = _round(session, part, there)
    told, left = first, ROUNDS.get(rows, LARGE_ROUNDS) - 1
    more = MORE_ROUNDS
    while left or (more and _unexplained(against, told)):
        send(session, "ROLLBACK")
        again = _round(session, part, there)
        told = {key: replace(seen, ms=min(seen.ms, again[key].ms)) for key, seen in told.items() if key in again}
        more -= not left
        left = max(left - 1, 0)
    send(session, "COMMIT")
    return told


def _unexplained(against: Mapping[int, Seen], told: Mapping[int, Seen]) -> bool:
    """Whether a statement that others wait for took longer, though the counters say that it did no more."""
    return any(
        seen.blocked and key in against and time_grows(against[key], seen) and not work_grows(against[key], seen)
        for key, seen in told.items()
    )


def _round(
    session: Connection[Any], part: Sequence[tuple[int, Statement]], there: Mapping[int, tuple[str, str]]
) -> dict[int, Seen]:
    """The statements once, in a transaction that is left open."""
    told: dict[int, Seen] = {}
    send(session, "BEGIN")
    held_query, work_query = _HELD.format("pg_catalog.pg_backend_pid()").encode(), _work(within=True)
    sent = [(number, one.text, one.copy_data) for number, one in part]
    for number, text, copy_data in [*sent, (-part[-1][0], "SET CONSTRAINTS ALL IMMEDIATE", None)]:
        before = dict(session.execute(work_query).fetchall())
        began = time.perf_counter()
        error = send(session, text, copy_data)
        ms = (time.perf_counter() - began) * 1000
        if error is not None:
            told[number] = Seen(error=f"{error.sqlstate} {error.message}")
            break
        held = session.execute(held_query).fetchall()
        after = dict(session.execute(work_query).fetchall())
        told[number] = _seen(before, after, ms, held, there)
    return told


def _alone(
    scratch: Scratch, session: Connection[Any], numbered: tuple[int, Statement], there: Mapping[int, tuple[str, str]]
) -> dict[int, Seen]:
    """A statement that refuses a transaction, watched while it runs."""
    number, statement = numbered
    flush, work_query = b"SELECT pg_catalog.pg_stat_force_next_flush()", _work(within=False)
    session.execute(flush)
    before = dict(session.execute(work_query).fetchall())
    looks: Counter[tuple[int, str]] = Counter()
    over = threading.Event()
    query = _HELD.format(int(session.info.backend_pid)).encode()

    def look() -> None:
        with scratch.observer() as observer:
            while not over.is_set():
                looks.update(observer.execute(query).fetchall())
                looks[0, ""] += 1
                over.wait(0.002)

    watcher = threading.Thread(target=look)
    watcher.start()
    began = time.perf_counter()
    error = send(session, statement.text, statement.copy_data)
    ms = (time.perf_counter() - began) * 1000
    over.set()
    watcher.join()
    if error is not None:
        return {number: Seen(error=f"{error.sqlstate} {error.message}")}
    held = [key for key, count in looks.items() if key[0] and count >= 3 and count * 10 >= looks[0, ""]]
    session.execute(flush)
    return {number: _seen(before, dict(session.execute(work_query).fetchall()), ms, held, there)}


def _work(*, within: bool) -> bytes:
    return _WORK.format("pg_stat_get_xact_" if within else "pg_stat_get_").encode()


def _seen(
    before: Mapping[int, int],
    after: Mapping[int, int],
    ms: float,
    held: Sequence[tuple[int, str]],
    there: Mapping[int, tuple[str, str]],
) -> Seen:
    blocked: dict[str, str] = {}
    for oid, word in sorted(held):
        mode = LockMode(word)
        if oid in there and mode.blocks_writes:
            name = ".".join(there[oid])
            if name not in blocked or LockMode[blocked[name].replace(" ", "_")].strength < mode.strength:
                blocked[name] = mode.sql
    return Seen(
        work=sum(max(count - before.get(oid, 0), 0) for oid, count in after.items()),
        ms=ms,
        blocked=blocked,
        touched=frozenset(there[oid] for oid, _ in held if oid in there),
    )
