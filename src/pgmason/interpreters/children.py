"""How is a program of the product's run, and how does it end?

A driver of ours runs inside the product's interpreter. It is handed a job as a JSON file and writes its answer to
another one: standard output belongs to the product, which may print what it likes. The child has a process group of
its own, which is killed when its time is over; a driver ends with us on Linux. Memory is limited inside.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgmason.errors import NextCommand, OutOfReach
from pgmason.interpreters.environment import NOWHERE, child_environment

__all__ = ["MEMORY_BYTES", "SECONDS", "Answer", "ProgramFailed", "ask_child"]

SECONDS = 600.0
MEMORY_BYTES = 4_000_000_000
_POLL_SECONDS = 0.05
_TOLD_CHARACTERS = 1500


_AGAIN = (NextCommand(command="pgmason check", why="when that is mended"),)


class ProgramFailed(OutOfReach):
    """The product's own program did not do what was asked of it: it is absent, cannot be imported, or was ended."""

    code = "program-failed"

    def __init__(
        self, what: str, *, where: str | None = None, fix: str | None = None, next: Sequence[NextCommand] = _AGAIN
    ) -> None:
        super().__init__(what, where=where, fix=fix, next=next)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a driver answered, and the end of what the product printed meanwhile, without the scratch password."""

    value: dict[str, Any]
    printed: str


def ask_child(
    command: Callable[[Path], Sequence[str]],
    job: Mapping[str, Any],
    *,
    what: str,
    folder: Path,
    url: str = NOWHERE,
    settings: Mapping[str, str],
    seconds: float = SECONDS,
    watch: Callable[[], str | None] = lambda: None,
) -> Answer:
    """Run a driver and give its answer.

    `command` makes the command line from the path of the job's file; `what` begins the message of a failure ("models
    import"); `folder` is where the child runs; `watch` is asked again and again, and ends the child by giving a reason.
    Raises ProgramFailed where there is no answer; one that tells a failure is the caller's to raise.
    """
    with tempfile.TemporaryDirectory(prefix="pgmason-child-") as private:
        place = Path(private)
        (place / "home").mkdir()
        result = place / "answer.json"
        jobfile = place / "job.json"
        asked = {**job, "url": url, "result": str(result), "memory_bytes": MEMORY_BYTES, "parent": os.getpid()}
        jobfile.write_text(json.dumps(asked), encoding="utf-8")
        with (place / "printed").open("wb") as printed:
            try:
                child = subprocess.Popen(
                    command(jobfile),
                    cwd=folder,
                    env=child_environment(place / "home", url=url, settings=settings),
                    stdin=subprocess.DEVNULL,
                    stdout=printed,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as exc:
                raise ProgramFailed(f"{what} failed: {exc.strerror}", where=str(command(jobfile)[0])) from exc
            reason = _wait(child, seconds, watch)
        said = _printed(place / "printed", url)
        if reason is not None:
            raise ProgramFailed(f"{what} failed: it {reason}", where=str(folder), fix=said or None)
        try:
            value: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            ended = f"signal {-child.returncode}" if child.returncode < 0 else f"exit code {child.returncode}"
            last = said.splitlines()[-1] if said else f"it ended with {ended} and said nothing"
            raise ProgramFailed(f"{what} failed: {last}", where=str(folder), fix=said or None) from exc
        return Answer(value=value, printed=said)


def _wait(child: subprocess.Popen[bytes], seconds: float, watch: Callable[[], str | None]) -> str | None:
    """Wait for the end; the reason where we made one."""
    reason: str | None = None
    left = seconds
    try:
        while True:
            try:
                child.wait(timeout=_POLL_SECONDS)
                return None
            except subprocess.TimeoutExpired:
                left -= _POLL_SECONDS
                reason = watch() if left > 0 else f"ran longer than {seconds:.0f} s"
                if reason is not None:
                    return reason
    finally:
        # also what it left behind in its group, and when we are interrupted ourselves
        with suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _printed(file: Path, url: str) -> str:
    with file.open("rb") as opened:
        opened.seek(0, os.SEEK_END)
        opened.seek(max(0, opened.tell() - 4 * _TOLD_CHARACTERS))
        text = opened.read().decode("utf-8", "replace").strip()
    password = url.partition("://")[2].partition("@")[0].partition(":")[2]
    return text.replace(password, "***")[-_TOLD_CHARACTERS:] if password else text[-_TOLD_CHARACTERS:]
