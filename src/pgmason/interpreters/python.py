"""Which Python is the product's own, and what does it answer?

What pgmason.toml names; else a virtual environment beside the product or above it up to the repository's root, the one
that the caller has activated, the caller's python3, and ours, in this order: the first that has the libraries asked
for. The fingerprint of an interpreter changes when its libraries are installed anew or a lock file of the product's
does, so that what it answered before can be trusted without asking again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import NextCommand
from pgmason.interpreters.children import ProgramFailed
from pgmason.interpreters.environment import child_environment
from pgmason.interpreters.interpreter import Interpreter

__all__ = ["Python", "find_python"]

_ENVIRONMENTS = (".venv", "venv", "env", ".env")
_LOCKS = ("poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "requirements.txt", "requirements-dev.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Python(Interpreter):
    """A Python for one product."""


def find_python(
    folder: Path, root: Path, *, named: str | None, settings: Mapping[str, str], needs: Sequence[str]
) -> Python:
    """The Python of the product in `folder`, which has the modules that it `needs`.

    `named` is the path from pgmason.toml, from the product's folder, or a command. Raises ProgramFailed where it is
    absent or lacks them, naming what was tried.
    """
    candidates = [_named(named, folder)] if named is not None else list(dict.fromkeys(_candidates(folder, root)))
    tried: list[str] = []
    for candidate in candidates:
        missing = _missing(candidate, needs, settings)
        if missing is None:
            mark = _fingerprint(candidate, folder, root, settings)
            return Python(path=candidate, folder=folder, settings=settings, fingerprint=mark)
        tried.append(f"{candidate}: {missing}")
    raise ProgramFailed(
        f"no Python of the product's has {' and '.join(needs)}: " + "; ".join(tried or ["none was found"]),
        where=str(folder),
        fix='say which one has the product\'s libraries, in pgmason.toml: python = ".venv/bin/python"',
        next=[NextCommand(command="pgmason gate", why="when they are installed")],
    )


def _named(named: str, folder: Path) -> Path:
    path = folder / named
    if path.exists() or "/" in named:
        return path.absolute()
    found = shutil.which(named)
    return Path(found) if found else path.absolute()


def _candidates(folder: Path, root: Path) -> Iterator[Path]:
    for above in (folder.absolute(), *folder.absolute().parents):
        for name in _ENVIRONMENTS:
            python = above / name / "bin" / "python"
            if python.exists():
                yield python
        if above == root.absolute():
            break
    if os.environ.get("VIRTUAL_ENV"):
        yield Path(os.environ["VIRTUAL_ENV"]) / "bin" / "python"
    for command in ("python3", "python"):
        found = shutil.which(command)
        if found:
            yield Path(found)
    yield Path(sys.executable)


def _missing(python: Path, needs: Sequence[str], settings: Mapping[str, str]) -> str | None:
    """Why this one does not serve; None where it does. The modules are looked for, not imported."""
    code = (
        "import importlib.util, sys\n"
        "lacking = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]\n"
        "print(*lacking)\n"
    )
    try:
        done = subprocess.run(
            [str(python), "-c", code, *needs],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=os.sep,  # a folder of the product's with such a name is not the library
            env=child_environment(Path(os.devnull), settings=settings),
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        return "is not there" if isinstance(exc, FileNotFoundError) else f"does not run ({exc})"
    if done.returncode != 0:
        return f"does not run ({done.stderr.strip().splitlines()[-1:] or done.returncode})"
    lacking = done.stdout.split()
    return f"lacks {', '.join(lacking)}" if lacking else None


def _fingerprint(python: Path, folder: Path, root: Path, settings: Mapping[str, str]) -> str:
    mark = hashlib.sha256(repr((str(python), sorted(settings.items()))).encode())
    resolved = python.resolve()
    for place in (resolved, *sorted(python.parents[1].glob("lib*/python*/site-packages"))):
        status = place.stat()
        mark.update(f"{place}:{status.st_size}:{status.st_mtime_ns}".encode())
    for above in (folder.absolute(), *folder.absolute().parents):
        for name in _LOCKS:
            lock = above / name
            if lock.is_file():
                mark.update(lock.read_bytes())
        if above == root.absolute():
            break
    return mark.hexdigest()
