"""python -m bench.torture: whatever happens to a command, the next one works and says the same.

Rounds at random, the same for the same seed: a command is started on a generated history from a certain state of the
caches, something is done to it at a random moment (`disturbances.py`), and then three things are required: the next
command gives exactly the undisturbed result; within 20 s nothing of the dead is left on the server, in the process
table or half-written in the repository (`remains.py`); and what the disturbed command itself said was no lie. After
the rounds, a full disk (`full_disk.py`). Resumable: rounds of the same seed and code that are in
bench/torture-results.json are not run again, unless --again. Exits 1 on any failure.

    python -m bench.torture [--rounds 100] [--seed 1] [--again]
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
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.arguments import Arguments
from bench.commands import Done, Home, finished, repository, temporary_folder
from bench.disturbances import DISTURBANCES, Disturbance, Scene
from bench.full_disk import full_disk
from bench.histories import write_history
from bench.machine import code_digest, machine_line, today
from bench.remains import half_written, processes, remains, settle
from pgmason.evidence import write_whole

HERE = Path(__file__).parent
RESULTS = HERE / "torture-results.json"
FILES = 90
SECONDS = 120.0  # a command that takes longer hangs

COMMANDS = (("gate", "--format", "json"), ("check", "--format", "json"), ("schema", "show", "--format", "json"))
# What is there when the command starts.
STATES = ("nothing", "server", "templates", "stopped", "readings")
# Parts of the gate's JSON that say when and how it was found out, not what.
_WHEN = {"at", "kept_from", "reused"}


@dataclass(slots=True)
class Stage:
    """The product and its home, with the undisturbed result and duration of each command from each state."""

    home: Home
    root: Path
    expected: dict[str, tuple[int, Any]] = field(default_factory=dict)
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)

    def prepare(self, state: str) -> None:
        """Bring home and repository into a state, from the one where everything is there."""
        shutil.rmtree(self.root / ".pgmason" / self.root.name / "evidence", ignore_errors=True)
        if state == "nothing":
            self.home.wipe()
        elif state == "server":
            self._drop_templates()
            self.home.forget_readings()
        elif state == "templates":
            self.home.forget_readings()
        elif state == "stopped":
            self.home.stop()
            self.home.forget_readings()

    def _drop_templates(self) -> None:
        from pgmason.postgres.scratch import evict_templates, scratch_database
        from pgmason.postgres.server import lease_server

        with lease_server(15, what="torture") as server, scratch_database(server, read_only=True):
            evict_templates(server.admin, 0)

    def begin_anew(self) -> None:
        """An empty home, whatever is in it now, and then the state where everything is there."""
        for process in processes(self.home.folder):
            with suppress(OSError):
                os.kill(process.pid, signal.SIGKILL)
        settle(self.home.folder)
        shutil.rmtree(self.home.folder)
        Home.made(self.home.folder)
        for command in COMMANDS:
            self.home.run(self.root, *command, seconds=SECONDS).holds()

    def rehearse(self) -> None:
        """Every command from every state, undisturbed: the results must not depend on the state."""
        for state in STATES:
            for command in COMMANDS:
                self.prepare(state)
                done = self.home.run(self.root, *command, seconds=SECONDS)
                name = command[0]
                found = (done.code, result(done))
                assert done.code == 0, f"{name} from {state}: {done.err}"
                assert self.expected.setdefault(name, found) == found, f"{name} says something else from {state}"
                self.seconds[name, state] = done.seconds

    def same(self, done: Done) -> bool:
        """Whether a command said exactly what it says undisturbed."""
        try:
            return (done.code, result(done)) == self.expected[done.arguments[0]]
        except AssertionError:
            return False


def result(done: Done) -> Any:
    """What a command found, without when it was found and how much was replayed for it."""
    return _timeless(done.json())


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key not in _WHEN}
    if isinstance(value, list):
        return [_timeless(item) for item in value if not (isinstance(item, str) and " applied in this run, " in item)]
    return value


def main() -> int:
    arguments = Arguments()
    again = arguments.flag("--again")
    seed, rounds = arguments.number("--seed", 1), arguments.number("--rounds", 100)
    arguments.done()
    code = code_digest(HERE / f"{name}.py" for name in ("torture", "disturbances", "remains", "full_disk", "histories"))
    postgres = os.environ.get("PGMASON_POSTGRES", "found")
    mark = {"seed": seed, "code": code, "postgres": "embedded" if postgres == "embedded" else "found"}
    results: dict[str, Any] = {"of": mark, "rounds": [], "full_disk": []}
    if RESULTS.exists() and not again:
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))
        results = kept if kept.get("of") == mark else results
    with temporary_folder("torture") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        results |= {"machine": machine_line(), "on": today()}
        stage = Stage(home=home, root=_product(work, home))
        try:
            stage.rehearse()
            for number in range(len(results["rounds"]) + 1, rounds + 1):
                told = _round(stage, random.Random(f"{seed}:{number}"), number)
                print(_line(told), file=sys.stderr)
                results["rounds"].append(told)
                _write(results, work)
                if told["failures"]:
                    stage.begin_anew()  # what a failure left must not be the next round's failure
            if not results["full_disk"]:
                results["full_disk"] = full_disk(work, stage.root, COMMANDS[0], stage.same)
                _write(results, work)
        finally:
            home.stop()
    print(_summary(results))
    return 1 if _failed(results) else 0


def _product(work: Path, home: Home) -> Path:
    """A product on a generated history, adopted, documented and committed: its gate holds."""
    root = work / "shop"
    write_history(root / "migrations", files=FILES, sleeping_every=9)
    repository(root)
    home.run(root, "init").holds()
    home.run(root, "docs").holds()
    return repository(root)


def _round(stage: Stage, chance: random.Random, number: int) -> dict[str, Any]:
    """One round, as it is written down; `failures` is empty where all is well."""
    state, command = chance.choice(STATES), chance.choice(COMMANDS)
    disturbance = DISTURBANCES[chance.randrange(len(DISTURBANCES))]
    moment = chance.uniform(0.0, 1.1) * stage.seconds[command[0], state]
    stage.prepare(state)
    scene = Scene(home=stage.home, root=stage.root, command=command, chance=chance)
    failures: list[str] = []
    began = time.perf_counter()
    process = stage.home.start(stage.root, *command)
    scene.process = process
    time.sleep(moment)
    did = disturbance.act(scene)
    done = _ended(process, command, began, failures)
    others = [_ended(other, command, began, failures) for other in scene.others]
    failures += _lies(stage, disturbance, done, others)
    litter = half_written(stage.root)
    following = _next(stage, command, failures)
    if following is not None and not stage.same(following):
        failures.append(f"the next command: exit {following.code}, {_said(following)}")
    failures += settle(stage.home.folder)
    litter += half_written(stage.root)
    failures += [f"half-written: {name}" for name in sorted(set(litter))]
    return {
        "round": number,
        "state": state,
        "command": command[0],
        "disturbance": disturbance.name,
        "at_seconds": round(moment, 3),
        "did": did,
        "exit": done.code if done else None,
        "next_seconds": round(following.seconds, 2) if following else None,
        "left_in_home": remains(stage.home.folder),
        "failures": failures,
    }


def _ended(process: subprocess.Popen[str], command: Sequence[str], began: float, failures: list[str]) -> Done | None:
    try:
        return finished(process, tuple(command), began=began, seconds=SECONDS)
    except subprocess.TimeoutExpired:
        failures.append(f"the disturbed command hung for {SECONDS:.0f} s")
        return None


def _next(stage: Stage, command: Sequence[str], failures: list[str]) -> Done | None:
    try:
        return stage.home.run(stage.root, *command, seconds=SECONDS)
    except subprocess.TimeoutExpired:
        failures.append(f"the next command hung for {SECONDS:.0f} s")
        return None


def _lies(stage: Stage, disturbance: Disturbance, done: Done | None, others: Sequence[Done | None]) -> list[str]:
    """What the disturbed commands must not have said or done."""
    found = []
    for one, codes in ((done, disturbance.codes), *((other, disturbance.others) for other in others)):
        if one is None:
            continue
        if not one.began:
            continue
        if one.raised:
            found.append(f"exit {one.code}, a traceback: {one.raised}")
        elif one.code == 0 and not stage.same(one):
            found.append("exit 0 with another result")
        elif one.code not in (0, *codes):
            found.append(f"exit {one.code}: {_said(one)}")
    return found


def _said(done: Done) -> str:
    return " ".join((done.err or done.out).split())[-300:]


def _line(told: Mapping[str, Any]) -> str:
    verdict = "FAILED" if told["failures"] else "ok"
    return (
        f"{told['round']:>4} {verdict:6} {told['state']:9} {told['command']:6} {told['disturbance']:22}"
        f" at {told['at_seconds']:6.2f} s ({told['did']}) exit {told['exit']} {'; '.join(told['failures'])}"
    )


def _failed(results: Mapping[str, Any]) -> int:
    return sum(bool(one["failures"]) for one in (*results["rounds"], *results["full_disk"]))


def _summary(results: Mapping[str, Any]) -> str:
    counts = Counter(one["disturbance"] for one in results["rounds"])
    slowest = max((one["next_seconds"] or 0 for one in results["rounds"]), default=0)
    disk = ", ".join(one["scenario"] + (" FAILED" if one["failures"] else "") for one in results["full_disk"])
    return (
        f"torture, seed {results['of']['seed']}: {len(results['rounds'])} rounds"
        f" ({', '.join(f'{name} {count}' for name, count in sorted(counts.items()))}); full disk: {disk};"
        f" {_failed(results) or 'no'} failed; the slowest next command took {slowest:.0f} s"
    )


def _write(results: Mapping[str, Any], work: Path) -> None:
    text = json.dumps(results, indent=1, ensure_ascii=False).replace(str(work), "WORK")
    write_whole(RESULTS, text + "\n")


if __name__ == "__main__":
    sys.exit(main())
