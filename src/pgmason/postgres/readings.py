"""What was read stays on disk; how much of it?

An edited migration is a new state, and each state leaves its catalog behind: the least recently used go.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pgmason.evidence import write_whole

__all__ = ["LIMIT_BYTES", "keep_reading", "use_reading"]

LIMIT_BYTES = 300_000_000  # some hundred states of a schema of a thousand tables


def keep_reading(file: Path, text: str, *, limit_bytes: int | None = None) -> None:
    """Write a reading, and make room for the next one. Raises OSError where it cannot be written."""
    write_whole(file, text)
    kept = []
    with os.scandir(file.parent) as entries:
        for entry in entries:
            with suppress(OSError):  # another command made room at this moment
                status = entry.stat()
                kept.append((status.st_mtime_ns, status.st_size, entry.path))
    left = sum(size for _, size, _ in kept) - (LIMIT_BYTES if limit_bytes is None else limit_bytes)
    for _, size, path in sorted(kept):
        if left <= 0:
            break
        if path != str(file):
            with suppress(OSError):
                Path(path).unlink()
            left -= size


def use_reading(file: Path) -> str:
    """The text of a reading, which is in use from now on. Raises OSError where there is none."""
    text = file.read_text(encoding="utf-8")
    with suppress(OSError):
        os.utime(file)
    return text
