"""How does a command borrow a running scratch server?

`lease_server` finds or starts the supervised server of an installation and holds a lease on it: an open connection
to the supervisor. However the command ends, the connection closes, and what the command left is ended and dropped.
Two commands share one server; the start is guarded by a file lock. Needs no rights beyond home().
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.errors import NextCommand, ServerFailed
from pgmason.postgres.farewells import later
from pgmason.postgres.home import home, server_account
from pgmason.postgres.installations import Choice, choose
from pgmason.postgres.tree import Tree, build_tree

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = [
    "Control",
    "Server",
    "connect",
    "lease_server",
    "read_state",
    "running_servers",
    "server_folder",
    "stop_server",
]

START_SECONDS = 200
SEGMENT_BYTES = 16 << 20  # of write-ahead log: with less room than one of them no server starts
STOP_SECONDS = 45
RECOVERY_SECONDS = 20
DEAF_SECONDS = 20.0  # a session in code of PostgreSQL's that asks for no interrupt gets this long, then SIGKILL

# SQLSTATEs that say the server is ill, not the statement: disk_full and io_error; 57P01-57P03 (manual, appendix A).
FULL = ("53100", "58030")
GONE = ("57P01", "57P02", "57P03")

# Everything on this server can be made again, so nothing is flushed (CHOICES measured it: 5-10 x). Names of
# settings are those of the manual, chapter 20. Statements and row values stay out of the log: terse drops DETAIL.
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "96MB",
    "max_connections": "100",
    "max_locks_per_transaction": "1024",
    "autovacuum": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "temp_file_limit": "10GB",  # the supervisor looks at what is spilled, too; this holds without it
    "password_encryption": "scram-sha-256",
    "shared_preload_libraries": "plpgsql",  # or each session that calls a function links it anew, 1 ms
}


# Half a gigabyte of notifications that no listener fetched; before 17 PostgreSQL allows 8 GB. Once the listener is gone
# they are thrown away (scratch.py).
_LATER_OPTIONS = {"max_notify_queue_pages": "65536"}


def memory_limit_bytes() -> int:
    """How much address space one session may have: PGMASON_SESSION_MEMORY_MB, 2,000 MB by default.

    It holds shared memory and libraries too, about 350 MB. Read when a server is started.
    """
    return int(os.environ.get("PGMASON_SESSION_MEMORY_MB", "2000")) * 1_000_000


@dataclass(slots=True)
class Control:
    """A conversation with a supervisor, one JSON object a line each way."""

    connection: socket.socket
    token: str = field(repr=False)
    buffer: bytes = b""

    @classmethod
    def open(cls, state: dict[str, Any]) -> Control:
        """Raises OSError where nobody answers."""
        return cls(socket.create_connection(("127.0.0.1", state["control"]), timeout=10), state["token"])

    def ask(self, do: str, **rest: Any) -> dict[str, Any]:
        """Send one request and give its answer. Raises ServerFailed where the supervisor is gone."""
        try:
            self.connection.sendall(json.dumps({"token": self.token, "do": do, **rest}).encode() + b"\n")
            while b"\n" not in self.buffer:
                data = self.connection.recv(65536)
                if not data:
                    raise ConnectionResetError
                self.buffer += data
        except OSError as exc:
            raise ServerFailed(
                "the scratch server went away",
                next=[NextCommand(command="pgmason server status", why="shows what runs")],
            ) from exc
        line, _, self.buffer = self.buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ServerFailed(f"the supervisor refused: {answer['error']}")
        return answer


@dataclass(slots=True)
class Server:
    """A lease on a running server.

    `lease` names it and is part of the name of every database it makes. `admin` is a superuser's connection to
    the maintenance database, opened on first use, autocommit, with an empty search_path. `ahead` are templates of which
    a clone is made when the lease is over, for the next command. Not for threads.
    """

    choice: Choice
    tree: Tree
    state: dict[str, Any] = field(repr=False)  # holds the superuser's password
    control: Control = field(repr=False)
    lease: str
    alive: tuple[str, ...]
    ahead: set[str] = field(default_factory=set)
    _admin: Connection[Any] | None = field(default=None, repr=False)
    _made: int = field(default=0)

    def __str__(self) -> str:
        return str(self.choice)

    @property
    def admin(self) -> Connection[Any]:
        if self._admin is None or self._admin.closed:
            self._admin = self.connect("postgres")
        return self._admin

    def connect(
        self, database: str, *, user: str = "pgmason", password: str | None = None, options: str = ""
    ) -> Connection[Any]:
        """A connection in autocommit; as the superuser unless a user is named. Raises ServerFailed."""
        # The lease in the name lets `drop_left_over` find what a killed command has under way.
        name = f"pgmason {self.lease}"
        return connect(self.state, database, user=user, password=password, options=options, name=name)

    def next_name(self) -> str:
        """A name for a new scratch database, unique to this lease."""
        self._made += 1
        return f"s_{self.lease}_{self._made}"

    def watch(self, connection: Connection[Any], database_oid: int, *, seconds: float, size_bytes: int) -> None:
        """Have the supervisor end that session when its time is over or its database outgrows the limit."""
        backend = connection.info.backend_pid
        self.control.ask("watch", backend=backend, database=database_oid, seconds=seconds, bytes=size_bytes)

    def unwatch(self, backend: int) -> str | None:
        """End the watch; why the session was ended by it, or None."""
        reason: str | None = self.control.ask("unwatch", backend=backend)["ended"]
        return reason


def connect(
    state: Mapping[str, Any],
    database: str,
    *,
    user: str = "pgmason",
    password: str | None = None,
    options: str = "",
    name: str = "pgmason",
) -> Connection[Any]:
    """A connection in autocommit to a running server; see `Server.connect`.

    One that recovers at that moment, because a session of it was killed, is waited for.
    """
    import psycopg

    observer = "-c search_path= -c client_min_messages=error -c statement_timeout=0"
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            return psycopg.connect(
                host="127.0.0.1",
                port=state["port"],
                user=user,
                password=password or state["password"],
                dbname=database,
                options=observer if user == "pgmason" else options,
                application_name=name,
                connect_timeout=20,
                autocommit=True,
                prepare_threshold=None,
                sslmode="disable",
                gssencmode="disable",
                client_encoding="UTF8",
            )
        except psycopg.OperationalError as exc:
            # libpq gives no SQLSTATE of a refused connection; lc_messages is C
            if "the database system is" in str(exc) and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise ServerFailed(
                f"the scratch server does not answer: {str(exc).strip()}",
                next=[NextCommand(command="pgmason server stop", why="ends it; the next command starts a new one")],
            ) from exc


@contextmanager
def lease_server(wanted: int, *, what: str) -> Iterator[Server]:
    """A lease on the server that serves the major `wanted`; `what` is shown by `pgmason server status`.

    Raises NoServer and ServerFailed. Starting a server takes about a second, joining one a few milliseconds.
    """
    choice = choose(wanted)
    tree = build_tree(choice.installation)
    state, control, granted = _leased(tree, what)
    try:
        server = Server(
            choice=choice,
            tree=tree,
            state=state,
            control=control,
            lease=granted["lease"],
            alive=tuple(granted["alive"]),
        )
        try:
            yield server
        except Exception as exc:
            failure = _ill_server(exc)
            if failure is None:
                raise
            raise failure from exc
        finally:
            if server._admin is not None:
                with contextlib.suppress(Exception):  # the server may be gone; the lease ends either way
                    server._admin.close()
    except BaseException:
        control.connection.close()
        raise
    if not later(state["control"], partial(_goodbye, control), server.ahead):
        _goodbye(control, server.ahead)


def _goodbye(control: Control, ahead: Iterable[str]) -> None:
    with contextlib.closing(control.connection), contextlib.suppress(ServerFailed):
        control.ask("goodbye", ahead=sorted(ahead))


def _ill_server(exc: Exception) -> ServerFailed | None:
    """What an error that nobody else told says of the server: gone, or out of disk; None for any other error."""
    import psycopg

    if not isinstance(exc, psycopg.OperationalError):
        return None
    left_mb = shutil.disk_usage(home()).free // 1_000_000
    gone = exc.sqlstate in (None, *GONE)
    if exc.sqlstate in FULL or (gone and left_mb < 32):  # less than two segments of its log
        return ServerFailed(
            f"the scratch server's disk is full ({left_mb} MB are left)",
            fix=f"free some space under {home()}, or: pgmason server clear",
        )
    if not gone:
        return None
    return ServerFailed(
        f"the scratch server went away: {' '.join(str(exc).split())}",
        next=[NextCommand(command="pgmason server status", why="shows what runs; the next command starts a new one")],
    )


def _leased(tree: Tree, what: str) -> tuple[dict[str, Any], Control, dict[str, Any]]:
    """A lease; asked for once more where the server was stopping at that moment."""
    for attempt in (1, 2):
        state, control = _join_or_start(tree)
        try:
            return state, control, control.ask("lease", what=what, pid=os.getpid())
        except ServerFailed:
            control.connection.close()
            if attempt == 2:
                raise
    raise AssertionError("the loop returns or raises")


def server_folder(tree: Tree) -> Path:
    """Where a tree's server keeps its data, state and log."""
    return home() / "run" / tree.name


def read_state(folder: Path) -> dict[str, Any] | None:
    """What a running supervisor wrote down: ports, token, password; None where none runs."""
    try:
        state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        return state
    except (OSError, ValueError):
        return None


def _join(folder: Path) -> tuple[dict[str, Any], Control] | None:
    state = read_state(folder)
    if state is None:
        return None
    try:
        control = Control.open(state)
    except OSError:
        return None
    try:
        control.ask("alive")
    except ServerFailed:
        control.connection.close()
        return None
    return state, control


def _join_or_start(tree: Tree) -> tuple[dict[str, Any], Control]:
    folder = server_folder(tree)
    joined = _join(folder)
    if joined:
        return joined
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder.parent, folder):
        path.chmod(0o755)
    with (folder / "start.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        joined = _join(folder)  # another command may have started it meanwhile
        if joined:
            return joined
        deadline = time.monotonic() + STOP_SECONDS
        while not _supervisor_is_gone(folder):  # on its way out, or still starting for a command that was killed
            if time.monotonic() > deadline:
                raise ServerFailed(
                    "a supervisor is there and does not answer",
                    where=str(folder),
                    next=[
                        NextCommand(
                            command="pgmason server clear", why="ends it and removes its data; it is only a cache"
                        )
                    ],
                )
            time.sleep(0.02)
            joined = _join(folder)
            if joined:
                return joined
        (folder / "state.json").unlink(missing_ok=True)
        return _start(tree, folder)


def _start(tree: Tree, folder: Path) -> tuple[dict[str, Any], Control]:
    account = server_account()
    settings = {
        "folder": str(folder),
        "bin": str(tree.bin),
        "library_path": str(tree.library_path) if tree.library_path else "",
        "account": {"uid": account.uid, "gid": account.gid} if account else None,
        "options": OPTIONS | (_LATER_OPTIONS if tree.installation.major >= 17 else {}),
        "memory_bytes": memory_limit_bytes(),
        "deaf_seconds": DEAF_SECONDS,
        "idle_seconds": float(os.environ.get("PGMASON_SERVER_IDLE_SECONDS", "600")),
        "python": sys.executable,
        "python_path": str(Path(__file__).parents[2]),
    }
    _reachable(tree, account is not None)
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "failed").unlink(missing_ok=True)
    with (folder / "supervisor.log").open("wb") as log:
        subprocess.run(  # it forks and leaves us at once
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervisor.py")), str(folder / "settings.json")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = _supervisor_is_gone(folder)  # asked first: what it did before it went is seen by _join
        joined = _join(folder)
        if joined:
            return joined
        if ended:
            break
        time.sleep(0.01)
    said = ""
    for name in ("failed", "supervisor.log"):
        with contextlib.suppress(OSError):
            said = said or (folder / name).read_text(encoding="utf-8", errors="replace").strip()[-1500:]
    left = shutil.disk_usage(folder).free
    full = "No space left" in said or left < SEGMENT_BYTES
    if full and not said:  # there was no room to write the reason either
        said = f"No space left on device, {left // 1000:,} kB are free"
    raise ServerFailed(
        f"{tree.installation} did not start: {said or 'no reason was given'}",
        where=str(folder),
        fix="free some disk space, or set PGMASON_HOME to a folder with more" if full else None,
        next=[NextCommand(command="pgmason server clear", why="removes the scratch servers' data; it is only a cache")],
    )


def _supervisor_is_gone(folder: Path) -> bool:
    with (folder / "alive.lock").open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def _reachable(tree: Tree, as_other_user: bool) -> None:
    if not as_other_user:
        return
    for folder in (tree.root, *tree.root.parents):
        if not folder.stat().st_mode & 0o001:
            raise ServerFailed(
                f"the user that runs the server cannot enter {folder}",
                where=str(home()),
                fix="set PGMASON_HOME to a folder that every user may enter, such as /var/cache/pgmason",
            )


def running_servers() -> tuple[tuple[Path, dict[str, Any], dict[str, Any]], ...]:
    """The folder, state and supervisor's status of each server that runs now."""
    found = []
    for folder in sorted((home() / "run").glob("*")):
        joined = _join(folder)
        if joined:
            state, control = joined
            with contextlib.closing(control.connection):
                found.append((folder, state, control.ask("status")))
    return tuple(found)


def stop_server(folder: Path) -> bool:
    """Stop the server of that folder and wait until it is gone; False where none ran."""
    joined = _join(folder)
    if joined is None:
        return False
    state, control = joined
    with contextlib.closing(control.connection):
        control.ask("stop")
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        try:
            os.kill(state["pid"], 0)
        except OSError:
            return True
        time.sleep(0.02)
    raise ServerFailed("the scratch server does not stop", where=str(folder))
