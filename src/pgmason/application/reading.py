"""Which files are a product's application code?

Those of `app` in pgmason.toml, folders or patterns from the product's folder; without it all of the product's folder.
What tools put there, tests, migrations, generated code, seeds and settings of tools are left out. Files are only read
here: what they say is `parsing.py`'s.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pgmason.application.parsing import language_of
from pgmason.config import Product

__all__ = ["LARGEST_BYTES", "Application", "SourceFile", "read_application"]

LARGEST_BYTES = 1_000_000  # what is larger was written by a program
_SKIPPED = frozenset(
    {
        "node_modules", "bower_components", "vendor", "venv", "site-packages", "__pycache__", "dist", "build",
        "target", "out", "coverage", "public", "static", "test", "tests", "__tests__", "testdata", "testing",
        "fixtures", "__fixtures__", "spec", "specs", "e2e", "mocks", "__mocks__", "migrations", "generated",
        "__generated__", "alembic", "storybook", "benchmarks", "bench", "docs", "examples",
    }
)  # fmt: skip
_SKIPPED_FILES = (
    "*.test.*", "*.spec.*", "*.e2e.*", "*.e2e-spec.*", "test_*.py", "tests.py", "*_test.py", "conftest.py",
    "*.config.*",
    "*.generated.*", "*.gen.*", "*.min.js", "*.stories.*", "*.bundle.js", "seed.*", "seeds.*", "setup.py",
    "noxfile.py", "*_pb2.py", "*_pb2_grpc.py",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """`file` from the repository's root with /; `digest` of its bytes."""

    file: str
    language: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The files, sorted, and what was left out that should have been read."""

    files: tuple[SourceFile, ...]
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """64 hex digits of all contents, by file."""
        return hashlib.sha256(repr([(one.file, one.digest) for one in self.files]).encode()).hexdigest()


def read_application(product: Product) -> Application:
    """The product's application code. What cannot be read is in the notes; raises nothing."""
    home, notes = product.home, []
    found: dict[str, Path] = {}
    for said in product.app or (".",):
        before = len(found)
        folders = sorted(home.glob(said)) if any(char in said for char in "*?[") else [home / said]
        for place in folders:
            for path in (place,) if place.is_file() else _below(place):
                found.setdefault(_relative(path, product.root), path)
        if product.app and len(found) == before:
            notes.append(f"`app` names {said}, where no application code was found")
    skipped = _relative(home / product.migrations, product.root) + "/" if product.migrations else None
    files = []
    for file, path in sorted(found.items()):
        if skipped is not None and skipped != "./" and file.startswith(skipped):
            continue
        try:
            content = path.read_bytes()
            if len(content) > LARGEST_BYTES:
                notes.append(f"{file} is larger than {LARGEST_BYTES:,} bytes and is not read")
                continue
            text = content.decode("utf-8-sig")
        except OSError as exc:
            notes.append(f"{file} cannot be read: {exc.strerror}")
            continue
        except UnicodeDecodeError:
            notes.append(f"{file} is not UTF-8 and is not read")
            continue
        files.append(
            SourceFile(
                file=file, language=language_of(file) or "", text=text, digest=hashlib.sha256(content).hexdigest()
            )
        )
    return Application(files=tuple(files), notes=tuple(notes))


def _below(folder: Path) -> list[Path]:
    """The files of code below a folder; no symbolic link is followed, hidden folders are not entered."""
    found = []
    for here, inner, files in os.walk(folder, followlinks=False):
        inner[:] = sorted(
            name
            for name in inner
            if name not in _SKIPPED and not name.startswith(".") and not (Path(here) / name / "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            path = Path(here) / name
            wanted = language_of(name) is not None and not any(fnmatchcase(name, one) for one in _SKIPPED_FILES)
            if wanted and not path.is_symlink():
                found.append(path)
    return found


def _relative(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.as_posix()
