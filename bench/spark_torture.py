"""python -m bench.spark_torture: whatever of Spark dies and when, running again leaves what an undisturbed run leaves.

As `pipeline_torture.py`, on a `local-cluster` of two executor processes: at a random moment of a run one executor is
killed, a Python worker of one, the driver's Python, the driver's Java, or a server process; sessions are terminated, or
every connection is reset. A run that loses an executor or a worker has to end well by itself. Then it is run again, by
Spark or by threads, while what is left of a killed one may still be writing, and the target's digest, the quarantine
and the cursor must be those of an undisturbed local run, with nothing staged left behind.

Resumable: rounds of the same seed and code that are in bench/spark-torture-results.json are not run again. The code is
all of rows/ and pipelines/ and this bench; a change elsewhere in pgmason does not begin the proof anew. Without
pyspark or Java it says so and runs nothing.

    python -m bench.spark_torture [--rounds 20] [--seed 1] [--again]
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from bench.arguments import Arguments
from bench.commands import Home, temporary_folder
from bench.machine import code_digest, machine_line, today
from bench.pipeline_scenarios import Scenario, write_files
from bench.pipeline_torture import SECONDS, Arena, Outcome
from bench.pipeline_torture import _compared as compared  # renaming it would void the rounds that are kept
from bench.plain_server import plain_server
from bench.wire import Wire
from pgmason.evidence import write_whole

__all__ = ["DISTURBANCES", "SparkArena", "executors_of", "python_workers_of"]

HERE = Path(__file__).parent
RESULTS = HERE / "spark-torture-results.json"
_LOG = ("public", "log")
SCENARIOS = (
    Scenario(pipeline="update", engine="spark"),
    Scenario(pipeline="bounded", engine="spark"),
    Scenario(pipeline="delete_missing", engine="spark"),
    Scenario(pipeline="append", engine="spark", target=_LOG),
    Scenario(pipeline="replaced", engine="spark", target=_LOG),
)
COVERED = ("rows/*.py", "pipelines/**/*.py")
# Spark does again what is lost with these, so the run ends well by itself.
MENDED = ("executor killed", "worker killed")
DISTURBANCES = (*MENDED, *MENDED, "driver killed", "java killed", "server killed", "sessions terminated", "wire cut")


@dataclass(slots=True)
class SparkArena(Arena):
    """An arena for runs on Spark: `seconds` of a scenario are those from its entry in the ledger to its end."""

    def rehearse(self, scenario: Scenario) -> None:
        """What the scenario leaves undisturbed, by one thread of this machine; and that Spark leaves the same."""
        if scenario.name in self.expected:
            return
        with self.database() as name:
            self._plainly(Scenario(pipeline=scenario.pipeline, engine="one", target=scenario.target), name)
            self.expected[scenario.name] = self.outcome(name, scenario)
        with self.database() as name:
            self._plainly(scenario, name)
            assert not compared(self.expected[scenario.name], self.outcome(name, scenario)), scenario.name
            with psycopg.connect(self.server.url(name)) as session:
                row = session.execute("SELECT extract(epoch FROM ended_at - created_at) FROM pgmason.runs").fetchone()
            assert row is not None
            self.seconds[scenario.name] = float(row[0])

    def outcome(self, name: str, scenario: Scenario) -> Outcome:
        """As of any run, and what attempts left."""
        found = Arena.outcome(self, name, scenario)
        with psycopg.connect(self.server.url(name), autocommit=True) as session:
            left = session.execute("SELECT relname FROM pg_class WHERE relname LIKE 'staged\\_%' AND relkind = 'r'")
            more = tuple(str(row[0]) for row in left.fetchall())
        return Outcome(
            digests=found.digests, quarantine=found.quarantine, cursor=found.cursor, left=(*found.left, *more)
        )

    def round(self, number: int, chance: random.Random) -> dict[str, Any]:
        """One disturbed run and one plain one; `failures` is empty where all is well."""
        scenario, disturbance = chance.choice(SCENARIOS), chance.choice(DISTURBANCES)
        again = Scenario(pipeline=scenario.pipeline, engine=chance.choice(("spark", "threads")), target=scenario.target)
        self.rehearse(scenario)
        moment = chance.uniform(0.0, 1.05) * self.seconds[scenario.name]
        failures: list[str] = []
        with self.database() as name:
            wire = Wire(self.server.port)
            process = self.start(scenario, self.server.url(name).replace(f":{self.server.port}/", f":{wire.port}/"))
            try:
                did = self._disturb(disturbance, process, wire, name, moment, chance)
                _, told = process.communicate(timeout=SECONDS)
                said = told.decode(errors="replace")
                if process.returncode == 0:
                    failures += [f"at once: {one}" for one in self._compared(name, scenario)]
                elif disturbance in MENDED:
                    failures.append(f"Spark did not mend it: {said.strip()[-300:]}")
                failures += self._again(again, name)
                failures += self._compared(name, scenario)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                wire.close()
        if "Traceback" in said or "\tat " in said:
            failures.append(f"a trace: {said.strip().splitlines()[-1]}")
        return {
            "round": number,
            "scenario": scenario.name,
            "disturbance": disturbance,
            "at_seconds": round(moment, 3),
            "did": did,
            "exit": process.returncode,
            "told": said.strip().splitlines()[-1][:200] if process.returncode > 0 else "",
            "again": again.engine,
            "failures": failures,
        }

    def _compared(self, name: str, scenario: Scenario) -> list[str]:
        return compared(self.expected[scenario.name], self.outcome(name, scenario))

    def _disturb(
        self,
        disturbance: str,
        process: subprocess.Popen[bytes],
        wire: Wire,
        name: str,
        moment: float,
        chance: random.Random,
    ) -> str:
        """At the moment, counted from when the run is in the ledger."""
        until = time.monotonic() + SECONDS
        while not self._begun(name):
            if process.poll() is not None or time.monotonic() > until:
                return "never began"
            time.sleep(0.05)
        try:
            process.wait(timeout=moment)
            return "through"
        except subprocess.TimeoutExpired:
            pass
        if disturbance == "driver killed":
            os.kill(process.pid, signal.SIGKILL)  # Java and the executors hear of it by and by
            return "killed"
        if disturbance in ("executor killed", "worker killed", "java killed"):
            return _kill(disturbance, process.pid, chance)
        return self._act(disturbance, process, wire, name, chance)

    def _begun(self, name: str) -> bool:
        query = (
            f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"
            " AND application_name LIKE 'pgmason pipeline%'"
        )
        with suppress(AssertionError):
            return self.server.psql("postgres", "-c", query).strip() != "0"
        return False

    def _again(self, scenario: Scenario, name: str) -> list[str]:
        """Run it again until nobody holds the pipeline: the dead one's session, or a server that recovers."""
        until = time.monotonic() + SECONDS
        while True:
            try:
                self._plainly(scenario, name)
                return []
            except subprocess.TimeoutExpired as exc:
                return [f"the run again: {exc}"]
            except AssertionError as exc:
                waits = "RunInProgress" in str(exc) or "DatabaseUnreachable" in str(exc)
                if not waits or time.monotonic() > until:
                    return [f"the run again: {exc}"]
                time.sleep(0.5)


def _kill(disturbance: str, driver: int, chance: random.Random) -> str:
    found = {
        "executor killed": executors_of,
        "worker killed": python_workers_of,
        "java killed": lambda pid: [one for one, line in descendants(pid) if "SparkSubmit" in line],
    }[disturbance](driver)
    if not found:
        return "none was there"
    with suppress(ProcessLookupError):
        os.kill(chance.choice(found), signal.SIGKILL)
    return f"killed one of {len(found)}"


def executors_of(driver: int) -> list[int]:
    """The processes of executors below a driver's process."""
    return [pid for pid, line in descendants(driver) if "CoarseGrainedExecutorBackend" in line]


def python_workers_of(driver: int) -> list[int]:
    """The Python processes of its executors that do the work."""
    return [pid for pid, line in descendants(driver) if "pyspark.daemon" in line or "pyspark.worker" in line]


def descendants(ancestor: int) -> Iterator[tuple[int, str]]:
    """Every process below one, with its command line."""
    children: dict[int, list[int]] = {}
    lines: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
            lines[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    waiting = [ancestor]
    while waiting:
        for child in sorted(children.get(waiting.pop(), [])):
            waiting.append(child)
            yield child, lines.get(child, "")


def main() -> int:
    arguments = Arguments()
    again = arguments.flag("--again")
    seed, rounds = arguments.number("--seed", 1), arguments.number("--rounds", 20)
    arguments.done()
    if find_spec("pyspark") is None or shutil.which("java") is None:
        print("not run: pyspark or Java is missing (python -m pip install 'pgmason[spark]')")
        return 0
    names = ("spark_torture", "pipeline_scenarios", "pipeline_child")
    mark = {"seed": seed, "code": code_digest((HERE / f"{name}.py" for name in names), only=COVERED)}
    results: dict[str, Any] = {"of": mark, "rounds": []}
    if RESULTS.exists() and not again:
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))
        results = kept if kept.get("of") == mark else results
    with temporary_folder("spark-torture") as work:
        os.environ["PGMASON_HOME"] = str(Home.made(work / "home").folder)
        results |= {"machine": machine_line(), "on": today()}
        with plain_server(work / "server") as server:
            arena = SparkArena(server=server, file=write_files(work / "files"))
            arena.prepare()
            for number in range(len(results["rounds"]) + 1, rounds + 1):
                told = arena.round(number, random.Random(f"{seed}:{number}"))
                print(_line(told), file=sys.stderr)
                results["rounds"].append(told)
                write_whole(RESULTS, json.dumps(results, indent=1) + "\n")
    print(_summary(results["rounds"]))
    return 1 if any(one["failures"] for one in results["rounds"]) else 0


def _line(told: dict[str, Any]) -> str:
    return (
        f"{told['round']:>4} {'FAILED' if told['failures'] else 'ok':6} {told['scenario']:24} {told['disturbance']:20}"
        f" at {told['at_seconds']:5.2f} s ({told['did']}) exit {told['exit']}, again by {told['again']}"
        f" {'; '.join(told['failures'])}"
    )


def _summary(rounds: Sequence[dict[str, Any]]) -> str:
    well = sum(not one["failures"] for one in rounds)
    hit = sum(one["did"] not in ("through", "no session yet", "none was there", "never began") for one in rounds)
    return f"{well} of {len(rounds)} rounds end as undisturbed; {hit} were disturbed in the middle of a run"


if __name__ == "__main__":
    sys.exit(main())
