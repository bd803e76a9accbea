"""The process that is a scratch server's parent. Standard library only: it is started as a bare file.

    python -I -S supervisor.py SETTINGS.json

It makes the data directory, starts postgres on a loopback port as an unprivileged user, and answers commands on
a second loopback port, one JSON object a line, the first of which must carry the token from the state file
(mode 0600). A connection is a lease: while it is open its owner is alive. What it looks after:

    - when the last lease is gone for `idle_seconds`, the server is stopped and the process ends;
    - a session that a lease put under watch is ended (SIGTERM, as pg_terminate_backend does) when its time is
      over, its database with what it spilled outgrows its limit, or its lease is gone, however its owner died;
      one that does not hear that is killed, at which PostgreSQL ends every session and recovers by itself;
    - no process of the server gets more memory than the settings say, and its log no more disk;
    - after an owner that died without saying goodbye, and after a start with older data, the databases that
      were left are dropped by `sweep`; an owner that says goodbye may ask for it, and for clones taken ahead;
    - it dies with the server and the server with it, so neither is left alone.

It opens no database connection and knows no SQL.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import secrets
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from typing import Any

STOP_SECONDS = 15  # fast shutdown gets this long, then immediate
START_SECONDS = 60
CHECK_SECONDS = 0.25
LOG_BYTES = 32_000_000


def boot_id() -> str:
    """What tells one boot of the machine from another; "" where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def begin_child(memory_bytes: int) -> None:
    """In the child, before it becomes postgres: it dies with its parent, and each process of it has so much memory.

    Linux sends SIGINT (fast shutdown) when the supervisor ends; elsewhere that is done without. The limit is on the
    address space, which every session inherits: where it is reached, PostgreSQL says "out of memory" (53200), the
    transaction fails, and the server goes on. Where the system refuses the limit, there is none.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG
    with contextlib.suppress(OSError, ValueError):
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def parent_of(pid: int) -> int | None:
    """The parent of a process; None where it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        pass
    if os.path.isdir("/proc/self"):
        return None
    done = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(done.stdout) if done.stdout.strip().isdigit() else None


def started_at(pid: int) -> str:
    """What tells a process from a later one of the same number: its start, in ticks since boot; "" where not told."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def folder_bytes(folder: str, prefix: str = "") -> int:
    """The size of the files in a folder, and in folders below it; `prefix`: of those whose name begins so."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(prefix):
                with contextlib.suppress(OSError):
                    size = entry.stat(follow_symlinks=False).st_size
                    total += folder_bytes(entry.path) if entry.is_dir(follow_symlinks=False) else size
    return total


# From linux/fs.h, for architectures of 64 bits with the generic numbers of ioctls; elsewhere the call is refused.
GET_FLAGS, SET_FLAGS, TOP_OF_TREES = 0x80086601, 0x40086602, 0x00020000


def spread(folder: str) -> None:
    """Have ext4 put each folder below this one into a group of inodes of its own (chattr +T); elsewhere nothing.

    A database is some 300 files in one folder. Without a journal, as the disks of many virtual machines are, ext4 walks
    past every inode of the group that was freed in the last minutes, for each file that is made (recently_deleted in
    fs/ext4/ialloc.c): where databases are dropped and made in one group, making one takes 0.2 s instead of 10 ms.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            flags = struct.unpack("l", fcntl.ioctl(descriptor, GET_FLAGS, struct.pack("l", 0)))[0]
            fcntl.ioctl(descriptor, SET_FLAGS, struct.pack("l", flags | TOP_OF_TREES))
        finally:
            os.close(descriptor)


class Failure(Exception):
    """The server cannot be started; the text goes to the state file for the command that waits."""


class Postmaster:
    """The server process and its data directory."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.data = os.path.join(settings["folder"], "data")
        self.log = os.path.join(settings["folder"], "server.log")
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.password = ""
        self.kept = False  # whether the data directory is of an earlier run

    def _child(self) -> dict[str, Any]:
        account = self.settings["account"]
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        if self.settings["library_path"]:
            environment["LD_LIBRARY_PATH"] = self.settings["library_path"]
        chosen: dict[str, Any] = {"cwd": "/", "env": environment, "stdin": subprocess.DEVNULL}
        if account:
            chosen.update(user=account["uid"], group=account["gid"], extra_groups=[])
        return chosen

    def prepare(self) -> None:
        """A data directory that can be trusted: kept after a clean stop, or a kill within this boot; else made anew.

        The server runs without fsync, so after a crash of the machine nothing in the directory is certain.
        """
        marker = os.path.join(self.settings["folder"], "made.json")
        try:
            with open(marker, encoding="utf-8") as file:
                made = json.load(file)
            clean = made["clean"] or (made["boot"] and made["boot"] == boot_id())
            self.password = made["password"]
        except (OSError, ValueError, KeyError):
            clean = False
        self.kept = clean and os.path.exists(os.path.join(self.data, "PG_VERSION"))
        if not self.kept:
            self._initdb()
        os.chmod(self.data, 0o700)  # whatever became of it: postgres starts in no folder that others may enter
        spread(os.path.join(self.data, "base"))
        self._mark(clean=False)

    def _mark(self, *, clean: bool) -> None:
        private(
            os.path.join(self.settings["folder"], "made.json"),
            {"clean": clean, "boot": boot_id(), "password": self.password},
        )

    def _initdb(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        os.mkdir(self.data, 0o700)
        spread(self.data)
        account = self.settings["account"]
        self.password = secrets.token_urlsafe(24)
        password_file = os.path.join(self.settings["folder"], "initial")
        private(password_file, self.password)
        if account:
            os.chown(self.data, account["uid"], account["gid"])
            os.chown(password_file, account["uid"], account["gid"])
        command = [
            os.path.join(self.settings["bin"], "initdb"), "-D", self.data, "-U", "pgmason", "--pwfile", password_file,
            "-A", "scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **self._child())
        except (OSError, subprocess.SubprocessError) as error:
            raise Failure(f"initdb could not run: {error}") from error
        finally:
            os.unlink(password_file)
        if done.returncode:
            raise Failure("initdb failed: " + (done.stderr.strip() or done.stdout.strip())[-800:])

    def start(self) -> None:
        self._end_stray()
        for _ in range(3):
            self.port = free_port()
            options = dict(
                self.settings["options"], port=str(self.port), listen_addresses="127.0.0.1", unix_socket_directories=""
            )
            command = [os.path.join(self.settings["bin"], "postgres"), "-D", self.data]
            for name, value in options.items():
                command += ["-c", f"{name}={value}"]
            with open(self.log, "wb"):
                pass
            with open(self.log, "ab") as log:  # at its end, wherever that is: it is cut short when it grows large
                try:
                    self.process = subprocess.Popen(
                        command,
                        stdout=log,
                        stderr=log,
                        preexec_fn=lambda: begin_child(int(self.settings["memory_bytes"])),
                        start_new_session=True,
                        **self._child(),
                    )
                except OSError as error:
                    raise Failure(f"postgres could not run: {error}") from error
            if self._ready():
                return
            if "could not bind" not in self.log_tail():
                break
        raise Failure("postgres did not start: " + self.log_tail())

    def _ready(self) -> bool:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            # postmaster.pid's eighth line says how far the start is (miscadmin.h, LOCK_FILE_LINE_PM_STATUS)
            with (
                contextlib.suppress(OSError, IndexError),
                open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as file,
            ):
                lines = file.read().split("\n")
                if lines[0].strip() == str(self.process.pid) and lines[7].strip() == "ready":
                    return True
            time.sleep(0.01)
        return False

    def _end_stray(self) -> None:
        """A server that outlived a killed supervisor (where the system has no parent-death signal)."""
        try:
            with open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as file:
                lines = file.read().split("\n")
            pid, folder = int(lines[0]), lines[1].strip()
        except (OSError, ValueError, IndexError):
            return
        if os.path.realpath(folder) != os.path.realpath(self.data) or not runs_postgres(pid):
            return
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and parent_of(pid) is not None:
            time.sleep(0.02)

    def log_tail(self) -> str:
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return file.read()[-800:].strip()
        except OSError:
            return ""

    def stop(self) -> None:
        if self.process is None:
            return
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(OSError):
                self.process.send_signal(how)
            try:
                code = self.process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            self._mark(clean=code == 0)
            return


def runs_postgres(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"postgres" in file.read()
    except OSError:
        return not os.path.isdir("/proc/self") and parent_of(pid) is not None


def private(path: str, content: Any) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    half = f"{path}.half"
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content if isinstance(content, str) else json.dumps(content))
    os.replace(half, path)


class Lease:
    """One command that uses the server: its connection, what it watches, and whether it said goodbye."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = b""
        self.trusted = False
        self.name = ""
        self.what = ""
        self.pid = 0
        self.since = time.time()
        self.watches: dict[int, dict[str, Any]] = {}
        self.ended: dict[int, str] = {}
        self.closed_well = False
        self.ahead: list[str] = []  # templates of which a clone is to be taken ahead when it is gone


class Supervisor:
    """The loop: leases in, watches kept, the server stopped when nobody needs it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.server = Postmaster(settings)
        self.selector = selectors.DefaultSelector()
        self.leases: dict[socket.socket, Lease] = {}
        self.token = secrets.token_urlsafe(24)
        self.idle_since = time.monotonic()
        self.stopping = False
        self.sweeps: list[subprocess.Popen[bytes]] = []
        self.deaf: dict[int, tuple[str, float]] = {}  # sessions that were told to end: which process, and until when

    def run(self) -> None:
        self.server.prepare()
        self.server.start()
        assert self.server.process is not None
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        self.selector.register(listener, selectors.EVENT_READ)
        state = os.path.join(self.settings["folder"], "state.json")
        private(
            state,
            {
                "pid": os.getpid(), "postmaster": self.server.process.pid, "port": self.server.port,
                "password": self.server.password, "control": listener.getsockname()[1], "token": self.token,
                "boot": boot_id(), "started": time.time(),
            },
        )  # fmt: skip
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))
        self.idle_since = time.monotonic()
        if self.server.kept:
            self._sweep()  # what was in use when it went down; no lease of that time lives
        try:
            while not self.stopping and self.server.process.poll() is None:
                for key, _ in self.selector.select(CHECK_SECONDS):
                    if key.fileobj is listener:
                        self._welcome(listener)
                    else:
                        self._hear(self.leases[key.fileobj])  # type: ignore[index]
                self._look()
        finally:
            with contextlib.suppress(OSError):
                os.unlink(state)
            listener.close()
            self.server.stop()

    def _welcome(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            connection.setblocking(False)
            self.leases[connection] = Lease(connection)
            self.selector.register(connection, selectors.EVENT_READ)

    def _hear(self, lease: Lease) -> None:
        try:
            data = lease.connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._farewell(lease)
            return
        lease.buffer += data
        while b"\n" in lease.buffer:
            line, _, lease.buffer = lease.buffer.partition(b"\n")
            try:
                answer = self._answer(lease, json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                answer = {"error": str(error)}
            if answer is None or len(lease.buffer) > 1 << 20:
                self._farewell(lease)
                return
            with contextlib.suppress(OSError):
                lease.connection.sendall(json.dumps(answer).encode() + b"\n")

    def _answer(self, lease: Lease, asked: dict[str, Any]) -> dict[str, Any] | None:
        if not lease.trusted:
            if not secrets.compare_digest(str(asked.get("token", "")), self.token):
                return None
            lease.trusted = True
        do = asked["do"]
        if do == "lease":
            lease.name, lease.what, lease.pid = secrets.token_hex(4), str(asked["what"]), int(asked["pid"])
            return {"lease": lease.name, "alive": [other.name for other in self.leases.values() if other.name]}
        if do == "alive":
            return {"alive": [other.name for other in self.leases.values() if other.name]}
        if do == "watch":
            lease.watches[int(asked["backend"])] = {
                "until": time.monotonic() + float(asked["seconds"]), "seconds": asked["seconds"],
                "bytes": int(asked["bytes"]),
                "folder": os.path.join(self.server.data, "base", str(int(asked["database"]))),
            }  # fmt: skip
            return {"ok": True}
        if do == "unwatch":
            lease.watches.pop(int(asked["backend"]), None)
            return {"ok": True, "ended": lease.ended.pop(int(asked["backend"]), None)}
        if do == "status":
            return {
                "leases": [
                    {"what": other.what, "pid": other.pid, "since": other.since, "watched": len(other.watches)}
                    for other in self.leases.values() if other.name
                ],
                "idle_seconds": self.settings["idle_seconds"], "port": self.server.port,
            }  # fmt: skip
        if do == "goodbye":
            lease.closed_well = True
            lease.ahead = [str(template) for template in asked.get("ahead", ())]
            return {"ok": True}
        if do == "stop":
            self.stopping = True
            return {"ok": True}
        return {"error": f"unknown request {do!r}"}

    def _farewell(self, lease: Lease) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(lease.connection)
        lease.connection.close()
        self.leases.pop(lease.connection, None)
        for backend in lease.watches:
            self._end(backend)
        if lease.name and (lease.ahead or not lease.closed_well):
            self._sweep(*lease.ahead)
        self.idle_since = time.monotonic()

    def _sweep(self, *ahead: str) -> None:
        """Have a child drop what the gone left, and clone these templates ahead; it needs a database driver, which
        this process does without."""
        with contextlib.suppress(OSError):
            self.sweeps.append(
                subprocess.Popen(
                    [self.settings["python"], "-m", "pgmason.postgres.sweep", self.settings["folder"], *ahead],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONPATH": self.settings["python_path"]},
                )
            )  # fmt: skip

    def _end(self, backend: int) -> bool:
        assert self.server.process is not None
        if parent_of(backend) != self.server.process.pid:
            return False
        with contextlib.suppress(OSError):
            os.kill(backend, signal.SIGTERM)
            self.deaf.setdefault(backend, (started_at(backend), time.monotonic() + self.settings["deaf_seconds"]))
            return True
        return False

    def _kill_deaf(self, now: float) -> None:
        assert self.server.process is not None
        for backend, (started, until) in list(self.deaf.items()):
            if parent_of(backend) != self.server.process.pid or started_at(backend) != started:
                del self.deaf[backend]
            elif now > until:
                with contextlib.suppress(OSError):
                    os.kill(backend, signal.SIGKILL)

    def _bytes_of(self, backend: int, database: str) -> int:
        """What a session takes of the disk: its database, and what it spilled."""
        spilled = os.path.join(self.server.data, "base", "pgsql_tmp")
        return folder_bytes(database) + folder_bytes(spilled, f"pgsql_tmp{backend}.")

    def _shorten_log(self) -> None:
        with contextlib.suppress(OSError):
            if os.stat(self.server.log).st_size > LOG_BYTES:
                os.truncate(self.server.log, 0)

    def _look(self) -> None:
        now = time.monotonic()
        for lease in self.leases.values():
            for backend, watch in list(lease.watches.items()):
                reason = ""
                if now > watch["until"]:
                    reason = f"it ran longer than {watch['seconds']:g} s"
                elif watch["bytes"] and self._bytes_of(backend, watch["folder"]) > watch["bytes"]:
                    reason = f"its database outgrew {watch['bytes'] // 1_000_000} MB"
                if reason and self._end(backend):
                    lease.ended[backend] = reason
        self._kill_deaf(now)
        self._shorten_log()
        self.sweeps = [child for child in self.sweeps if child.poll() is None]
        if any(lease.trusted for lease in self.leases.values()):
            self.idle_since = now
        elif now - self.idle_since > self.settings["idle_seconds"]:
            self.stopping = True


def main() -> None:
    """Leave the command that started us (it waits for the state file or the failure file), then run."""
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    # Held until this process ends, however it ends: whoever can take the lock knows that no supervisor lives.
    lock = os.open(os.path.join(settings["folder"], "alive.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if os.fork():
        os._exit(0)
    os.setsid()
    os.umask(0o077)
    os.chdir("/")
    try:
        Supervisor(settings).run()
    except BaseException as error:
        reason = str(error) if isinstance(error, (Failure, OSError)) else repr(error)
        private(os.path.join(settings["folder"], "failed"), reason)
        raise


if __name__ == "__main__":
    main()
