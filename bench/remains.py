"""What is left of a command that is gone: processes, sessions, databases, half-written files? Linux, by /proc.

Nothing here asks pgmason: processes are read from /proc, databases and sessions from the server itself, by the port
and password that the supervisor wrote down.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.commands import git

__all__ = ["half_written", "postmasters", "processes", "remains", "settle", "supervisors"]

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that has to do with a home: by its command line, or because it works inside."""

    pid: int
    parent: int
    command: str


def processes(home: Path) -> list[Process]:
    """Every living process of that home, by pid."""
    return sorted(_processes(home), key=lambda process: process.pid)


def _processes(home: Path) -> Iterator[Process]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            state, parent = (
                (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
            )
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
            inside = (folder / "cwd").readlink().is_relative_to(home)
            if state != "Z" and (inside or f"{home}/" in command):
                yield Process(pid=int(folder.name), parent=int(parent), command=command)


def supervisors(home: Path) -> list[int]:
    """The supervisors of that home."""
    return [process.pid for process in processes(home) if "supervisor.py" in process.command]


def postmasters(home: Path) -> list[int]:
    """The servers of that home: what runs `postgres -D`."""
    return [process.pid for process in processes(home) if "/bin/postgres -D " in process.command]


def settle(home: Path) -> list[str]:
    """Wait until nothing of a dead command is left; after 20 s, what is left, a line each."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        left = _left(home)
        if not left or time.monotonic() > deadline:
            return [f"after {PATIENCE_SECONDS:.0f} s: {line}" for line in left]
        time.sleep(0.2)


def _left(home: Path) -> list[str]:
    """Now: processes that belong to no pair of supervisor and server, and what the server still holds."""
    found = processes(home)
    keepers, servers = supervisors(home), postmasters(home)
    left = []
    if len(keepers) > 1:
        left.append(f"{len(keepers)} supervisors")
    if len(keepers) != len(servers):
        left.append(f"{len(keepers)} supervisors and {len(servers)} servers")
    for process in found:
        if process.pid not in keepers and process.pid not in servers and process.parent not in servers:
            left.append(f"process {process.command[:120]}")
    for state in sorted((home / "run").glob("*/state.json")) if servers else ():  # a dead one's state is nothing
        with suppress(OSError, ValueError):
            left += _on_the_server(json.loads(state.read_text(encoding="utf-8")))
    return left


def _on_the_server(state: dict[str, object]) -> list[str]:
    """Scratch databases, roles and sessions; nothing runs now, so there should be none."""
    import psycopg

    try:
        with psycopg.connect(
            host="127.0.0.1", port=str(state["port"]), user="pgmason", password=str(state["password"]),
            dbname="postgres", connect_timeout=5, autocommit=True,
        ) as connection:  # fmt: skip
            rows = connection.execute(
                "SELECT 'database ' || datname FROM pg_database WHERE datname LIKE 's\\_%'"
                " UNION ALL SELECT 'role ' || rolname FROM pg_roles WHERE rolname LIKE 'r\\_%'"
                " UNION ALL SELECT 'session in ' || coalesce(datname, '') || ': ' || left(query, 60)"
                " FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
            return sorted(row[0] for row in rows)
    except psycopg.Error as exc:
        return [f"the server does not answer: {str(exc).strip()}"]


def half_written(root: Path) -> list[str]:
    """What git sees as changed in a repository, and files that were being written, below `root`."""
    changed = git(root, "status", "--porcelain").splitlines()
    return [*changed, *sorted(str(file.relative_to(root)) for file in root.rglob("*.half"))]


def remains(home: Path) -> dict[str, int]:
    """Halves that nobody removes from the home: how many files and folders, and their bytes."""
    halves = [path for pattern in (".*.half", "*/.*.half", "run/*/*.half") for path in home.glob(pattern)]
    total = 0
    for path in halves:
        for file in (path, *path.rglob("*")):
            with suppress(OSError):
                total += file.lstat().st_size
    return {"halves": len(halves), "bytes": total} if halves else {}
