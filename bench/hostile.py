"""python -m bench.hostile: SQL that attacks its confinement, through a replay and through a trace.

Each file of tests/effects/hostile is one attack; its first line says what must become of it:

    -- refused SQLSTATE, ...    a statement fails with one of these
    -- ended WORDS              the supervisor ends the session, and says so in these words
    -- ended itself             the session is gone by its own doing; the server lives
    -- harmless                 all of it runs, and nothing outside the database is changed

"|" stands between outcomes that are all right; `long:` before them marks an attack that lasts until it is ended.
While a long one is under way, another command begins, makes a database and changes it. After each attack all of this
must hold: the supervisor and the server are the processes they were; no session of the attack is left; settings, roles
and databases are what they were; no file was written; the log and what was spilled are small; our own memory has not
grown; what was told has no character that a terminal would obey, and no message without end; a bystander's database,
open all the while, and a new one take a schema.

On 15 and on 18. Writes bench/hostile-results.json, which is resumed unless `--again`; `--only TEXT`, `--major 15` for
one server. Exits 1 where something does not hold.
"""

from __future__ import annotations

import glob
import hashlib
import io
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.errors import OutOfMemory

from bench.arguments import Arguments
from bench.commands import Home, temporary_folder
from bench.machine import code_digest, machine_line
from pgmason.cli import tell
from pgmason.effects.before import before
from pgmason.effects.telling import as_text
from pgmason.effects.tracing import trace_file
from pgmason.errors import PgmasonError, StatementFailed, Unsupported, WrongUse
from pgmason.evidence import write_whole
from pgmason.postgres.scratch import scratch_database
from pgmason.postgres.server import Server, lease_server, server_folder
from pgmason.sources import Context, read_source

if TYPE_CHECKING:
    from psycopg import Connection

HERE = Path(__file__).parent
FILES = HERE.parent / "tests" / "effects" / "hostile"
RESULTS = HERE / "hostile-results.json"
WAYS = ("replay", "trace")
MAJORS = (15, 18)
SLOW = "another command meanwhile took"
LIMITS = {"PGMASON_SESSION_SECONDS": "3", "PGMASON_SESSION_DISK_MB": "80", "PGMASON_SESSION_MEMORY_MB": "1000"}
MEANWHILE_AFTER_SECONDS = 1.0
MEANWHILE_SECONDS = 2.5  # less than the attack has left: it waits for the machine, not for the attack's end
MEANWHILE_TRIES = 3  # a busy machine lets it wait now and then, a lock each time
SLOWEST_SECONDS = 40.0  # the limit, what is under way when it is over, a deaf session's twenty, and a busy machine
LARGEST_GROWTH_BYTES = 400_000_000  # of our own process
LARGEST_LOG_BYTES = 70_000_000
LARGEST_TOLD_BYTES = 300_000  # a hundred notices of 2,000 characters, and the rest
WRITTEN = "/tmp/pgmason-hostile*"
# What decides that an attack is contained; what else changes in the package makes no result stale.
COVERED = (
    "locks.py",
    "names.py",
    *(f"effects/{name}" for name in ("[!eg]*.py", "elevated.py", "execution.py", "*.sql")),  # all but estimates, growth
    *(f"{room}/**/*.{of}" for room in ("postgres", "statements") for of in ("py", "sql", "control")),
    *(f"sources/{name}.py" for name in ("__init__", "applying", "replay", "scripts", "sql", "units")),
    *(f"catalog/{name}.py" for name in ("asking", "collector", "reading", "kinds/*")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One file: what it must come to, and whether it lasts until it is ended."""

    file: Path
    expected: tuple[str, ...]
    long: bool

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def digest(self) -> str:
        """What a kept result must agree with."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()[:12]

    def comes_to(self, outcome: str) -> bool:
        """Whether that outcome is one of those that are all right."""
        kind, _, said = outcome.partition(" ")
        for one in self.expected:
            wanted, _, words = one.partition(" ")
            if kind == wanted and (not words or (kind == "ended" and words in said)):
                return True
            if kind == wanted == "refused" and said in [state.strip() for state in words.split(",")]:
                return True
        return False


def attacks() -> tuple[Attack, ...]:
    """Every attack, by name."""
    found = []
    for file in sorted(FILES.glob("*.sql")):
        head = file.read_bytes().partition(b"\n")[0].decode().removeprefix("-- ")
        expected = tuple(part.strip() for part in head.removeprefix("long: ").split("|"))
        found.append(Attack(file=file, expected=expected, long=head.startswith("long: ")))
    return tuple(found)


def run(attack: Attack, way: str, major: int) -> tuple[str, str]:
    """What the attack comes to: "refused SQLSTATE", "ended WORDS" or "harmless"; and what a user is told of it.

    Raises what nobody foresaw.
    """
    context = Context(base=FILES, root=FILES, major=major, what="hostile")
    if way == "replay":
        try:
            read_source(f"sql:{attack.file.name}", context)
        except StatementFailed as exc:
            if "was ended: " in exc.what:
                return "ended " + exc.what.partition("was ended: ")[2].partition("\n")[0], shown(exc)
            if "its session ended" in exc.what:
                return "ended itself", shown(exc)
            return f"refused {exc.sqlstate}", shown(exc)
        except (Unsupported, WrongUse) as exc:
            return "refused 42601", shown(exc)
        return "harmless", ""
    try:
        met = before(attack.file, "empty", context)
        trace = trace_file(met, context, seconds=float(os.environ["PGMASON_SESSION_SECONDS"]))
    except WrongUse as exc:
        return "refused 42601", shown(exc)
    told = as_text(trace, met.origin)
    if trace.unreadable is not None:
        return "refused 42601", told
    failed = [trace.frame_error[1]] if trace.frame_error is not None else []
    failed += [effect.error for effect in trace.effects if effect.error is not None]
    failed += [one.commit_error for one in trace.transactions if one.commit_error is not None]
    if not failed:
        return "harmless", told
    if failed[0].by_watch:
        return f"ended {failed[0].by_watch}", told
    return (f"refused {failed[0].sqlstate}" if failed[0].sqlstate else "ended itself"), told


def shown(error: PgmasonError) -> str:
    """An error as the command line tells it."""
    with redirect_stderr(io.StringIO()) as heard:
        tell(error, as_json=False)
    return heard.getvalue()


def told_faults(told: str) -> Iterator[str]:
    """What is wrong with the text that a user reads of an attack."""
    commands = sorted({char for char in told if not char.isprintable() and char != "\n"})
    if commands:
        yield f"a terminal would obey {commands!r}"
    if any(line.startswith("::") for line in told.splitlines()):
        yield "a line of it would command a CI"
    if len(told) > LARGEST_TOLD_BYTES:
        yield f"{len(told):,} characters are told"


class Meanwhile(threading.Thread):
    """Another command, which begins while an attack lasts; `seconds` is how long it took, `fault` what became of it."""

    def __init__(self, major: int) -> None:
        super().__init__()
        self.major = major
        self.seconds: float | None = None
        self.fault: str | None = None

    def run(self) -> None:
        time.sleep(MEANWHILE_AFTER_SECONDS)
        began = time.monotonic()
        try:
            with (
                lease_server(self.major, what="meanwhile") as server,
                scratch_database(server) as scratch,
                scratch.session() as session,
            ):
                session.execute("CREATE TABLE meanwhile (id int)")
        except OutOfMemory:
            pass  # the table of locks is full for as long as the attack lasts; PostgreSQL's own says what to do
        except Exception as exc:
            self.fault = f"another command meanwhile: {type(exc).__name__}: {exc}"[:500]
        self.seconds = time.monotonic() - began
        if self.fault is None and self.seconds > MEANWHILE_SECONDS:
            self.fault = f"{SLOW} {self.seconds:.1f} s"


@dataclass(slots=True)
class Guard:
    """What must be the same after an attack as before it. A bystander's database is open all the while."""

    server: Server
    bystander: Connection[Any]
    before: dict[str, Any] = field(default_factory=dict)

    def look(self) -> None:
        self.before = self._seen()

    def faults(self, seconds: float) -> Iterator[str]:
        """What does not hold after the attack, in words."""
        yield from self._left()
        now = self._seen()
        for what, value in self.before.items():
            if what != "memory" and now[what] != value:
                yield f"{what} changed: {value!r} -> {now[what]!r}"[:500]
        grown = now["memory"] - self.before["memory"]
        if grown > LARGEST_GROWTH_BYTES:
            yield f"our own memory grew by {grown // 1_000_000} MB"
        if seconds > SLOWEST_SECONDS:
            yield f"it took {seconds:.0f} s"
        yield from self._works()

    def _seen(self) -> dict[str, Any]:
        admin, state = self.server.admin, self.server.state

        def asked(query: str) -> list[Any]:
            return admin.execute(query.encode()).fetchall()

        return {
            "supervisor and server": (
                state["pid"],
                state["postmaster"],
                _alive(state["pid"]),
                _alive(state["postmaster"]),
            ),
            "settings": asked("SELECT name, setting FROM pg_settings WHERE context <> 'internal' ORDER BY 1"),
            "roles": asked(
                "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,"
                " rolconfig FROM pg_roles WHERE rolname !~ '^r_' ORDER BY 1"
            ),
            "memberships": asked(
                "SELECT r.rolname, m.rolname, a.admin_option FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid"
                " JOIN pg_roles m ON m.oid = a.member WHERE m.rolname !~ '^r_' ORDER BY 1, 2"
            ),
            "settings of roles and databases": asked(
                "SELECT d.datname, r.rolname, s.setconfig FROM pg_db_role_setting s LEFT JOIN pg_roles r ON"
                " r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE r.rolname !~ '^r_'"
                " OR s.setrole = 0 ORDER BY 1, 2"
            ),
            "databases": asked("SELECT datname FROM pg_database WHERE datname !~ '^[stp]_' ORDER BY 1"),
            "files": sorted(glob.glob(WRITTEN)),
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }

    def _left(self) -> Iterator[str]:
        own = self.bystander.info.user
        query = "SELECT count(*) FROM pg_stat_activity WHERE usename ~ '^r_' AND usename <> %s"
        deadline, left = time.monotonic() + 10, "some"
        while left != "(0,)" and time.monotonic() < deadline:
            try:
                left = str(self.server.admin.execute(query, [own]).fetchone())
            except OutOfMemory:  # the table of locks is full until the session that filled it has left
                time.sleep(0.05)
        if left != "(0,)":
            yield f"{left} sessions are left"
        data = server_folder(self.server.tree) / "data"
        for folder, limit in (("base/pgsql_tmp", 0), ("pg_notify", 50_000_000)):
            size = sum(file.stat().st_size for file in (data / folder).glob("**/*") if file.is_file())
            if size > limit:
                yield f"{folder} holds {size // 1_000_000} MB"
        log = (data.parent / "server.log").stat().st_size
        if log > LARGEST_LOG_BYTES:
            yield f"the server's log has {log // 1_000_000} MB"

    def _works(self) -> Iterator[str]:
        try:
            self.bystander.execute("CREATE SCHEMA again; DROP SCHEMA again; CREATE TEMP TABLE gone (); DROP TABLE gone")
        except Exception as exc:
            yield f"a bystander's database takes no schema any more: {exc}"
        try:
            with scratch_database(self.server) as scratch, scratch.session() as session:
                session.execute("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1")
        except Exception as exc:
            yield f"a new database takes no schema: {exc}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


@contextmanager
def guard(major: int) -> Iterator[Guard]:
    """A guard on the server of a major, with its bystander."""
    with (
        lease_server(major, what="guard") as server,
        scratch_database(server) as scratch,
        scratch.session(seconds=7200) as bystander,
    ):
        yield Guard(server=server, bystander=bystander)


def tried(attack: Attack, way: str, watching: Guard, major: int) -> dict[str, Any]:
    """Run one attack one way; the outcome, the seconds, and what does not hold."""
    watching.look()
    other = Meanwhile(major) if attack.long else None
    if other is not None:
        other.start()
    began = time.monotonic()
    try:
        outcome, told = run(attack, way, major)
    except Exception as exc:
        outcome, told = f"raised {type(exc).__name__}: {exc}"[:500], ""
    seconds = time.monotonic() - began
    faults = [] if attack.comes_to(outcome) else [f"came to: {outcome}; expected: {' or '.join(attack.expected)}"]
    faults += told_faults(told)
    meanwhile = {}
    if other is not None:
        other.join()
        meanwhile = {"meanwhile_seconds": round(other.seconds or 0, 1)}
        faults += [other.fault] if other.fault else []
    faults += watching.faults(seconds)
    return {"outcome": outcome, "seconds": round(seconds, 1), **meanwhile, "faults": faults}


def main() -> int:
    arguments = Arguments()
    again, only = arguments.flag("--again"), arguments.text("--only", "")
    major = arguments.number("--major", 0)
    arguments.done()
    os.environ.update(LIMITS)
    results: dict[str, Any] = {}
    if RESULTS.exists():
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
    with temporary_folder("attacks") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        try:
            for one in (major,) if major else MAJORS:
                _all_tried(one, results, only, again=again)
        finally:
            home.stop()
    faulty = [
        f"{key} on {server}"
        for server, of_server in results.items()
        for key, one in of_server["attacks"].items()
        if one["faults"]
    ]
    print(
        f"{sum(len(one['attacks']) for one in results.values())} attacks, {len(faulty)} not contained",
        *faulty,
        sep="\n  ",
    )
    return 1 if faulty else 0


def _all_tried(major: int, results: dict[str, Any], only: str, *, again: bool) -> None:
    """Try every attack on one server; what it comes to goes into the results, which are written after each."""
    code = code_digest([HERE / "hostile.py"], only=COVERED)
    with guard(major) as watching:
        of_server = results.setdefault(f"PostgreSQL {watching.server.choice.installation.version}", {})
        of_server["machine"] = machine_line()
        kept = of_server.setdefault("attacks", {})
        for attack in attacks():
            if only not in attack.name:
                continue
            for way in WAYS:
                key = f"{attack.name}, {way}"
                known = kept.get(key, {"faults": ["never tried"]})
                same = (known.get("digest"), known.get("code")) == (attack.digest, code)
                if same and not again and not known["faults"]:
                    continue
                for _ in range(MEANWHILE_TRIES):
                    kept[key] = {"digest": attack.digest, "code": code, **tried(attack, way, watching, major)}
                    if not any(fault.startswith(SLOW) for fault in kept[key]["faults"]):
                        break
                told = "; ".join(kept[key]["faults"]) or "contained"
                print(f"{key}: {kept[key]['outcome']} ({kept[key]['seconds']} s): {told}", file=sys.stderr)
                write_whole(RESULTS, json.dumps(results, indent=1) + "\n")
        of_server.pop("code", None)
        there = {f"{attack.name}, {way}" for attack in attacks() for way in WAYS}
        of_server["attacks"] = {key: kept[key] for key in sorted(kept) if key in there}
    write_whole(RESULTS, json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
