"""The three protocols that the brief asks to be read, as pages of a repository: written, and looked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pgmason.instructions.written import Written, write_once

__all__ = ["FOLDER", "INSTRUCTIONS", "PAGES", "Protocols", "protocols_in", "write_protocols"]

FOLDER = ".claude/protocols"
INSTRUCTIONS = ("AGENTS.md", "CLAUDE.md")  # what agents are given to read first
PAGES = ("anti-rationalization.md", "verification-before-completion.md", "direct-delivery.md")


def write_protocols(root: Path) -> tuple[Written, ...]:
    """Write each page that is not there. Raises WrongUse where one cannot be written."""
    folder = files("pgmason.instructions") / "protocols"
    return tuple(write_once(root, f"{FOLDER}/{page}", (folder / page).read_text(encoding="utf-8")) for page in PAGES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocols:
    """What a repository holds of them: the pages with text in them, those without any or not there, the instructions
    that there are, and those among them that name the folder or a page of it."""

    pages: tuple[str, ...]
    absent: tuple[str, ...]
    instructions: tuple[str, ...]
    naming: tuple[str, ...]


def protocols_in(root: Path) -> Protocols:
    """By the repository's files alone; one that cannot be read is as good as none."""
    pages = tuple(page for page in PAGES if _text(root / FOLDER / page).strip())
    texts = {name: _text(root / name) for name in INSTRUCTIONS}
    there = tuple(name for name, text in texts.items() if text.strip())
    return Protocols(
        pages=pages,
        absent=tuple(page for page in PAGES if page not in pages),
        instructions=there,
        naming=tuple(name for name in there if FOLDER in texts[name] or all(page in texts[name] for page in PAGES)),
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
