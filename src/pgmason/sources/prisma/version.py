"""Which version of Prisma does a product use?

Its package.json says it, exactly or as a range; the lock file beside it or above says it exactly. Only what changes
the database is asked of a version: since 6.0 a join table has a primary key, before it had a unique index. (Upgrade
to Prisma ORM 6, "Implicit m-n relations") Where nothing says it, the newest is meant.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["NEWEST", "Version", "version_files", "version_of"]

_PACKAGES = ("prisma", "@prisma/client")
_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_LOCKS = ("package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock")
_LARGEST_BYTES = 32_000_000


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Major, minor, patch; `said` tells where it was read, empty for the newest."""

    major: int
    minor: int = 0
    patch: int = 0
    said: str = ""

    @property
    def join_tables_have_keys(self) -> bool:
        """Whether a join table has a primary key over A and B, not a unique index."""
        return self.major >= 6

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


NEWEST = Version(7)


def version_of(folder: Path, root: Path) -> Version:
    """The version for a schema in `folder`: what the nearest package.json up to `root` that names Prisma says."""
    for place in _upwards(folder, root):
        ranged = _from_package(place / "package.json")
        if ranged is None:
            continue
        for above in _upwards(place, root):
            for lock in _LOCKS:
                exact = _from_lock(above / lock)
                if exact is not None and exact.major == ranged.major:
                    return exact
        return ranged
    return NEWEST


def version_files(folder: Path, root: Path) -> list[Path]:
    """The files that `version_of` looks at and that are there."""
    names = ("package.json", *_LOCKS)
    return [file for place in _upwards(folder, root) for name in names if (file := place / name).is_file()]


def _upwards(folder: Path, root: Path) -> list[Path]:
    folder, root = folder.resolve(), root.resolve()
    places = [folder, *folder.parents]
    return places[: places.index(root) + 1] if root in places else [folder]


def _from_package(file: Path) -> Version | None:
    document = _json(file)
    for section in ("devDependencies", "dependencies", "peerDependencies"):
        named = document.get(section)
        for package in _PACKAGES:
            if isinstance(named, dict) and isinstance(named.get(package), str):
                found = _parsed(named[package], f"{file.name}: {package} {named[package]}")
                if found is not None:
                    return found
    return None


def _from_lock(file: Path) -> Version | None:
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_BYTES:
            return None
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    patterns = {
        "package-lock.json": r'"node_modules/{}":\s*\{{\s*"version":\s*"([^"]+)"',
        "pnpm-lock.yaml": r"^\s*/?'?{}[@/](\d[^:('\n]*)['(:]",
        "yarn.lock": r'^"?{}@[^\n]*:\n\s+version:? "?([^"\n]+)',
        "bun.lock": r'"{}":\s*\["{}@([^"]+)"',
    }
    for package in _PACKAGES:
        name = re.escape(package)
        pattern = patterns[file.name]
        match = re.search(pattern.format(*[name] * pattern.count("{}")), text, re.MULTILINE)
        if match is not None:
            return _parsed(match[1], f"{file.name}: {package} {match[1]}")
    return None


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _parsed(text: str, said: str) -> Version | None:
    match = _NUMBER.search(text)
    if match is None:
        return None
    major, minor, patch = (int(part or 0) for part in match.groups())
    return Version(major, minor, patch, said)
