"""A fixed sample of `make torture`: what random rounds found once, and must never find again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench.commands import Done, Home, finished, temporary_folder
from bench.histories import write_history
from bench.remains import processes, settle, supervisors
from psycopg import sql

from pgmason.postgres.installations import installations
from pgmason.postgres.scratch import evict_templates, scratch_database
from pgmason.postgres.server import lease_server
from pgmason.sources import Context, read_source

SECONDS = 120.0


@pytest.fixture
def home() -> Iterator[Home]:
    """A home of the test's own; whatever still runs in it is ended."""
    with temporary_folder("sample") as folder:
        made = Home.made(folder / "home")
        yield made
        made.stop()
        for process in processes(made.folder):
            os.kill(process.pid, signal.SIGKILL)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A history that takes about a second of the server's time."""
    folder = tmp_path / "migrations"
    write_history(folder, files=30, sleeping_every=2)
    return folder


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def show(home: Home, history: Path) -> Done:
    return home.run(history.parent, "schema", "show", "migrations", "--format", "json", seconds=SECONDS)


def test_a_command_killed_while_its_server_starts_is_in_nobodys_way(home: Home, history: Path) -> None:
    """The supervisor goes on starting for nobody; the next command must join it, not wait for its end."""
    with home.start(history.parent, "schema", "show", "migrations") as process:
        until(lambda: bool(supervisors(home.folder)) or process.poll() is not None)
        process.kill()
        process.communicate()
    assert not list(home.folder.glob("run/*/state.json")), "it was killed too late to show anything"
    following = show(home, history).holds()
    assert following.seconds < 45, "it waited for the supervisor to end"
    assert settle(home.folder) == []


@pytest.mark.parametrize("how", ["stop", "clear"])
def test_a_server_stopped_under_a_command_is_told_as_out_of_reach_and_leaves_nothing(
    home: Home, history: Path, how: str
) -> None:
    began = time.perf_counter()
    command = ("schema", "show", "migrations", "--format", "json")
    with home.start(history.parent, *command) as process:
        until(lambda: any("SELECT" in one.command for one in processes(home.folder)) or process.poll() is not None)
        home.run(home.folder, "server", how).holds()
        disturbed = finished(process, command, began=began, seconds=SECONDS)
    assert disturbed.raised is None
    assert disturbed.code == 3
    assert "server" in disturbed.json()["error"]["what"]
    show(home, history).holds()
    assert settle(home.folder) == []


MAKES_A_DATABASE = """
import sys
from psycopg import sql
from pgmason.postgres.server import lease_server
with lease_server(15, what="sample") as server:
    print(server.next_name(), flush=True)
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    server.admin.execute(make.format(sql.Identifier(f"s_{server.lease}_1"), sql.Identifier(sys.argv[1])))
"""


def test_a_database_that_was_being_made_for_a_killed_command_is_not_made_any_more(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CREATE DATABASE waits 5 s for a session in its template to leave: meanwhile its command is killed and swept."""
    monkeypatch.setenv("PGMASON_HOME", str(home.folder))
    command = [sys.executable, "-c", MAKES_A_DATABASE]
    under_way = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE%' AND state = 'active'"
    with lease_server(15, what="sample") as server, scratch_database(server) as scratch:
        with (
            scratch.session(),
            subprocess.Popen([*command, scratch.name], stdout=subprocess.PIPE, text=True) as process,
        ):
            assert process.stdout is not None
            name = process.stdout.readline().strip()
            until(lambda: server.admin.execute(under_way).fetchone() is not None)
            process.kill()
            process.wait()
            until(lambda: server.admin.execute(under_way).fetchone() is None)
        time.sleep(1)  # the template is free now: what was still under way would be made
        there = server.admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        assert there is None


def test_a_template_whose_maker_was_killed_before_its_seal_is_used_all_the_same(
    home: Home, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGMASON_HOME", str(home.folder))
    context = Context(base=history.parent, root=history.parent, what="sample")
    made = read_source("migrations", context)
    assert (made.applied, made.reused) == (30, 0)
    with lease_server(15, what="sample") as server:
        for (name,) in server.admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 't\\_%'").fetchall():
            server.admin.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(name)))
    home.forget_readings()
    again = read_source("migrations", context)
    assert (again.applied, again.reused) == (0, 30)
    assert again.catalog == made.catalog
    with lease_server(15, what="sample") as server:
        sealed = "SELECT count(*) FROM pg_database WHERE datname LIKE 't\\_%' AND datistemplate"
        assert server.admin.execute(sealed).fetchone() == (1,)  # the one found; the state before it was not looked for
        assert evict_templates(server.admin, 0) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"x": 1}', '{"x": {}}', '"x"', "\x00"])
def test_a_damaged_memory_of_installations_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setenv("PGMASON_HOME", str(tmp_path))
    undisturbed = installations()
    memory = tmp_path / "installations.json"
    whole = memory.read_text(encoding="utf-8")
    memory.write_text(content.replace("x", whole.split('"')[1]), encoding="utf-8")
    assert installations() == undisturbed
    assert memory.read_text(encoding="utf-8") == whole
