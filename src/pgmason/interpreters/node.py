"""Which Node is the product's own, and what does it answer?

The `node` of the caller's PATH, where version managers put a project's. The libraries are those that Node finds
from the product's folder. As node cannot tell what it loaded, what a program imports from files beside it is followed
in the text.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pgmason.interpreters.children import ProgramFailed
from pgmason.interpreters.interpreter import Interpreter

__all__ = ["Node", "find_node", "imported_beside"]

_LOCKS = ("package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "tsconfig.json")
_HEAP_MB = 2048
# Of JavaScript's text: what follows from, import or require, where it begins with a dot.
_IMPORTS = re.compile(r"""(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
_ENDINGS = ("", ".ts", ".js", ".mjs", ".cjs", ".mts", ".cts", ".json", "/index.ts", "/index.js")
_MOST_FILES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Interpreter):
    """A node for one product."""

    @property
    def options(self) -> tuple[str, ...]:
        return (f"--max-old-space-size={_HEAP_MB}", "--no-warnings")


def find_node(folder: Path, root: Path, *, settings: Mapping[str, str], needs: str) -> Node:
    """The node for the product in `folder`, which has the package that it `needs`. Raises ProgramFailed."""
    found = shutil.which("node")
    if found is None:
        raise ProgramFailed(
            "there is no node on this machine", where=str(folder), fix="install Node, or put it on the PATH"
        )
    mark = hashlib.sha256(repr(sorted(settings.items())).encode())
    status = Path(found).resolve().stat()
    mark.update(f"{found}:{status.st_size}:{status.st_mtime_ns}".encode())
    installed = False
    for above in (folder.absolute(), *folder.absolute().parents):
        package = above / "node_modules" / needs / "package.json"
        if package.is_file() and not installed:
            installed = True
            mark.update(package.read_bytes())
        for name in _LOCKS:
            lock = above / name
            if lock.is_file():
                mark.update(lock.read_bytes())
        if above == root.absolute() and installed:
            break
    if not installed:
        raise ProgramFailed(
            f"{needs} is not installed for this product: no node_modules/{needs} here or above",
            where=str(folder),
            fix="install the product's packages: npm ci, pnpm install or yarn",
        )
    return Node(path=Path(found), folder=folder, settings=settings, fingerprint=mark.hexdigest())


def imported_beside(files: Iterable[Path]) -> list[Path]:
    """The files that these programs import by a relative path, and what those import, sorted; themselves left out."""
    first = {file.resolve() for file in files}
    found: set[Path] = set()
    waiting = sorted(first)
    while waiting and len(found) < _MOST_FILES:
        file = waiting.pop()
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for name in _IMPORTS.findall(text):
            base = file.parent / name
            stem = base.with_suffix("") if base.suffix in (".js", ".mjs", ".cjs") else base  # what TypeScript writes
            tried = (Path(f"{one}{ending}") for one in (base, stem) for ending in _ENDINGS)
            target = next((one.resolve() for one in tried if one.is_file()), None)
            if target is not None and target not in found and target not in first:
                found.add(target)
                waiting.append(target)
    return sorted(found)
