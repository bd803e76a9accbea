"""How is a command run on a borrowed database?

In the foreground, with our own standard streams; signals that reach us are passed on, Ctrl-C is the command's to answer
(a terminal sends it to both), and its exit code is ours (128 + n where signal n ended it, as shells say). On Linux the
command ends with us, however we end.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from pgmason.errors import WrongUse

__all__ = ["run_command"]

_PASSED_ON = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


def run_command(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    started: Callable[[], None] = lambda: None,
) -> int:
    """Run the command to its end; its exit code. To be called from the main thread, before there are others: `started`
    is called when the command runs. Raises WrongUse where it cannot be started."""
    waiting: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _: FrameType | None) -> None:
        if child is None:
            waiting.append(number)
        else:
            with suppress(OSError):
                child.send_signal(number)

    # what the caller had ignored (nohup) stays so, for the command too
    heard = [one for one in _numbers(_PASSED_ON) if signal.getsignal(one) is not signal.SIG_IGN]
    before = {number: signal.signal(number, pass_on) for number in heard}
    # ours while the command runs: it decides what an interrupt means, and the exit code is its own
    before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        try:
            child = subprocess.Popen(list(command), env=dict(environment), cwd=folder, preexec_fn=_end_with_parent())
        except FileNotFoundError as exc:
            raise WrongUse(f"no such command: {command[0]}", where="pgmason scratch -- COMMAND") from exc
        except OSError as exc:
            raise WrongUse(f"{command[0]} cannot be run: {exc.strerror}", where="pgmason scratch -- COMMAND") from exc
        for number in waiting:
            child.send_signal(number)
        started()
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _numbers(names: Sequence[str]) -> list[signal.Signals]:
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _end_with_parent() -> Callable[[], None] | None:
    """For the child before it becomes the command: to end when we do. None where the system cannot promise it."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up here: between fork and exec nothing may be loaded
    parent = os.getpid()

    def prepare() -> None:
        prctl(1, int(signal.SIGTERM))  # PR_SET_PDEATHSIG
        if os.getppid() != parent:  # we were gone already
            os._exit(143)

    return prepare
