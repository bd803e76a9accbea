"""pgmason as its users run it: a child process with a home of its own, its exit code, its output, its time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pgmason

__all__ = ["Done", "Home", "finished", "git", "repository", "temporary_folder"]

SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that has ended; a negative `code` is the signal that ended it."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float

    @property
    def began(self) -> bool:
        """Whether the program was reached: an interpreter interrupted while it starts says so in its own way."""
        fatal = "Fatal Python error" in self.err
        return not fatal and ("KeyboardInterrupt" not in self.err or ", in run\n" in self.err)

    @property
    def raised(self) -> str | None:
        """What a traceback on stderr says and where pgmason was, in a line; None where there is none."""
        lines = self.err.strip().splitlines()
        if "Traceback (most recent call last):" not in lines:
            return None
        raised = next((line for line in reversed(lines) if line[:1].strip() and ": " in line), lines[-1])
        frames = [line.strip() for line in lines if line.startswith('  File "') and "/pgmason/" in line]
        if not frames:
            return raised[:200]
        file, line, function = frames[-1].split(", ")
        return f"{raised[:200]}, {Path(file).name.strip(chr(34))}:{line.removeprefix('line ')} {function}"

    def json(self) -> Any:
        """What it printed, as data. Raises AssertionError, showing what it said, where that is not JSON."""
        try:
            return json.loads(self.out)
        except ValueError as exc:
            raise AssertionError(
                f"pgmason {' '.join(self.arguments)} exited {self.code}: {self.err or self.out}"
            ) from exc

    def holds(self, *codes: int) -> Done:
        """Itself, where it left with one of these codes (0 unless said)."""
        expected = codes or (0,)
        if self.code not in expected:
            raise AssertionError(
                f"pgmason {' '.join(self.arguments)} exited {self.code}, not {expected}: {self.err or self.out}"
            )
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A PGMASON_HOME of its own, and commands that use it. `variables` are added to their environment.

    Commands run as those of an installed package do, with their bytecode kept: beside the home, so that what is wiped
    is pgmason's own.
    """

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, folder: Path, variables: Mapping[str, str] | None = None) -> Home:
        """A home whose folders above are made too, and may be entered by the server's unprivileged user."""
        folder.mkdir(parents=True)
        for made in (folder, folder.parent):
            made.chmod(0o755)
        return cls(folder=folder, variables=variables or {})

    @property
    def environment(self) -> dict[str, str]:
        """What a command sees: this very code, this home, and no database of anybody's.

        Its modules are compiled once, as those of an installed package are, whatever this process was told.
        """
        kept = {
            key: value
            for key, value in os.environ.items()
            if key not in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE") and not key.startswith("PGMASON_HOME")
        }
        return {
            "PGMASON_SERVER_IDLE_SECONDS": "300",
            **kept,
            "PGMASON_HOME": str(self.folder),
            "PYTHONPYCACHEPREFIX": f"{self.folder}-bytecode",
            "PYTHONPATH": str(Path(pgmason.__file__).parents[1]),
            **self.variables,
        }

    def start(self, cwd: Path, *arguments: str) -> subprocess.Popen[str]:
        """A command under way, in a session of its own so that a signal can reach all of it, as Ctrl-C does."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "pgmason", *arguments],
            cwd=cwd, env=self.environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, cwd: Path, *arguments: str, seconds: float = SECONDS) -> Done:
        """A command from start to end. Raises subprocess.TimeoutExpired; the command is killed then."""
        began = time.perf_counter()
        with self.start(cwd, *arguments) as process:
            return finished(process, arguments, began=began, seconds=seconds)

    def stop(self) -> None:
        """Stop the servers of this home."""
        self.run(self.folder, "server", "stop").holds()

    def wipe(self) -> None:
        """Stop the servers and forget everything."""
        self.stop()
        for entry in self.folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def forget_readings(self) -> None:
        """Take away the catalogs that are kept on disk; templates stay."""
        shutil.rmtree(self.folder / "readings", ignore_errors=True)


def finished(
    process: subprocess.Popen[str], arguments: tuple[str, ...], *, began: float, seconds: float = SECONDS
) -> Done:
    """Wait for a started command. Raises subprocess.TimeoutExpired; the command is killed then."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        raise
    return Done(arguments=arguments, code=process.returncode, out=out, err=err, seconds=time.perf_counter() - began)


@contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """A folder that the server's unprivileged user may enter, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"pgmason-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def git(folder: Path, *arguments: str) -> str:
    """What git prints. Raises subprocess.CalledProcessError."""
    command = [
        "git",
        "-c",
        "user.name=bench",
        "-c",
        "user.email=bench@localhost",
        "-c",
        "core.autocrlf=false",
        *arguments,
    ]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def repository(folder: Path) -> Path:
    """Put a folder under a git repository of its own, with everything committed."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "as it came")
    return folder
