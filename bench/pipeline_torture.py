"""python -m bench.pipeline_torture: whatever dies and when, running again leaves what an undisturbed run leaves.

Rounds at random, the same for the same seed: a run of a scenario (`pipeline_scenarios.py`) is disturbed at a random
moment of its time: the loader is killed, a session's server process is killed (so that the whole server crashes and
recovers, and unlogged tables come back empty), its sessions are terminated, or every connection is reset. Then
it is run again, plainly, and the target's digest, the quarantine and the cursor must be those of an undisturbed run,
with nothing staged left behind. Afterwards eight writers commit late and out of order into a table that a pipeline
reads over and over: no row may be missed, none doubled.

Resumable: rounds of the same seed and code that are in bench/pipeline-torture-results.json are not run again. The
code is what a run consists of (`pipeline_scenarios.COVERED`: all of rows/, and of pipelines/ what reads, stages and
commits) and this bench; a change elsewhere in pgmason does not begin the proof anew.

    python -m bench.pipeline_torture [--rounds 200] [--seed 1] [--late-rows 1000000] [--again]
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench.arguments import Arguments
from bench.commands import Home, temporary_folder
from bench.late_writers import late_writers
from bench.machine import code_digest, machine_line, today
from bench.pipeline_scenarios import COVERED, SCENARIOS, TABLE, Scenario, write_files
from bench.plain_server import PlainServer, plain_server
from bench.wire import Wire
from pgmason.evidence import write_whole
from pgmason.rows.digest import digest_tables

__all__ = ["DISTURBANCES", "Arena", "Outcome"]

HERE = Path(__file__).parent
RESULTS = HERE / "pipeline-torture-results.json"
SECONDS = 180.0
DISTURBANCES = ("loader killed", "server killed", "sessions terminated", "wire cut")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run left: digests of all tables, what is in quarantine, the cursor, and whether anything is staged."""

    digests: tuple[tuple[str, str], ...]
    quarantine: tuple[tuple[Any, ...], ...]
    cursor: str
    left: tuple[str, ...]


@dataclass(slots=True)
class Arena:
    """The server, the files, and what each scenario leaves undisturbed and how long it takes."""

    server: PlainServer
    file: Path
    expected: dict[str, Outcome] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    made: int = 0

    def prepare(self) -> None:
        """The database that every round starts from."""
        self.server.psql("postgres", "-c", "CREATE DATABASE origin")
        self.server.psql("origin", "-c", TABLE)

    @contextmanager
    def database(self) -> Iterator[str]:
        """A clone of it, dropped afterwards. A commit is only told once its WAL is written, as in production."""
        self.made += 1
        name = f"round_{self.made}"
        self.server.psql("postgres", "-c", f"CREATE DATABASE {name} TEMPLATE origin")
        self.server.psql("postgres", "-c", f"ALTER DATABASE {name} SET synchronous_commit = on")
        try:
            yield name
        finally:
            self.server.psql("postgres", "-c", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def start(self, scenario: Scenario, url: str) -> subprocess.Popen[bytes]:
        """A run in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "bench.pipeline_child", str(self.file), scenario.pipeline, scenario.engine],
            cwd=HERE.parent,
            env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def rehearse(self, scenario: Scenario) -> None:
        """The scenario undisturbed, twice: once for what it leaves, and to see that a second run leaves the same."""
        if scenario.name in self.expected:
            return
        with self.database() as name:
            began = time.monotonic()
            self._plainly(scenario, name)
            self.seconds[scenario.name] = time.monotonic() - began
            self.expected[scenario.name] = self.outcome(name, scenario)
            self._plainly(scenario, name)
            again = self.outcome(name, scenario)
            assert again == self.expected[scenario.name], f"{scenario.name}: a second run leaves something else"

    def _plainly(self, scenario: Scenario, name: str) -> str:
        process = self.start(scenario, self.server.url(name))
        out, err = process.communicate(timeout=SECONDS)
        if process.returncode:
            raise AssertionError(f"exit {process.returncode}: {err.decode(errors='replace').strip()[-600:]}")
        return out.decode()

    def outcome(self, name: str, scenario: Scenario) -> Outcome:
        """What is in the database now."""
        with psycopg.connect(self.server.url(name), autocommit=True) as session:
            digests = digest_tables([session], [("public", "t"), ("public", "log"), ("public", "parents")])
            quarantine = session.execute(
                'SELECT pipeline, expectation, reason, form, "row"::text FROM pgmason.quarantine ORDER BY 1, 5, 2'
            ).fetchall()
            cursor = session.execute(
                "SELECT cursor FROM pgmason.pipelines WHERE name = %s", [scenario.pipeline]
            ).fetchone()
            left = session.execute(
                "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE c.relkind = 'r' AND (c.relname LIKE 'stage\\_%' OR n.nspname LIKE 'pgmason\\_%') ORDER BY 1"
            ).fetchall()
        return Outcome(
            digests=tuple((".".join(table), one.digest) for table, one in digests.items()),
            quarantine=tuple(quarantine),
            cursor=json.dumps(cursor[0], sort_keys=True) if cursor else "none",
            left=tuple(row[0] for row in left),
        )

    def round(self, number: int, chance: random.Random) -> dict[str, Any]:
        """One disturbed run and one plain one; `failures` is empty where all is well."""
        scenario, disturbance = chance.choice(SCENARIOS), chance.choice(DISTURBANCES)
        self.rehearse(scenario)
        moment = chance.uniform(0.15, 1.05) * self.seconds[scenario.name]
        failures: list[str] = []
        with self.database() as name:
            did, code, said = self._disturbed(scenario, disturbance, moment, name, chance)
            try:
                self._plainly(scenario, name)
            except (AssertionError, subprocess.TimeoutExpired) as exc:
                failures.append(f"the run again: {exc}")
            else:
                failures += _compared(self.expected[scenario.name], self.outcome(name, scenario))
        if "Traceback" in said:
            failures.append(f"a traceback: {said.strip().splitlines()[-1]}")
        return {
            "round": number,
            "scenario": scenario.name,
            "disturbance": disturbance,
            "at_seconds": round(moment, 3),
            "did": did,
            "exit": code,
            "failures": failures,
        }

    def _disturbed(
        self, scenario: Scenario, disturbance: str, moment: float, name: str, chance: random.Random
    ) -> tuple[str, int, str]:
        wire = Wire(self.server.port)
        url = self.server.url(name).replace(f":{self.server.port}/", f":{wire.port}/")
        process = self.start(scenario, url)
        try:
            try:
                process.wait(timeout=moment)
                did = "through"
            except subprocess.TimeoutExpired:
                did = self._act(disturbance, process, wire, name, chance)
            _, err = process.communicate(timeout=SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            wire.close()
        self._settled(name)
        if did == "killed" and process.returncode == 0:
            did = "through"  # it had ended by itself when the signal came
        return did, process.returncode, err.decode(errors="replace")

    def _act(
        self, disturbance: str, process: subprocess.Popen[bytes], wire: Wire, name: str, chance: random.Random
    ) -> str:
        if disturbance == "loader killed":
            os.killpg(process.pid, signal.SIGKILL)
            return "killed"
        if disturbance == "wire cut":
            return f"cut {wire.cut()} connections"
        pids = self._sessions(name)
        if not pids:
            return "no session yet"
        if disturbance == "server killed":
            os.kill(chance.choice(pids), signal.SIGKILL)
            return f"killed one of {len(pids)} server processes"
        ended = chance.sample(pids, chance.randint(1, len(pids)))
        with suppress(AssertionError):
            self.server.psql("postgres", "-c", f"SELECT pg_terminate_backend(p) FROM unnest(ARRAY{ended}) p")
        return f"terminated {len(ended)} of {len(pids)} sessions"

    def _sessions(self, name: str) -> list[int]:
        query = f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND backend_type = 'client backend'"
        try:
            return sorted(int(line) for line in self.server.psql("postgres", "-c", query).split())
        except AssertionError:
            return []

    def _settled(self, name: str) -> None:
        """The server answers, and no session of the dead is left: a plain re-run comes after, not beside."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            try:
                query = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
                if self.server.psql("postgres", "-c", query).strip() == "0":
                    return
            except AssertionError:
                pass  # it is recovering
            time.sleep(0.05)
        raise AssertionError("the server did not come back")


def _compared(expected: Outcome, found: Outcome) -> list[str]:
    failures = []
    for (table, digest), (_, other) in zip(expected.digests, found.digests, strict=True):
        if digest != other:
            failures.append(f"{table} differs")
    if expected.quarantine != found.quarantine:
        failures.append(f"{len(found.quarantine)} rows in quarantine, expected {len(expected.quarantine)}")
    if expected.cursor != found.cursor:
        failures.append(f"the cursor is {found.cursor[:200]}")
    failures += [f"left behind: {name}" for name in found.left]
    return failures


def main() -> int:
    arguments = Arguments()
    again = arguments.flag("--again")
    seed, rounds = arguments.number("--seed", 1), arguments.number("--rounds", 200)
    late_rows = arguments.number("--late-rows", 1_000_000)
    arguments.done()
    mark = {
        "seed": seed,
        "code": code_digest((HERE / f"pipeline_{name}.py" for name in ("torture", "scenarios", "child")), only=COVERED),
    }
    results: dict[str, Any] = {"of": mark, "rounds": [], "late_writers": None}
    if RESULTS.exists() and not again:
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))
        results = kept if kept.get("of") == mark else results
    with temporary_folder("pipeline-torture") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        results |= {"machine": machine_line(), "on": today()}
        with plain_server(work / "server") as server:
            arena = Arena(server=server, file=write_files(work / "files"))
            arena.prepare()
            for number in range(len(results["rounds"]) + 1, rounds + 1):
                told = arena.round(number, random.Random(f"{seed}:{number}"))
                print(_line(told), file=sys.stderr)
                results["rounds"].append(told)
                write_whole(RESULTS, json.dumps(results, indent=1) + "\n")
            if late_rows and (results["late_writers"] or {}).get("rows", 0) < late_rows:
                results["late_writers"] = late_writers(server, rows=late_rows, seed=seed)
                write_whole(RESULTS, json.dumps(results, indent=1) + "\n")
    print(_summary(results["rounds"], results["late_writers"]))
    return 1 if _failed(results) else 0


def _line(told: dict[str, Any]) -> str:
    verdict = "FAILED" if told["failures"] else "ok"
    return (
        f"{told['round']:>4} {verdict:6} {told['scenario']:28} {told['disturbance']:20} at {told['at_seconds']:5.2f} s"
        f" ({told['did']}) exit {told['exit']} {'; '.join(told['failures'])}"
    )


def _failed(results: dict[str, Any]) -> bool:
    late = results["late_writers"] or {}
    return any(one["failures"] for one in results["rounds"]) or bool(late.get("failures"))


def _summary(rounds: Sequence[dict[str, Any]], late: dict[str, Any] | None) -> str:
    well = sum(not one["failures"] for one in rounds)
    hit = sum(one["did"] not in ("through", "no session yet") for one in rounds)
    lines = [f"{well} of {len(rounds)} rounds end as undisturbed; {hit} were disturbed in the middle of a run"]
    if late:
        lines.append(
            f"late writers: {late['rows']:,} rows by {late['writers']} writers in {late['runs']} runs: "
            + ("; ".join(late["failures"]) or "none missed, none doubled")
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
