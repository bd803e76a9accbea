"""Whose folder is this: which project does a path belong to, and what is it called?

A project is a folder with a manifest: package.json, pyproject.toml, Cargo.toml or go.mod. Manifests are read for
names and for what they say of schemas; one that cannot be read is no project's end, it is a note.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pgmason.products.walk import Tree, above, joined, relative

__all__ = ["Project", "code_folders", "names_sqlalchemy", "opening_text", "product_name", "project_of", "small_text"]

_MANIFESTS = ("package.json", "pyproject.toml", "Cargo.toml", "go.mod")
_WORKSPACES = ("apps", "packages", "services", "products", "projects", "internal-packages", "libs", "crates")
_LARGEST_BYTES = 2 * 1024 * 1024
_CODE = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".py")  # what the code rules can read
_CODE_FOLDERS = ("src", "app", "lib", "server", "api", "backend", "pages")
_NEVER_APP = ("migrations", "alembic", "docs", "prisma", "scripts", "examples", "bench", "benchmarks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project: its home below the root, and the sentence that says why that is one.

    `base` is the folder of the manifest that speaks for it (the root where there is none), `name` what a manifest
    calls it, `package` its package.json, {} without one.
    """

    home: str
    why: str
    base: str
    manifest: str | None
    name: str | None
    package: dict[str, Any]


def project_of(tree: Tree, path: str) -> Project:
    """The nearest project that holds a path: a folder with a manifest, or a member of a workspace; else the root."""
    for folder in above(path):
        manifest = next((name for name in _MANIFESTS if tree.has_file(joined(folder, name))), None)
        if manifest is not None:
            return _member(path, _project(tree, folder, manifest))
    why = "the repository's own root: no package.json, pyproject.toml, Cargo.toml or go.mod above"
    return _member(path, Project(home=".", why=why, base=".", manifest=None, name=None, package={}))


def _member(path: str, project: Project) -> Project:
    """Below apps/, packages/ and the like, each folder is a project, with a manifest or without."""
    inner = relative(path, project.home).split("/")
    if len(inner) < 2 or inner[0] not in _WORKSPACES:
        return project
    home = joined(project.home, "/".join(inner[:2]))
    return replace(project, home=home, why=f"one of the projects in {joined(project.home, inner[0])}/", name=None)


def _project(tree: Tree, folder: str, manifest: str) -> Project:
    text = small_text(tree.root / joined(folder, manifest)) or ""
    document: dict[str, Any] = {}
    try:
        if manifest == "package.json":
            loaded = json.loads(text)
            document = loaded if isinstance(loaded, dict) else {}
            name = document.get("name")
        elif manifest == "go.mod":
            module = re.search(r"^module\s+(\S+)", text, re.MULTILINE)
            name = re.sub(r"/v\d+$", "", module[1]) if module else None
        else:
            tables = tomllib.loads(text)
            own = tables.get("project") or tables.get("package") or tables.get("tool", {}).get("poetry", {})
            name = own.get("name") if isinstance(own, dict) else None
    except (ValueError, AttributeError, RecursionError):  # not what its name says; the folder is a project all the same
        name = None
    return Project(
        home=folder,
        why=f"{joined(folder, manifest)} makes it a project",
        base=folder,
        manifest=manifest,
        name=name if isinstance(name, str) else None,
        package=document,
    )


def product_name(project: Project, root: Path) -> str:
    """A name fit for pgmason.toml: the manifest's without its scope, else the folder's."""
    folder = root.resolve().name if project.home == "." else project.home.rpartition("/")[2]
    for candidate in (project.name, folder):
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", (candidate or "").rpartition("/")[2]).strip("-._")
        if name:
            return name
    return "product"


def small_text(file: Path) -> str | None:
    """The text of a small file of a repository; None where it is large, unreadable or not UTF-8."""
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _LARGEST_BYTES:
            return None
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def opening_text(file: Path, most_bytes: int = _LARGEST_BYTES) -> str:
    """How a file of a repository begins, however large it is; "" where it is unreadable, or no text."""
    try:
        if file.is_symlink() or not file.is_file():
            return ""
        with file.open("rb") as opened:
            return opened.read(most_bytes).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def names_sqlalchemy(tree: Tree, home: str) -> str | None:
    """The file of a project that asks for SQLAlchemy (or SQLModel), as seen from the root; None without one."""
    for name in tree.folders[home].files:
        text = None
        if name in ("pyproject.toml", "Pipfile", "setup.py") or re.fullmatch(r"requirements.*\.txt", name):
            text = small_text(tree.root / joined(home, name))
        if text is not None and any(_SQLALCHEMY.match(asked) for asked in _asked(name, text)):
            return joined(home, name)
    return None


_SQLALCHEMY = re.compile(r"(flask-|flask_)?(sqlalchemy|sqlmodel)\b", re.IGNORECASE)


def _asked(name: str, text: str) -> Iterator[str]:
    """The packages that a project's file asks for, each with what follows its name."""
    if name.endswith(".txt"):
        yield from (line.strip() for line in text.splitlines())
    elif name == "setup.py":
        yield from (match[1] for match in re.finditer(r"[\"']([A-Za-z][^\"'\n]*)[\"']", text))
    else:
        try:
            yield from _dependencies(tomllib.loads(text), False)
        except (ValueError, RecursionError):
            return


def _dependencies(value: Any, asking: bool) -> Iterator[str]:
    """Every text and key of a TOML document below a table or list of dependencies."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if asking:
                yield key
            yield from _dependencies(inner, asking or "dependencies" in key or key in ("packages", "dependency-groups"))
    elif isinstance(value, list):
        for inner in value:
            yield from _dependencies(inner, asking)
    elif asking and isinstance(value, str):
        yield value


def code_folders(tree: Tree, home: str) -> tuple[str, ...]:
    """The folders of a project that hold its code in TypeScript, JavaScript or Python, as seen from its home."""
    found = []
    for name in tree.folders[home].folders:
        path = joined(home, name)
        if path not in tree.folders or name in _NEVER_APP:
            continue
        usual = name in _CODE_FOLDERS and any(_has_code(folder.files) for folder in tree.below(path))
        package = "__init__.py" in tree.folders[path].files and name not in ("test", "tests")
        if usual or package:
            found.append(name)
    return tuple(found)


def _has_code(files: tuple[str, ...]) -> bool:
    return any(name.endswith(_CODE) and not name.endswith(".d.ts") for name in files)
