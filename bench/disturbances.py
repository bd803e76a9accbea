"""What can happen to a command: signals, dead and frozen servers, damaged caches, a second command at once.

Each disturbance says which exit codes the disturbed command may leave with instead of its undisturbed result: a
command whose server was killed may say 3 (out of reach), and never 1 (something is wrong with the product).
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.commands import Home
from bench.remains import postmasters, supervisors

__all__ = ["DISTURBANCES", "Disturbance", "Scene"]

OUT_OF_REACH = 3
INTERRUPTED = 130


@dataclass(slots=True, kw_only=True)
class Scene:
    """A command under way, and what a disturbance adds to it."""

    home: Home
    root: Path
    command: tuple[str, ...]
    chance: random.Random
    process: subprocess.Popen[str] | None = None
    others: list[subprocess.Popen[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """`act` says in words what it did. `codes` are for the command, `others` for further commands it started."""

    name: str
    act: Callable[[Scene], str]
    codes: tuple[int, ...] = ()
    others: tuple[int, ...] = ()


def _signal(number: signal.Signals, *, group: bool = False) -> Callable[[Scene], str]:
    def act(scene: Scene) -> str:
        assert scene.process is not None
        if scene.process.poll() is not None:
            return "it had ended"
        with suppress(OSError):
            (os.killpg if group else os.kill)(scene.process.pid, number)
        return number.name

    return act


def _kill(found: Callable[[Path], list[int]]) -> Callable[[Scene], str]:
    def act(scene: Scene) -> str:
        pids = found(scene.home.folder)
        for pid in pids:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        return f"killed {len(pids)}"

    return act


def _freeze(found: Callable[[Path], list[int]]) -> Callable[[Scene], str]:
    """Stop it for a while, as a laptop's lid or a debugger does, then let it go on."""

    def act(scene: Scene) -> str:
        pids = found(scene.home.folder)
        seconds = scene.chance.uniform(0.2, 3.0)
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in pids:
                with suppress(OSError):
                    os.kill(pid, number)
            if number is signal.SIGSTOP and pids:
                time.sleep(seconds)
        return f"froze {len(pids)} for {seconds:.1f} s"

    return act


def _remove_readings(scene: Scene) -> str:
    shutil.rmtree(scene.home.folder / "readings", ignore_errors=True)
    return "removed"


def _cut(pattern: Callable[[Scene], list[Path]]) -> Callable[[Scene], str]:
    """Cut files off at a random length, or fill them with something else."""

    def act(scene: Scene) -> str:
        files = [file for file in pattern(scene) if file.is_file()]
        for file in files:
            with suppress(OSError):
                content = file.read_bytes()
                kept = content[: scene.chance.randrange(len(content) + 1)]
                file.write_bytes(scene.chance.choice((kept, kept, b"", b"\x00\xff not JSON", b"[]", b"{}")))
        return f"damaged {len(files)}"

    return act


def _again(scene: Scene) -> str:
    scene.others.append(scene.home.start(scene.root, *scene.command))
    return "a second one started"


def _again_and_kill(scene: Scene) -> str:
    assert scene.process is not None
    _again(scene)
    time.sleep(scene.chance.uniform(0.0, 0.5))
    with suppress(OSError):
        scene.process.kill()
    return "a second one started, the first one killed"


def _server(verb: str) -> Callable[[Scene], str]:
    def act(scene: Scene) -> str:
        done = scene.home.run(scene.home.folder, "server", verb)
        return f"server {verb}: exit {done.code}"

    return act


def _readings(scene: Scene) -> list[Path]:
    return sorted((scene.home.folder / "readings").glob("*.json"))


def _installations(scene: Scene) -> list[Path]:
    return [scene.home.folder / "installations.json"]


def _evidence(scene: Scene) -> list[Path]:
    return sorted((scene.root / ".pgmason").glob("*/evidence/*.json"))


DISTURBANCES = (
    Disturbance(name="SIGKILL", act=_signal(signal.SIGKILL), codes=(-signal.SIGKILL,)),
    Disturbance(name="SIGTERM", act=_signal(signal.SIGTERM), codes=(-signal.SIGTERM,)),
    Disturbance(name="Ctrl-C", act=_signal(signal.SIGINT, group=True), codes=(INTERRUPTED, -signal.SIGINT)),
    Disturbance(name="kill the supervisor", act=_kill(supervisors), codes=(OUT_OF_REACH,)),
    Disturbance(name="kill the postmaster", act=_kill(postmasters), codes=(OUT_OF_REACH,)),
    Disturbance(name="freeze the postmaster", act=_freeze(postmasters)),
    Disturbance(name="freeze the supervisor", act=_freeze(supervisors)),
    Disturbance(name="remove the readings", act=_remove_readings),
    Disturbance(name="damage the readings", act=_cut(_readings)),
    Disturbance(name="damage installations", act=_cut(_installations)),
    Disturbance(name="damage the evidence", act=_cut(_evidence)),
    Disturbance(name="two at once", act=_again),
    Disturbance(name="two, one killed", act=_again_and_kill, codes=(-signal.SIGKILL,)),
    Disturbance(name="server stop", act=_server("stop"), codes=(OUT_OF_REACH,)),
    Disturbance(name="server clear", act=_server("clear"), codes=(OUT_OF_REACH,)),
)
