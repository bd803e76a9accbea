"""A PostgreSQL server that pgmason does not manage: for live databases, and for truths that must not come from pgmason.

Only the binaries are found by pgmason's own search. Data, users and databases are made here; SQL goes through psql.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgmason.postgres.home import server_account
from pgmason.postgres.installations import choose
from pgmason.postgres.tree import build_tree

__all__ = ["PlainServer", "plain_server"]

# Nothing here outlives the run, so nothing is flushed.
_OPTIONS = (
    "fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "jit=off", "shared_buffers=96MB",
    "max_locks_per_transaction=1024", "timezone=UTC", "unix_socket_directories=", "listen_addresses=127.0.0.1",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainServer:
    """A running server; `clients` is the folder of its psql and pg_dump."""

    port: int
    clients: Path
    version: str
    password: str = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """How libpq reaches it as the superuser."""
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith("PG") or key.startswith("PGMASON")
        }
        return {**kept, "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "bench", "PGPASSWORD": self.password,
                "PGOPTIONS": "-c client_min_messages=warning"}  # fmt: skip

    def psql(self, database: str, *arguments: str) -> str:
        """What psql prints, unaligned and without headings. Raises AssertionError with its message on any error."""
        command = [
            str(self.clients / "psql"),
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            database,
            *arguments,
        ]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"psql -d {database}: {done.stderr.strip()[-1500:]}")
        return done.stdout

    def make(self, database: str, files: Sequence[Path] = (), *, extensions: Sequence[str] = ()) -> None:
        """A database, with extensions made beforehand and SQL files applied in order, each statement on its own."""
        self.psql("postgres", "-c", f'CREATE DATABASE "{database}" TEMPLATE template0')
        for name in extensions:
            self.psql(database, "-c", f'CREATE EXTENSION "{name}" SCHEMA public')
        if files:
            self.psql(database, *(word for file in files for word in ("-f", str(file))))

    def ask(self, database: str, query: str) -> Any:
        """The JSON value that a query of one row and column gives."""
        return json.loads(self.psql(database, "-c", query))

    def url(self, database: str, *, user: str = "bench", password: str | None = None) -> str:
        """A connection string."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def reader(self, database: str) -> str:
        """The connection string of an ordinary user without any right that PUBLIC lacks."""
        password = secrets.token_urlsafe(18)
        self.psql(database, "-c", f"CREATE ROLE \"reader of {database}\" LOGIN NOSUPERUSER PASSWORD '{password}'")
        return self.url(database, user=f"reader%20of%20{database}", password=password)


@contextmanager
def plain_server(folder: Path, *, major: int = 15, settings: Sequence[str] = ()) -> Iterator[PlainServer]:
    """A server in `folder`, stopped afterwards; `settings` as NAME=VALUE count beside its usual ones.

    PGMASON_HOME must name a folder of ours. Raises NoServer.
    """
    installation = choose(major).installation
    tree = build_tree(installation)  # a copy that the unprivileged user may run
    account = server_account()
    child: dict[str, Any] = {"cwd": "/", "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, "stdin": subprocess.DEVNULL}
    if tree.library_path:
        child["env"]["LD_LIBRARY_PATH"] = str(tree.library_path)
    folder.mkdir(parents=True)
    data, words, password = folder / "data", folder / "initial", secrets.token_urlsafe(18)
    data.mkdir(mode=0o700)
    words.write_text(password, encoding="ascii")
    if account:
        child.update(user=account.uid, group=account.gid, extra_groups=[])
        os.chown(data, account.uid, account.gid)
        os.chown(words, account.uid, account.gid)
    command = [str(tree.bin / "initdb"), "-D", str(data), "-U", "bench", "--pwfile", str(words), "-A", "scram-sha-256",
               "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, **child)
    words.unlink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = [word for option in (*_OPTIONS, *settings, f"port={port}") for word in ("-c", option)]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([tree.bin / "postgres", "-D", data, *options], stdout=log, stderr=log, **child) as process,
    ):
        try:
            server = PlainServer(port=port, clients=installation.bin, version=installation.version, password=password)
            _wait(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown
            process.wait(timeout=60)


def _wait(server: PlainServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.psql("postgres", "-c", "SELECT 1")
        except AssertionError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            return
