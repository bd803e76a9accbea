"""Which files are the schema that `prisma:PATH` means?

PATH is a .prisma file, a folder of them (one schema in several files), or a project's folder, whose prisma.config
or package.json says where the schema is, else Prisma's own places: schema.prisma, prisma/schema.prisma. Folders of
Prisma 8's new migrations are told apart by name.
"""

from __future__ import annotations

import json
from pathlib import Path

from pgmason.errors import NextCommand, UnknownSource, Unsupported
from pgmason.sources.prisma.places import CONFIG_FILES, named_in_config

__all__ = ["schema_files"]

_PASSED_OVER = {"node_modules", "migrations", ".git"}
_LARGEST_BYTES = 16_000_000


def schema_files(path: Path, *, shown: str) -> tuple[Path, ...]:
    """The files of one schema, sorted by path. `shown` names PATH in messages. Raises UnknownSource, Unsupported."""
    if path.is_file():
        return (path,)
    if not path.is_dir():
        raise UnknownSource("no such file or folder", where=shown)
    found = _named(path, shown) or _within(path)
    if not found:
        for usual in (path / "schema.prisma", path / "prisma" / "schema.prisma", path / "prisma"):
            found = (usual,) if usual.is_file() else _within(usual) if usual.is_dir() else ()
            if found:
                break
    if found:
        return found
    if any(path.glob("*/ops.json")) or (path / "ops.json").is_file():
        raise Unsupported(
            "is a folder of Prisma 8's migrations (ops.json), which pgmason does not read",
            where=shown,
            fix="name the schema itself, prisma:PATH/schema.prisma, or its SQL migrations, migrations:DIR",
        )
    raise UnknownSource(
        "holds no .prisma file",
        where=shown,
        next=[NextCommand(command="pgmason schema show prisma:prisma/schema.prisma", why="names a file")],
    )


def _named(folder: Path, shown: str) -> tuple[Path, ...]:
    """What the project's own files name."""
    for name in CONFIG_FILES:
        file = folder / name
        if file.is_file() and file.stat().st_size < _LARGEST_BYTES:
            schema = named_in_config(file.read_text(encoding="utf-8", errors="replace")).schema
            if schema is not None:
                return _existing(folder / schema, f"{shown}/{name}")
    package = folder / "package.json"
    if package.is_file():
        try:
            document = json.loads(package.read_text(encoding="utf-8"))
        except ValueError:
            return ()
        prisma = document.get("prisma") if isinstance(document, dict) else None
        schema = prisma.get("schema") if isinstance(prisma, dict) else None
        if isinstance(schema, str):
            return _existing(folder / schema, f"{shown}/package.json")
    return ()


def _existing(path: Path, said: str) -> tuple[Path, ...]:
    # what a repository's file names is read only where it can be a schema
    is_schema = path.is_file() and path.suffix == ".prisma"
    found = (path,) if is_schema else _within(path) if path.is_dir() else ()
    if not found:
        raise UnknownSource(f"names a schema that is not there: {path.name}", where=said)
    return found


def _within(folder: Path) -> tuple[Path, ...]:
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in _PASSED_OVER and not path.is_symlink():
            # a file of a schema stands in the schema's folder or below it, and not in another project
            if not (path / "package.json").is_file():
                found += _within(path)
        elif path.suffix == ".prisma" and path.is_file():
            found.append(path)
    return tuple(sorted(found))
