"""Which schema.prisma does a repository hold for PostgreSQL, and where are its migrations?

Only the datasource's provider is read here, and what package.json and prisma.config say of places. Prisma's rules:
the schema is what they name, else prisma/schema.prisma or schema.prisma; it may be a folder of .prisma files; the
migrations are what prisma.config names, else `migrations` beside the file with the datasource. (Prisma's
documentation, "Schema location" and "Prisma Config reference")
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pgmason.products.projects import Project, project_of, small_text
from pgmason.products.walk import Tree, for_tests, joined, relative
from pgmason.sources.prisma.places import CONFIG_FILES, named_in_config

__all__ = ["PrismaSchema", "prisma_schemas"]

_DATASOURCE = re.compile(r"^\s*datasource\s+\w+\s*\{(.*?)^\s*\}", re.MULTILINE | re.DOTALL)
_PROVIDER = re.compile(r"^\s*provider\s*=\s*\"([^\"\n]*)\"", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrismaSchema:
    """A schema for PostgreSQL: `path` (a file, or a folder of several) and the places that its migrations may be in.

    All paths are below the root. `reason` says why it is taken to be one; `places` are in Prisma's own order.
    """

    project: Project
    path: str
    reason: str
    places: tuple[str, ...]


def prisma_schemas(tree: Tree, notes: list[str]) -> list[PrismaSchema]:
    """Every schema with a PostgreSQL datasource, sorted by path; what is for another database goes to `notes`."""
    found = []
    for path in _prisma_files(tree):
        provider = _provider(small_text(tree.root / path) or "")
        if provider is None:
            continue
        if for_tests(path):
            notes.append(f"passed over, among tests: {path}")
        elif provider not in ("postgresql", "postgres"):
            notes.append(f"passed over, its provider is {provider}: {path}")
        else:
            found.append(_schema(tree, path))
    return sorted(found, key=lambda schema: schema.path)


def _prisma_files(tree: Tree) -> Iterator[str]:
    for folder in tree.folders.values():
        yield from (joined(folder.path, name) for name in folder.files if name.endswith(".prisma"))


def _provider(text: str) -> str | None:
    code = re.sub(r"//.*", "", text)
    datasource = _DATASOURCE.search(code)
    provider = _PROVIDER.search(datasource[1]) if datasource else None
    return provider[1] if provider else None


def _schema(tree: Tree, file: str) -> PrismaSchema:
    project = project_of(tree, file)
    folder = file.rpartition("/")[0] or "."
    schema, migrations, said = _declared(tree, project)
    # Several .prisma files together are one schema, and the folder is its name.
    together = sum(name.endswith(".prisma") for inner in tree.below(folder) for name in inner.files)
    path = folder if together > 1 else file
    reason = f'{relative(file, project.home)} has provider = "postgresql"'
    if together > 1:
        reason = f"{together} .prisma files; {reason}"
    if schema is not None and (schema == file or file.startswith(schema + "/")):
        path = schema
        reason = f"{said} says so; {reason}"
    beside = [joined(folder, "migrations"), joined(folder.rpartition("/")[0] or ".", "migrations")]
    places = ([migrations] if migrations is not None else []) + beside
    return PrismaSchema(project=project, path=path, reason=reason, places=tuple(dict.fromkeys(places)))


def _declared(tree: Tree, project: Project) -> tuple[str | None, str | None, str]:
    """(the schema, the migrations, where that is said): what the project's own files name, below the root."""
    for name in CONFIG_FILES:
        text = small_text(tree.root / joined(project.base, name))
        if text is not None:
            found = named_in_config(text)
            return _place(project, found.schema), _place(project, found.migrations), name
    prisma = project.package.get("prisma")
    named = prisma.get("schema") if isinstance(prisma, dict) else None
    if isinstance(named, str):
        return _inside(project, named), None, f'"prisma.schema" of {project.manifest}'
    return None, None, ""


def _place(project: Project, named: str | None) -> str | None:
    return _inside(project, named) if named is not None else None


def _inside(project: Project, named: str) -> str | None:
    """A path as a project's file names it, below the root; None where it leads out of the project."""
    parts = [part for part in named.split("/") if part not in ("", ".")]
    return None if ".." in parts or named.startswith("/") else joined(project.base, "/".join(parts))
