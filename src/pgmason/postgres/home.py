"""Where does pgmason keep things on this machine?

Everything here is a cache: deleting the folder loses time, nothing else. PGMASON_HOME names it; otherwise it is
XDG_CACHE_HOME/pgmason, and for root /var/cache/pgmason, because PostgreSQL refuses to run as root and the
unprivileged user that runs it instead cannot enter root's home (mode 0700 on most machines).
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import OutOfReach

__all__ = ["Account", "home", "server_account"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The operating-system user that runs the server; None names the caller's own."""

    name: str
    uid: int
    gid: int


def home() -> Path:
    """The folder, made on first use with mode 0755 (its secrets are files of mode 0600).

    Raises OutOfReach where it cannot be made, or belongs to somebody else: a folder in a shared place that
    another user prepared is not trusted.
    """
    named = os.environ.get("PGMASON_HOME")
    if named:
        folder = Path(named).absolute()
    elif os.geteuid() == 0:
        folder = Path("/var/cache/pgmason")
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "pgmason"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as exc:
        raise OutOfReach(
            f"the cache folder cannot be made: {exc.strerror}",
            where=str(folder),
            fix="set PGMASON_HOME to a folder of yours",
        ) from exc
    if found.st_uid != os.geteuid():
        raise OutOfReach(
            f"the cache folder belongs to user {found.st_uid}, not to you ({os.geteuid()})",
            where=str(folder),
            fix="set PGMASON_HOME to a folder of yours",
        )
    return folder


def server_account() -> Account | None:
    """Who runs the server: None for an ordinary user; for root `nobody`, or the user that PGMASON_SERVER_USER names."""
    if os.geteuid() != 0:
        return None
    name = os.environ.get("PGMASON_SERVER_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError as exc:
        raise OutOfReach(
            f"PostgreSQL refuses to run as root, and there is no user {name!r} to run it as",
            fix="set PGMASON_SERVER_USER to an unprivileged user",
        ) from exc
    if entry.pw_uid == 0:
        raise OutOfReach("PGMASON_SERVER_USER names root, as whom PostgreSQL refuses to run")
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
