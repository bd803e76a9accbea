"""The three protocols that the brief asks to be read, as pages of a repository."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from pgmason.instructions.written import Written, write_once

__all__ = ["FOLDER", "PAGES", "write_protocols"]

FOLDER = ".claude/protocols"
PAGES = ("anti-rationalization.md", "verification-before-completion.md", "direct-delivery.md")


def write_protocols(root: Path) -> tuple[Written, ...]:
    """Write each page that is not there. Raises WrongUse where one cannot be written."""
    folder = files("pgmason.instructions") / "protocols"
    return tuple(write_once(root, f"{FOLDER}/{page}", (folder / page).read_text(encoding="utf-8")) for page in PAGES)
