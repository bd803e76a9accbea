"""From where in the program's own code was the statement sent that passes at this moment?

Told in the program's own process, by whatever driver it was sent: while the statement passes, the thread that sent it
waits for the answer, so the stacks of all threads are looked through for the one that is in a driver, and of that
the innermost frame that is neither the driver's, nor a library's, nor ours. Of a coroutine that waits, Python shows no
stack: then it is the place that runs the loop.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

__all__ = ["call_site"]

_DRIVERS = ("psycopg", "psycopg2", "asyncpg", "pg8000", "sqlalchemy", "django.db", "asyncio")
_LIBRARIES = tuple(
    {os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_OURS = str(Path(__file__).parents[1]) + os.sep


def call_site(root: Path) -> str | None:
    """`file:line in function`, the file from `root` where it lies there; None where no thread is in a driver."""
    main = threading.main_thread().ident
    frames = sorted(sys._current_frames().items(), key=lambda item: item[0] != main)
    for ident, frame in frames:
        if ident == threading.get_ident():
            continue
        stack = list(_outwards(frame))
        if not any(_module(one).startswith(_DRIVERS) for one in stack):
            continue
        own = next((one for one in stack if _is_programs(one.f_code.co_filename)), None)
        if own is not None:
            return f"{_shown(own.f_code.co_filename, root)}:{own.f_lineno} in {own.f_code.co_name}"
    return None


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_programs(file: str) -> bool:
    if file.startswith("<") or "site-packages" in file or "dist-packages" in file:
        return False
    real = os.path.realpath(file)
    return not real.startswith((_OURS, *_LIBRARIES))


def _shown(file: str, root: Path) -> str:
    path = Path(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file
