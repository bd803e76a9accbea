"""However a command ends, nothing of it is left running and the next command works."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from pgmason.errors import ServerFailed
from pgmason.postgres.scratch import evict_templates, has_template, scratch_database
from pgmason.postgres.server import Server, lease_server, running_servers, server_folder, stop_server

MAJOR = 18  # the wheel's: it is on every machine


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of the test's own, whose servers may be killed."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="pgmason-kill-"))
    folder.chmod(0o755)
    monkeypatch.setenv("PGMASON_HOME", str(folder))
    yield folder
    for found, _, _ in running_servers():
        stop_server(found)
    shutil.rmtree(folder, ignore_errors=True)


def command(body: str) -> subprocess.Popen[str]:
    """A separate process that runs Python and prints READY when it is at the point of interest."""
    source = "from pgmason.postgres.server import *\nfrom pgmason.postgres.scratch import *\n" + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True)


SLEEPER = f"""
with lease_server({MAJOR}, what="sleeper") as server, scratch_database(server) as scratch, scratch.session() as session:
    print("READY", scratch.name, session.info.backend_pid, flush=True)
    session.execute("SELECT pg_sleep(600)")
"""


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def databases() -> set[str]:
    with lease_server(MAJOR, what="look") as server:
        return {row[0] for row in server.admin.execute("SELECT datname FROM pg_database").fetchall()}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_command_leaves_no_session_and_no_database(home: Path, how: signal.Signals) -> None:
    with command(SLEEPER) as process:
        assert process.stdout is not None
        _, name, backend = process.stdout.readline().split()
        process.send_signal(how)
        try:
            process.wait(timeout=20)
        finally:
            process.kill()  # else leaving the block would wait for a command that does not hear
    assert until(lambda: not alive(int(backend))), "the killed command's session still runs"
    assert until(lambda: name not in databases()), "the killed command's database is still there"


def test_a_killed_supervisor_takes_its_server_along_and_the_next_command_works(home: Path) -> None:
    with lease_server(MAJOR, what="first") as server:
        state = dict(server.state)
        with scratch_database(server) as scratch:
            scratch.keep("a" * 64)
        os.kill(state["pid"], signal.SIGKILL)
        assert until(lambda: not alive(state["postmaster"])), "the server outlived its supervisor"
    with lease_server(MAJOR, what="second") as server:
        assert server.state["pid"] != state["pid"]
        assert has_template(server, ["a" * 64]) == "a" * 64, "what was kept within this boot is still good"


def test_a_killed_server_ends_its_supervisor_and_the_next_command_works(home: Path) -> None:
    with lease_server(MAJOR, what="first") as server:
        state = dict(server.state)
        os.kill(state["postmaster"], signal.SIGKILL)
        assert until(lambda: not alive(state["pid"]))
    assert "pgmason_base" in databases() or databases()


def test_many_commands_at_once_share_one_server(home: Path) -> None:
    body = f"""
    with lease_server({MAJOR}, what="one of many") as server, scratch_database(server) as scratch:
        with scratch.session() as session:
            session.execute("CREATE TABLE t (id int)")
        print(server.state["pid"], flush=True)
    """
    processes = [command(body) for _ in range(6)]
    said = [process.communicate(timeout=120)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * 6
    assert len({pid for [pid] in said}) == 1


def test_an_idle_server_stops_by_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGMASON_SERVER_IDLE_SECONDS", "1")
    with lease_server(MAJOR, what="short") as server:
        pids = (server.state["pid"], server.state["postmaster"])
        folder = server_folder(server.tree)
        time.sleep(2.5)
        assert alive(pids[1]), "a server in use is not idle"
    assert until(lambda: not any(alive(pid) for pid in pids))
    assert not (folder / "state.json").exists()


def test_the_least_recently_used_templates_go_first(home: Path) -> None:
    with lease_server(MAJOR, what="cache") as server:
        for letter in "abc":
            with scratch_database(server) as scratch:
                scratch.keep(letter * 64)
        assert has_template(server, ["a" * 64])  # now the most recently used
        [(size,)] = server.admin.execute("SELECT pg_database_size('pgmason_base')").fetchall()
        assert evict_templates(server.admin, int(size * 1.5)) == 2
        assert has_template(server, ["c" * 64, "b" * 64]) is None
        assert has_template(server, ["a" * 64]) == "a" * 64


def test_the_longest_kept_prefix_is_chosen(home: Path) -> None:
    with lease_server(MAJOR, what="prefix") as server:
        for letter in "ab":
            with scratch_database(server) as scratch:
                scratch.keep(letter * 64)
        assert has_template(server, ["c" * 64, "b" * 64, "a" * 64]) == "b" * 64


def test_a_session_that_does_not_hear_is_killed_and_the_next_command_works(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgmason.postgres.server.DEAF_SECONDS", 1.0)
    with lease_server(MAJOR, what="deaf") as server, scratch_database(server) as scratch:
        pid, backend = server.state["pid"], 0
        with contextlib.suppress(ServerFailed), scratch.session(seconds=0.5) as session:
            backend = session.info.backend_pid
            os.kill(backend, signal.SIGSTOP)  # as deaf as code that never asks for an interrupt
            assert until(lambda: not alive(backend)), "a stopped session outlived its end"
        assert scratch.ended == "it ran longer than 0.5 s"
        assert alive(pid)
    with lease_server(MAJOR, what="next") as server, scratch_database(server) as scratch, scratch.session() as session:
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_memory_is_limited_and_the_server_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGMASON_SESSION_MEMORY_MB", "600")
    hoard = "DO $$ DECLARE a text[]; BEGIN FOR i IN 1..50 LOOP a[i] := repeat('x', 40000000); END LOOP; END $$"
    with lease_server(MAJOR, what="memory") as server, scratch_database(server) as scratch:
        with scratch.session() as session:
            with pytest.raises(psycopg.errors.OutOfMemory):
                session.execute(hoard)
            assert session.execute("SELECT 1").fetchone() == (1,)
        assert alive(server.state["postmaster"])


def test_what_a_session_spills_counts_as_its_disk(home: Path) -> None:
    with lease_server(MAJOR, what="spill") as server, scratch_database(server) as scratch:
        with pytest.raises(psycopg.OperationalError), scratch.session(seconds=60, size_bytes=60_000_000) as session:
            session.execute("SELECT count(*) FROM (SELECT md5(i::text) x FROM generate_series(1, 2e9) i ORDER BY 1) s")
        assert scratch.ended == "its database outgrew 60 MB"


def test_what_a_session_says_stays_out_of_the_log_and_a_long_log_is_cut_short(home: Path) -> None:
    with lease_server(MAJOR, what="log") as server, scratch_database(server) as scratch:
        log = server_folder(server.tree) / "server.log"
        with scratch.session() as session:
            session.execute("DO $$ BEGIN RAISE LOG 'loud'; RAISE WARNING 'loud'; END $$")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute("SET log_min_messages = debug5")
        assert "loud" not in log.read_text(encoding="utf-8")
        server.admin.execute("SET log_min_messages = log")
        server.admin.execute("DO $$ BEGIN FOR i IN 1..34 LOOP RAISE LOG '%', repeat('x', 1000000); END LOOP; END $$")
        assert until(lambda: log.stat().st_size < 34_000_000)
        server.admin.execute("DO $$ BEGIN RAISE LOG 'goes on'; END $$")
        assert until(lambda: log.read_bytes().count(b"\0") == 0 and b"goes on" in log.read_bytes())


def test_secrets_are_readable_by_their_owner_only(home: Path) -> None:
    with lease_server(MAJOR, what="secrets") as server:
        folder = server_folder(server.tree)
        for name in ("state.json", "made.json"):
            assert (folder / name).stat().st_mode & 0o077 == 0
        assert server.state["password"] not in repr(server)
        with contextlib.suppress(FileNotFoundError):
            assert server.state["password"] not in (folder / "server.log").read_text()


def test_a_data_folder_whose_mode_was_changed_starts_again(home: Path) -> None:
    """A copied or restored home has the modes of whoever copied it, and PostgreSQL refuses all but 0700 and 0750."""
    with lease_server(MAJOR, what="before") as server:
        folder = server_folder(server.tree)
    stop_server(folder)
    (folder / "data").chmod(0o755)
    with lease_server(MAJOR, what="after") as server:
        assert server.admin.execute("SELECT 1").fetchone() == (1,)
    assert (folder / "data").stat().st_mode & 0o777 == 0o700


def test_ext4_puts_each_database_into_a_group_of_its_own(servers: Callable[[int], Server]) -> None:
    base = server_folder(servers(MAJOR).tree) / "data" / "base"
    told = subprocess.run(["lsattr", "-d", str(base)], capture_output=True, text=True, check=False)
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(base)], capture_output=True, text=True, check=False)
    if told.returncode or kind.stdout.strip() != "ext2/ext3":
        pytest.skip("the servers of this run are not on ext4, or lsattr is not here")
    assert "T" in told.stdout.split()[0]
