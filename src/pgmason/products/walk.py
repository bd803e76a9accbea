"""What folders and files does a repository hold, as far as finding products needs to know?

A bounded, sorted look: no symbolic link is followed, what tools put there and hidden folders are not entered, and
where a bound is hit `notes` say so. Nothing is opened here but folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import WrongUse
from pgmason.names import printable

__all__ = ["DEEPEST", "MOST_FOLDERS", "Folder", "Tree", "above", "for_tests", "joined", "relative", "walk"]

DEEPEST = 8  # folders below the root
MOST_FOLDERS = 20_000
# Put there by tools, not by people.
_SKIPPED = frozenset(
    {"node_modules", "bower_components", "vendor", "venv", "site-packages", "__pycache__", "dist", "build", "target"}
)
# What lies below these is made for tests: no product of its own.
_FOR_TESTS = frozenset(
    {"test", "tests", "__tests__", "testdata", "testing", "fixtures", "__fixtures__", "spec", "e2e", "mocks"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """One folder: its path below the root with / ("." for the root), the names it holds, sorted."""

    path: str
    files: tuple[str, ...]
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A repository as far as it was looked at: folders by path, the root first, then breadth first and sorted."""

    root: Path
    folders: Mapping[str, Folder]
    notes: tuple[str, ...]

    def has_file(self, path: str) -> bool:
        """Whether there is a file at that path."""
        folder, _, name = path.rpartition("/")
        return folder in self.folders and name in self.folders[folder].files if folder else name in self.top.files

    @property
    def top(self) -> Folder:
        """The root itself."""
        return self.folders["."]

    def below(self, path: str) -> Iterator[Folder]:
        """The folder at that path and all that was looked at below it."""
        prefix = "" if path == "." else path + "/"
        return (folder for name, folder in self.folders.items() if name == path or name.startswith(prefix))


def walk(root: Path, *, deepest: int = DEEPEST, most_folders: int = MOST_FOLDERS) -> Tree:
    """Look at a repository. Raises WrongUse where the root itself cannot be listed."""
    folders: dict[str, Folder] = {}
    notes: list[str] = []
    unlisted: list[str] = []
    unnamed = 0
    waiting = ["."]
    too_deep = False
    while waiting:
        level, waiting = waiting, []
        for path in level:
            if len(folders) >= most_folders:
                notes.append(f"looked into {most_folders:,} folders and no further: there may be more products")
                return Tree(root=root, folders=folders, notes=tuple(notes))
            try:
                files, inner, strange = _listed(root / path)
            except OSError as exc:
                if path == ".":
                    raise WrongUse(f"cannot be listed: {exc.strerror}", where=printable(str(root))) from exc
                unlisted.append(f"{path} ({exc.strerror})")
                continue
            unnamed += strange
            folders[path] = Folder(path=path, files=files, folders=inner)
            # What lies in a Prisma migration's folder is known: there may be hundreds.
            if "migration_lock.toml" in files:
                continue
            if path.count("/") + 1 >= deepest and inner:
                too_deep = True
                continue
            waiting += [joined(path, name) for name in inner]
    if too_deep:
        notes.append(f"looked {deepest} folders deep and no further")
    if unlisted:
        more = f" and {len(unlisted) - 1} more" if len(unlisted) > 1 else ""
        notes.append(f"could not be listed, so not looked into: {printable(unlisted[0])}{more}")
    if unnamed:
        notes.append(f"passed over {unnamed} name{' that is' if unnamed == 1 else 's that are'} not UTF-8")
    return Tree(root=root, folders=folders, notes=tuple(notes))


def _listed(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """(files, folders to enter, how many names are not UTF-8)."""
    files: list[str] = []
    folders: list[str] = []
    strange = 0
    with os.scandir(folder) as scan:
        for entry in scan:
            name = entry.name
            if not _speakable(name):
                strange += 1
            elif entry.is_dir(follow_symlinks=False):
                if not name.startswith(".") and name not in _SKIPPED:
                    folders.append(name)
            elif entry.is_file(follow_symlinks=False):
                files.append(name)
    return tuple(sorted(files)), tuple(sorted(folders)), strange


def _speakable(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def for_tests(path: str) -> bool:
    """Whether a path below the root lies among tests."""
    return any(part.lower() in _FOR_TESTS for part in path.split("/"))


def joined(folder: str, name: str) -> str:
    """A path below the root, from a folder's and what is below that."""
    if name in (".", ""):
        return folder
    return name if folder == "." else f"{folder}/{name}"


def above(path: str) -> Iterator[str]:
    """The path itself and every folder above it, ending with the root."""
    while path != ".":
        yield path
        path = path.rpartition("/")[0] or "."
    yield "."


def relative(path: str, home: str) -> str:
    """A path below the root as seen from a folder that holds it."""
    if path == home:
        return "."
    return path if home == "." else path.removeprefix(home + "/")
