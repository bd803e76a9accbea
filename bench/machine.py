"""What were the numbers measured on, and of which code?"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pgmason
from pgmason.postgres.installations import installations

__all__ = ["code_digest", "machine_line", "today"]


def today() -> str:
    """The date, UTC."""
    return datetime.now(UTC).date().isoformat()


def machine_line() -> str:
    """Cores, load, Python and the PostgreSQL servers at hand, in one line. PGMASON_HOME must name a folder of ours."""
    servers = ", ".join(str(installation) for installation in installations()) or "no PostgreSQL"
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores (load {load:.1f} at the start), {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}; {servers}"
    )


def code_digest(also: Iterable[Path] = (), *, rooms: Iterable[str] | None = None) -> str:
    """16 hex digits over the contents of pgmason's own files and of `also`: a result of other code is no result.

    `rooms` are the folders and files of the package that the result depends on, where that is not all of it.
    """
    package = Path(pgmason.__file__).parent
    mark = hashlib.sha256()
    within = [package / room for room in rooms] if rooms is not None else [package]
    files = [file for one in within for file in (one.rglob("*") if one.is_dir() else [one])]
    own = [file for file in files if file.is_file() and file.suffix in (".py", ".sql", ".control", ".toml")]
    for file in (*sorted(own), *sorted(also)):
        mark.update(f"{file.name}\0".encode() + file.read_bytes())
    return mark.hexdigest()[:16]
