"""Where does a worker of a test runner fetch a database of its own, in whatever language it is written?

At a desk: a private folder with a named pipe. A worker writes its name and a newline into `ask`, and waits for a file
`NAME.json`, which holds the variables that its environment needs; `NAME.failed` says why there is none. Any language
can do that, while all else in the worker waits, with no port and no secret. A database is made when it is asked for
first, and is the same for a worker that is started again; a minus before the name gives it back. The pipe has one
reader; where that is gone, so is the desk.

The folder lies beside the server's data and carries the lease's name, so the sweep removes it after a killed command.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import PgmasonError

__all__ = ["DESK", "Desk", "open_desk"]

DESK = "PGMASON_SCRATCH_DESK"  # names the folder in a worker's environment
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z")


@dataclass(slots=True)
class Desk:
    """An open desk: requests wait in its pipe until `serve` is called."""

    folder: Path
    lend: Callable[[str], Mapping[str, str]]
    take_back: Callable[[str], None]
    _descriptor: int
    _thread: threading.Thread | None = None

    def serve(self) -> None:
        """Answer from now on, in a thread: one name at a time, in order."""
        self._thread = threading.Thread(
            target=_answer,
            args=(self._descriptor, self.folder, self.lend, self.take_back),
            name="pgmason desk",
            daemon=True,
        )
        self._thread.start()


@contextmanager
def open_desk(
    folder: Path, lend: Callable[[str], Mapping[str, str]], take_back: Callable[[str], None]
) -> Iterator[Desk]:
    """A desk at `folder` that gives what `lend` has for a name, until the context ends."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    pipe = folder / "ask"
    os.mkfifo(pipe, 0o600)
    # read and write: the pipe then has a writer always, and reading it waits instead of ending
    desk = Desk(folder, lend, take_back, os.open(pipe, os.O_RDWR | os.O_CLOEXEC))
    try:
        yield desk
    finally:
        if desk._thread is not None:
            os.write(desk._descriptor, b"\n")  # an empty name: closed
            desk._thread.join(timeout=10)
        os.close(desk._descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def _answer(
    descriptor: int, folder: Path, lend: Callable[[str], Mapping[str, str]], take_back: Callable[[str], None]
) -> None:
    waiting = b""
    while True:
        waiting += os.read(descriptor, 4096)
        while b"\n" in waiting:
            line, _, waiting = waiting.partition(b"\n")
            if not line:
                return
            name = line.decode("ascii", errors="replace")
            if name.startswith("-") and _NAME.match(name[1:]):
                with suppress(Exception):  # it goes with the command in any case
                    take_back(name[1:])
                continue
            if not _NAME.match(name):
                continue  # not one of ours; whoever it is waits in vain
            try:
                _write(folder / f"{name}.json", json.dumps(dict(lend(name))))
            except PgmasonError as failure:
                _write(folder / f"{name}.failed", str(failure))
            except Exception as failure:  # told to the worker; the desk stays open for the others
                _write(folder / f"{name}.failed", f"{type(failure).__name__}: {failure}")


def _write(file: Path, text: str) -> None:
    """Whole or not at all, for its owner only."""
    half = file.with_name(f".{file.name}.half")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    half.replace(file)
