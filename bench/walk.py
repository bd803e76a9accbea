"""How long does the everyday path take: help, a warm schema, the gate again, a long history cold, one file more?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.commands import Done, Home, repository
from bench.histories import write_history, write_migration
from bench.measurement import Budget, Measurement, side_by_side, timed
from pgmason.formats import read_history
from pgmason.postgres.scratch import evict_templates, scratch_database
from pgmason.postgres.server import Server, lease_server
from pgmason.sources import Context, read_source

__all__ = ["measure_walk"]

FILES = 300
MAJOR = 15
PLAIN_PYTHON = "python -c pass"


def measure_walk(home: Home, work: Path, corpus: Path | None) -> Iterator[Measurement]:
    """Every measurement of the everyday path. PGMASON_HOME must be `home`, in this process too."""
    yield _help(home, work)
    generated = work / "generated" / "migrations"
    write_history(generated, files=FILES)
    if corpus is not None:
        yield from _cold_replay(home, work, corpus / "prisma" / "trigger" / "migrations", "trigger's history")
    yield from _cold_replay(home, work, generated, "a generated history")
    yield from _product(home, repository(generated.parent))


def _plain_python() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def _help(home: Home, work: Path) -> Measurement:
    repeats = 20
    value, baseline = side_by_side(repeats, lambda: home.run(work, "--help").holds().seconds, _plain_python)
    return Measurement(
        what="`pgmason --help`", value=value, unit="s", against=PLAIN_PYTHON, baseline=baseline, repeats=repeats,
        budget=Budget(at_most=0.1, of="value"),
    )  # fmt: skip


def _cold_replay(home: Home, work: Path, folder: Path, name: str) -> Iterator[Measurement]:
    """A history with nothing known of it, on a running server, against one psql process that applies it all."""
    repeats = 5
    context = Context(base=folder.parent, root=folder.parent, major=MAJOR, what="bench")
    migrations = read_history(folder).migrations
    whole = work / "all.sql"
    whole.write_text("\n;\n".join(migration.up_text() for migration in migrations), encoding="utf-8")
    source = f"migrations:{folder}"
    with lease_server(MAJOR, what="bench") as server:
        with scratch_database(server, read_only=True):
            pass  # a server that was used before

        def by_psql() -> float:
            return _psql(server, whole)

        def by_pgmason() -> float:
            _forget(home, server)
            readings: list[Any] = []
            seconds = timed(lambda: readings.append(read_source(source, context)))
            assert readings[0].applied == len(migrations), "the replay was not cold"
            return seconds

        def by_command() -> float:
            _forget(home, server)
            return home.run(folder.parent, "schema", "show", source, "--format", "json").holds().seconds

        value, baseline = side_by_side(repeats, by_pgmason, by_psql)
        yield Measurement(
            what=f"cold replay of {name}, {len(migrations)} files", value=value, unit="s",
            against="psql -f all.sql", baseline=baseline, repeats=repeats, budget=Budget(at_most=1.3, of="ratio"),
        )  # fmt: skip
        value, baseline = side_by_side(3, by_command, by_psql)
        yield Measurement(
            what=f"the whole command: `schema show`, cold, of {name}", value=value, unit="s",
            against="psql -f all.sql", baseline=baseline, repeats=3,
        )  # fmt: skip


def _psql(server: Server, file: Path) -> float:
    """Seconds that one psql process takes to apply a file to an empty database of the same server."""
    quiet = "-c client_min_messages=warning"
    environment = {**os.environ, "PGPASSWORD": server.state["password"], "PGOPTIONS": quiet}
    server.admin.execute("CREATE DATABASE by_psql TEMPLATE template0")
    command = [server.choice.installation.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
               "-p", str(server.state["port"]), "-U", "pgmason", "-d", "by_psql", "-f", str(file)]  # fmt: skip
    try:
        return timed(lambda: _succeeds(command, environment))
    finally:
        server.admin.execute("DROP DATABASE by_psql WITH (FORCE)")


def _succeeds(command: list[Any], environment: dict[str, str]) -> None:
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def _forget(home: Home, server: Server) -> None:
    """No catalog on disk and no template: what a first run finds, on a server that runs."""
    home.forget_readings()
    evict_templates(server.admin, 0)
    server.admin.execute("DROP TABLE IF EXISTS public.wanted")


def _product(home: Home, root: Path) -> Iterator[Measurement]:
    home.run(root, "init").holds()
    home.run(root, "docs").holds()
    yield from _second_gate(home, root)
    home.run(root, "docs").holds()
    home.run(root, "gate").holds(0, 1)
    yield _warm(home, root, "`schema show` of a warm product", "schema", "show")
    yield _unchanged_gate(home, root)


def _second_gate(home: Home, root: Path) -> Iterator[Measurement]:
    """One migration more replays one file, and says so in its evidence."""
    cold, second = [], []
    repeats = 3
    with lease_server(MAJOR, what="bench") as server:
        for number in range(FILES + 1, FILES + 1 + repeats):
            _forget(home, server)
            shutil.rmtree(root / ".pgmason" / root.name / "evidence", ignore_errors=True)
            first = home.run(root, "gate", "--format", "json").holds(0, 1)
            assert f"{number - 1} applied in this run, 0 known from before" in _replayed(first), _replayed(first)
            write_migration(root / "migrations", number)
            again = home.run(root, "gate", "--format", "json").holds(0, 1)
            assert f"1 applied in this run, {number - 1} known from before" in _replayed(again), _replayed(again)
            cold.append(first.seconds)
            second.append(again.seconds)
    yield Measurement(
        what="`gate` after adding one migration (1 file replayed, as its evidence says)",
        value=median(second),
        unit="s",
        against=f"the cold gate of {FILES} files",
        baseline=median(cold),
        repeats=repeats,
    )


def _replayed(gate: Done) -> str:
    """What the evidence of every-migration-applies read."""
    criteria = gate.json()["products"][0]["criteria"]
    (evidence,) = [one["evidence"] for one in criteria if one["name"] == "every-migration-applies"]
    return "; ".join(evidence["read"])


def _unchanged_gate(home: Home, root: Path) -> Measurement:
    """The gate again with nothing changed, after its server was stopped; it must start none."""
    home.stop()
    starts = _starts(home)
    measured = _warm(home, root, "`gate` with nothing changed (it started no server)", "gate")
    assert not home.run(root, "server", "status", "--format", "json").holds().json()["servers"], "a server runs"
    assert _starts(home) == starts, "a server was started and has stopped again"
    return measured


def _starts(home: Home) -> list[tuple[str, int]]:
    """When each server of the home was last started: its settings are written anew each time."""
    return sorted((str(file), file.stat().st_mtime_ns) for file in home.folder.glob("run/*/settings.json"))


def _warm(home: Home, root: Path, what: str, *arguments: str) -> Measurement:
    repeats = 7
    value, baseline = side_by_side(repeats, lambda: home.run(root, *arguments).holds(0, 1).seconds, _plain_python)
    return Measurement(
        what=what, value=value, unit="s", against=PLAIN_PYTHON, baseline=baseline, repeats=repeats,
        budget=Budget(at_most=0.5, of="value"),
    )  # fmt: skip
