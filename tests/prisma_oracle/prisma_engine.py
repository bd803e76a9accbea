"""Prisma's own schema engine as a judge: one long-lived Node process that answers many questions.

The engine's packages are fetched by npm once, into a folder of the user's cache named for what is in this folder.
`PrismaEngine` gives SQL, introspected files and errors with their places; it decides nothing itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["EngineMissing", "Fault", "PrismaEngine", "Refused", "files_of"]

HERE = Path(__file__).parent
PARTS = ("judge.mjs", "package.json", "charfix.mjs")


class EngineMissing(Exception):
    """Node, npm or the packages cannot be had here; says which."""


class Refused(Exception):
    """The engine refuses the schema, in its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error that Prisma's validator found, from `line` and `column` to `end`, counted from 1, in characters."""

    file: str
    line: int
    column: int
    end: tuple[int, int]
    text: str

    def covers(self, line: int, column: int) -> bool:
        return (self.line, self.column) <= (line, column) <= self.end


def files_of(path: Path) -> dict[str, str]:
    """The schema files of a case by their paths below it: one file, or every *.prisma of a folder, sorted."""
    found = [path] if path.is_file() else sorted(path.rglob("*.prisma"))
    base = path.parent if path.is_file() else path
    return {file.relative_to(base).as_posix(): file.read_text(encoding="utf-8") for file in found}


def installed() -> Path:
    """The folder with the engine's packages, fetched now if need be. Raises EngineMissing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise EngineMissing(f"Prisma's engine is not asked: {'node' if node is None else 'npm'} is not on this machine")
    contents = {part: (HERE / part).read_bytes() for part in PARTS}
    digest = hashlib.sha256(b"\0".join(contents.values())).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "pgmason-tests" / f"prisma-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several test workers one fetches
        if not (folder / "fetched").exists():
            for part, content in contents.items():
                (folder / part).write_bytes(content)
            command = [npm, "install", "--no-audit", "--no-fund", "--no-update-notifier"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
                raise EngineMissing(f"Prisma's engine is not asked: npm could not fetch it: {' '.join(last)}")
            (folder / "fetched").touch()
    return folder


class PrismaEngine:
    """The engine, running. `url` names any database: it wants a connection even where it asks nothing of it."""

    def __init__(self, url: str) -> None:
        folder = installed()
        self._process = subprocess.Popen(
            ["node", str(folder / "judge.mjs"), url],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={key: value for key, value in os.environ.items() if not key.startswith("PG")},
        )

    def __enter__(self) -> PrismaEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def create(self, files: Mapping[str, str]) -> str:
        """The SQL that makes the schema in an empty database. Raises Refused."""
        answer: str = self._ask(ask="create", files=files)
        return answer

    def drift(self, url: str, files: Mapping[str, str]) -> str:
        """The SQL that takes the database to the schema, "" where the engine sees no difference. Raises Refused."""
        answer: str = self._ask(ask="drift", url=url, files=files)
        return "" if answer.strip() == "-- This is an empty migration." else answer

    def introspect(self, url: str, files: Mapping[str, str], schemas: list[str] | None = None) -> dict[str, str]:
        """The files as the engine writes them when it reads the database. Raises Refused."""
        return dict(self._ask(ask="introspect", url=url, files=files, schemas=schemas))

    def formatted(self, files: Mapping[str, str]) -> dict[str, str]:
        """The files as `prisma format` writes them."""
        return dict(self._ask(ask="format", files=files))

    def faults(self, files: Mapping[str, str]) -> list[Fault]:
        """The errors of Prisma's validator, in the order of their places; empty where the schema is valid."""
        found = []
        for one in self._ask(ask="lint", files=files):
            if not one["is_warning"]:
                content = files[one["file_name"]].encode("utf-16-le")
                line, column = _place(content, one["start"])
                end = _place(content, one["end"])
                found.append(Fault(file=one["file_name"], line=line, column=column, end=end, text=one["text"]))
        return sorted(found, key=lambda fault: (fault.file, fault.line, fault.column))

    def _ask(self, *, files: Mapping[str, str], **question: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({**question, "files": list(files.items())}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the engine's process ended")
        answer = json.loads(line)
        if "refused" in answer:
            raise Refused(answer["refused"] + (f"\n{answer['panic']}" if "panic" in answer else ""))
        return answer["ok"]


def _place(content: bytes, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset in JavaScript's units of two bytes."""
    before = content[: 2 * offset].decode("utf-16-le", errors="replace")
    return before.count("\n") + 1, len(before) - before.rfind("\n")
