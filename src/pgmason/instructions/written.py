"""How is a file written without harm to what is there?

A file of ours is written where there is none, and never again. In a file of other people's one block is ours, between
two marks; the first mark carries a digest of the block, so that a block which somebody edited is left alone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pgmason.errors import WrongUse
from pgmason.evidence import write_whole

__all__ = ["Outcome", "Written", "put_block", "write_once"]

_BEGIN = "<!-- pgmason: begin {mark}. Written by `pgmason init`; edit it, and it is yours. -->"
_END = "<!-- pgmason: end -->"
_BLOCK = re.compile(r"<!-- pgmason: begin ([0-9a-f]{12})\.[^\n]*-->\n(.*?)<!-- pgmason: end -->", re.DOTALL)


class Outcome(StrEnum):
    """What became of a file."""

    WROTE = "wrote"
    ADDED = "added to"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One file: its path below the repository's root, and what became of it."""

    path: str
    outcome: Outcome


def write_once(root: Path, path: str, text: str) -> Written:
    """Write a file where there is none. Raises WrongUse where it cannot be written."""
    if (root / path).exists() or (root / path).is_symlink():
        return Written(path=path, outcome=Outcome.KEPT)
    _write(root / path, text)
    return Written(path=path, outcome=Outcome.WROTE)


def put_block(root: Path, path: str, text: str) -> Written:
    """Put our block into a file, at its end or in place of an older one that nobody edited. Raises WrongUse."""
    file = root / path
    try:
        before = file.read_text(encoding="utf-8") if file.exists() else None
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongUse(f"cannot be read: {exc}", where=str(file)) from exc
    block = f"{_BEGIN.format(mark=_mark(text))}\n{text}{_END}"
    if before is None:
        _write(file, f"{block}\n")
        return Written(path=path, outcome=Outcome.WROTE)
    found = _BLOCK.search(before)
    if found is None:
        if "pgmason: begin" in before:  # somebody changed the marks
            return Written(path=path, outcome=Outcome.KEPT)
        _write(file, f"{before.rstrip()}\n\n{block}\n" if before.strip() else f"{block}\n")
        return Written(path=path, outcome=Outcome.ADDED)
    if found[2] == text or found[1] != _mark(found[2]):
        return Written(path=path, outcome=Outcome.KEPT)
    _write(file, before[: found.start()] + block + before[found.end() :])
    return Written(path=path, outcome=Outcome.ADDED)


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _write(file: Path, text: str) -> None:
    try:
        write_whole(file, text)
    except OSError as exc:
        raise WrongUse(f"cannot be written: {exc.strerror}", where=str(file)) from exc
