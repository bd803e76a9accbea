"""Does a load that runs twice, or dies half way and runs again, leave the same rows?

Of any command: one of pgmason's pipelines, a script of the product's, a compiled program. It is run on clones of a
database of our own, which it finds in DATABASE_URL: twice on one, once more on another (what differs between two
undisturbed runs is chance, such as a time or a random key, and is named and left out), and then on a clone each, killed
at moments spread over its time by SIGKILL to all of its processes, its sessions ended, and run again to its end. The
contents of every table are compared after each.

The ledger of pgmason's own pipelines is left out: each run writes an entry there by design.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.errors import PgmasonError, WrongUse
from pgmason.names import quoted
from pgmason.rows.digest import TableDigest, digest_tables

if TYPE_CHECKING:
    from psycopg import Connection

    from pgmason.postgres.scratch import Scratch
    from pgmason.postgres.server import Server

__all__ = ["CommandFailed", "Difference", "Proof", "Trial", "prove", "prove_on"]

Contents = dict[tuple[str, str], TableDigest]
OUTPUT_LINES = 20
GONE_SECONDS = 20.0
POLL_SECONDS = 0.005


class CommandFailed(PgmasonError):
    """The command does not even run through undisturbed, so there is nothing to compare."""

    code = "command-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one table holds that it should not: `rows` expected and found, `columns` whose values differ."""

    table: str
    expected_rows: int
    rows: int
    columns: tuple[str, ...]

    def __str__(self) -> str:
        if self.rows != self.expected_rows:
            return f"{self.table} holds {self.rows:,} rows, expected {self.expected_rows:,}"
        where = f"in {', '.join(self.columns)}" if self.columns else "in which values stand together"
        return f"{self.table} holds the same number of rows, {self.rows:,}, and differs {where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One killing: after how many seconds, whether anything was left to kill, and what was different afterwards."""

    after_s: float
    killed: bool
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was executed and read. `chance` are columns that differ between undisturbed runs, as SCHEMA.TABLE.COLUMN;
    `second_run` is what a second run changed; `rows` and `tables` what the command left."""

    command: tuple[str, ...]
    server: str
    seconds: float
    tables: int
    rows: int
    chance: tuple[str, ...]
    second_run: tuple[Difference, ...]
    trials: tuple[Trial, ...]
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def killed(self) -> int:
        """How many trials found something to kill."""
        return sum(trial.killed for trial in self.trials)

    @property
    def same(self) -> int:
        """How many trials ended as the undisturbed run did."""
        return sum(not trial.differences for trial in self.trials)

    @property
    def holds(self) -> bool:
        """A second run changed nothing, and every killed and repeated run left the same; and some were killed."""
        return not self.second_run and self.same == len(self.trials) and self.killed > 0


def prove(
    command: Sequence[str],
    *,
    fill: Callable[[Scratch], None],
    major: int,
    kills: int = 10,
    seed: int = 0,
    folder: Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Proof:
    """Prove a command on a scratch server of that major. `fill` makes the database that each run starts from.

    `kills` moments are drawn from `seed`, one in each equal stretch of the command's time. The command runs in
    `folder`. Raises CommandFailed where it fails undisturbed, WrongUse where it cannot be started.
    """
    from pgmason.postgres.server import lease_server

    with lease_server(major, what="pipeline prove") as server:
        return prove_on(server, command, fill=fill, kills=kills, seed=seed, folder=folder, report=report)


def prove_on(
    server: Server,
    command: Sequence[str],
    *,
    fill: Callable[[Scratch], None],
    kills: int = 10,
    seed: int = 0,
    folder: Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Proof:
    """`prove`, on a server that is leased already."""
    with _clones(server, fill) as clone:
        run = _Runs(server, tuple(command), folder)
        report("runs it on two clones")
        with clone() as first, clone() as second:
            seconds = run.to_its_end(first)
            once = run.contents(first)
            seconds = min(seconds, run.to_its_end(second))
            chance = run.chance(first, second, once)
            expected = run.contents(first, without=chance) if chance else once
            report("runs it a second time")
            run.to_its_end(first)
            twice = run.contents(first)
        trials = []
        for after_s in _moments(kills, seconds, seed):
            with clone() as killed:
                was_killed = run.killed_after(killed, after_s)
                run.to_its_end(killed)
                differences = _differences(expected, run.contents(killed, without=chance))
            trials.append(Trial(after_s=round(after_s, 3), killed=was_killed, differences=differences))
            report(f"killed after {after_s:.2f} s: {'the same' if not differences else str(differences[0])}")
        return Proof(
            command=tuple(command),
            server=str(server),
            seconds=round(seconds, 3),
            tables=len(once),
            rows=sum(table.rows for table in once.values()),
            chance=tuple(
                sorted(f"{_told(table)}.{quoted(column)}" for table, columns in chance.items() for column in columns)
            ),
            second_run=_differences(once, twice),
            trials=tuple(trials),
            digests={_told(table): found.digest for table, found in sorted(expected.items())},
        )


def _moments(kills: int, seconds: float, seed: int) -> Iterator[float]:
    """One moment in each of `kills` equal stretches of the time."""
    drawn = random.Random(seed)  # noqa: S311  moments, not secrets
    for place in range(kills):
        yield seconds * (place + drawn.random()) / kills


def _differences(expected: Contents, found: Contents) -> tuple[Difference, ...]:
    differences = []
    for table in sorted(expected.keys() | found.keys()):
        before, after = expected.get(table), found.get(table)
        if before is not None and after is not None and before.digest == after.digest:
            continue
        differences.append(
            Difference(
                table=_told(table),
                expected_rows=before.rows if before else 0,
                rows=after.rows if after else 0,
                columns=before.differs_in(after) if before and after else (),
            )
        )
    return tuple(differences)


def _told(table: tuple[str, str]) -> str:
    return ".".join(quoted(part) for part in table)


@contextmanager
def _clones(server: Server, fill: Callable[[Scratch], None]) -> Iterator[Callable[[], Any]]:
    """What gives a fresh clone of the filled database, as often as it is called."""
    from psycopg import sql

    from pgmason.postgres.scratch import scratch_database

    digest = os.urandom(20).hex()
    with scratch_database(server) as origin:
        fill(origin)
        origin.save(digest)
    try:
        yield lambda: scratch_database(server, template=digest)
    finally:
        name = sql.Identifier(f"t_{digest[:40]}")
        with suppress(Exception):  # whatever stays is evicted with the other templates
            server.admin.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(name))
            server.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


class _Runs:
    """Runs of one command on clones of one database."""

    def __init__(self, server: Server, command: tuple[str, ...], folder: Path | None) -> None:
        self.server = server
        self.command = command
        self.folder = folder

    def _start(self, scratch: Scratch) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={**os.environ, "DATABASE_URL": scratch.url},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as exc:
            raise WrongUse(f"cannot be started: {exc.strerror}", where=self.command[0]) from exc

    def to_its_end(self, scratch: Scratch) -> float:
        """Run it undisturbed; the seconds from its first session on to its end. Raises CommandFailed."""
        process = self._start(scratch)
        with _Output(process) as output:
            self._until_connected(process, scratch)
            began = time.monotonic()
            process.wait()
            seconds = time.monotonic() - began
        if process.returncode != 0:
            lines = output.text().replace(scratch.password, "***").strip().splitlines()
            tail = "\n  ".join(lines[-OUTPUT_LINES:])
            raise CommandFailed(
                f"ended with exit code {process.returncode}" + (f"\n  {tail}" if tail else ""),
                where=" ".join(self.command),
                fix="the database it finds in DATABASE_URL is a clone with the product's schema and nothing else",
            )
        return seconds

    def killed_after(self, scratch: Scratch, seconds: float) -> bool:
        """Start it, kill all of it so long after its first session, and wait until its sessions are gone; False if it
        was through by then."""
        process = self._start(scratch)
        with _Output(process):
            self._until_connected(process, scratch)
            try:
                process.wait(timeout=seconds)
                was_killed = False
            except subprocess.TimeoutExpired:
                was_killed = True
        self._sessions_gone(scratch)
        return was_killed

    def _until_connected(self, process: subprocess.Popen[bytes], scratch: Scratch) -> None:
        """Wait for the command's first session: what it does before cannot have touched the database."""
        while process.poll() is None:
            there = self.server.admin.execute(
                "SELECT 1 FROM pg_catalog.pg_stat_activity WHERE datname = %s AND usename = %s LIMIT 1",
                [scratch.name, scratch.role],
            ).fetchone()
            if there:
                return
            time.sleep(POLL_SECONDS)

    def _sessions_gone(self, scratch: Scratch) -> None:
        """A killed client's statement runs on until the server looks at the socket; it is not left to chance when."""
        until = time.monotonic() + GONE_SECONDS
        while time.monotonic() < until:
            there = self.server.admin.execute(
                "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
                " WHERE datname = %s AND backend_type = 'client backend'",
                [scratch.name],
            ).fetchall()
            if not there:
                return
            time.sleep(0.02)

    def chance(self, first: Scratch, second: Scratch, once: Contents) -> dict[tuple[str, str], frozenset[str]]:
        """The columns of each table that differ between two undisturbed runs.

        Where rows are told apart by a key that is chance itself, every column differs with it: then the key is left
        out, and what still differs is found without it.
        """
        found: dict[tuple[str, str], frozenset[str]] = {}
        for _ in range(2):
            before = self.contents(first, without=found) if found else once
            after = self.contents(second, without=found)
            for table, digest in before.items():
                other = after.get(table)
                if other is None or digest.digest == other.digest or digest.rows != other.rows:
                    continue
                differing = frozenset(digest.differs_in(other))
                found[table] = found.get(table, frozenset()) | (differing & set(digest.key) or differing)
        return found

    def contents(self, scratch: Scratch, without: Mapping[tuple[str, str], frozenset[str]] | None = None) -> Contents:
        """The digests of every table that is nobody's own: not the server's, not the ledger's."""
        with ExitStack() as stack:
            sessions = [stack.enter_context(scratch.observer()) for _ in range(2)]
            return digest_tables(sessions, _tables(sessions[0]), without=without)


def _tables(connection: Connection[Any]) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_'"
        " AND n.nspname NOT IN ('information_schema', 'pgmason') ORDER BY 1, 2"
    ).fetchall()
    return [(schema, name) for schema, name in rows]


class _Output:
    """Reads what a command says while it runs, so that it never waits for a reader; kills what is left at the end."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lines: deque[bytes] = deque(maxlen=OUTPUT_LINES)
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> _Output:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        _kill(self._process)
        self._process.wait()
        self._reader.join(GONE_SECONDS)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as wire:
            self._lines.extend(wire)

    def text(self) -> str:
        """Its last lines."""
        return b"".join(self._lines).decode(errors="replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """All that the command started and that has not left its session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
