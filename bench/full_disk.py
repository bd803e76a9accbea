"""A disk that is full: the command says so with exit 3, and works again once there is space.

PGMASON_HOME lies on a small tmpfs, which takes root to mount; elsewhere the scenarios are skipped by name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.commands import Done, Home
from bench.remains import half_written, settle

__all__ = ["full_disk"]

# In the words of a person, of the C library, or of Python.
WORDS = ("disk is full", "No space left on device", "disk space")
LARGE_MB = 600


def full_disk(work: Path, root: Path, command: Sequence[str], same: Callable[[Done], bool]) -> list[dict[str, Any]]:
    """Each scenario as it is written down. `same` says whether a command gave its undisturbed result."""
    if os.geteuid() != 0:
        return [{"scenario": "skipped: mounting a tmpfs takes root", "failures": []}]
    told = []
    for size_mb in (4, 20, 45):  # too small for the tree, for initdb, for the server's own files
        with _tmpfs(work / "small", size_mb) as folder:
            home = Home.made(folder / "home")
            _forget_evidence(root)
            full = home.run(root, *command)
            screen = home.run(root, command[0])
            _resize(folder, LARGE_MB)
            told.append(_told(f"first use with {size_mb} MB", home, root, command, same, full, screen))
    for left_kb in (0, 300, 3_000, 12_000):  # enough for none, for some and for most of a scratch database
        with _tmpfs(work / "filled", LARGE_MB) as folder:
            home = Home.made(folder / "home")
            _forget_evidence(root)
            warm = home.run(root, *command)
            assert same(warm), warm.err
            home.forget_readings()
            _forget_evidence(root)
            _forget_templates(home)
            filler = folder / "filler"
            _fill(filler, folder, left_kb)
            full = home.run(root, *command)
            screen = home.run(root, command[0])
            filler.unlink()
            told.append(_told(f"a replay with {left_kb:,} kB left", home, root, command, same, full, screen))
    return told


def _told(
    name: str,
    home: Home,
    root: Path,
    command: Sequence[str],
    same: Callable[[Done], bool],
    full: Done,
    screen: Done,
) -> dict[str, Any]:
    """`full` is the command while the disk was full, `screen` the same without its flags: what a person reads."""
    said = " ".join(f"{full.err} {full.out}".split())
    failures = []
    if full.raised:
        failures.append(f"exit {full.code}, a traceback: {full.raised}")
    elif full.code != 0 or not same(full):  # where it all fits, there is nothing to say
        if full.code != 3:
            failures.append(f"exit {full.code}, not 3: {said[:300]}")
        if not any(word in said for word in WORDS):
            failures.append(f"does not say that the disk is full: {said[:300]}")
        if screen.code != 0 and not any(word in " ".join(f"{screen.err} {screen.out}".split()) for word in WORDS):
            failures.append(f"the screen does not say that the disk is full: {' '.join(screen.out.split())[:300]}")
    _forget_evidence(root)
    after = home.run(root, *command)
    if not same(after):
        failures.append(f"with space again: exit {after.code}: {' '.join((after.err or after.out).split())[-300:]}")
    failures += settle(home.folder)
    failures += [f"half-written: {line}" for line in half_written(root)]
    home.stop()
    return {"scenario": name, "exit": full.code, "failures": failures}


def _forget_evidence(root: Path) -> None:
    shutil.rmtree(root / ".pgmason" / root.name / "evidence", ignore_errors=True)


def _forget_templates(home: Home) -> None:
    """Drop what is kept on the server of another home than this process's."""
    before = os.environ["PGMASON_HOME"]
    os.environ["PGMASON_HOME"] = str(home.folder)
    try:
        from pgmason.postgres.scratch import evict_templates
        from pgmason.postgres.server import lease_server

        with lease_server(15, what="torture") as server:
            evict_templates(server.admin, 0)
    finally:
        os.environ["PGMASON_HOME"] = before


def _fill(filler: Path, folder: Path, left_kb: int) -> None:
    """Take up the space of a file system but for so much."""
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    with filler.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(free - left_kb * 1000, 1))
        except OSError:
            file.truncate(0)
            raise


@contextmanager
def _tmpfs(folder: Path, size_mb: int) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=755", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _resize(folder: Path, size_mb: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size_mb}m", folder], check=True)
