"""Where does a Python project keep the metadata of its SQLAlchemy models?

Alembic's env.py says it (`target_metadata`); else the one module that defines tables and knows their base does. The
code is read and not run, so what is worked out at run time is not found; then nothing is guessed, and a note says how
to name it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from pgmason.products.projects import small_text
from pgmason.products.walk import Tree, for_tests, joined, relative

__all__ = ["models_of"]

_SKIPPED = frozenset({"migrations", "alembic", "versions", "docs", "scripts", "examples"})
_MOST_FILES = 3000


@dataclass(slots=True, kw_only=True)
class _Module:
    """What a module's text shows: `bases` it defines, names that it imports (name -> module), whether it has tables."""

    path: str
    name: str
    bases: list[str] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    tables: bool = False


def models_of(tree: Tree, home: str, migrations: str | None) -> tuple[str, str] | None:
    """(MODULE:ATTRIBUTE, why) for the project at `home`; None where it is not plain. Paths are below the root."""
    if migrations is not None:
        named = _from_env(tree, home, joined(migrations, "env.py"))
        if named is not None:
            return named, f"the target_metadata of {relative(joined(migrations, 'env.py'), home)}"
    modules = list(_modules(tree, home))
    bases = {(module.name, base) for module in modules for base in module.bases}
    holders = [
        (module, name)
        for module in modules
        if module.tables
        for name in (*module.bases, *(n for n, m in module.imports.items() if (m, n) in bases or _is_library(m, n)))
    ]
    if len({module.name for module, _ in holders}) == 1:
        module, name = holders[0]
        return f"{module.name}:{name}", f"{relative(module.path, home)} defines the tables"
    gathering = _gathering(modules, [module for module, _ in holders], bases)
    if gathering is not None:
        return f"{gathering[0].name}:{gathering[1]}", f"{relative(gathering[0].path, home)} imports the models"
    return None


def _is_library(module: str, name: str) -> bool:
    return (module, name) == ("sqlmodel", "SQLModel")


def _gathering(
    modules: list[_Module], holders: list[_Module], bases: set[tuple[str, str]]
) -> tuple[_Module, str] | None:
    """The one module that imports from every module of models and has the base at hand."""
    wanted = {module.name for module in holders}
    found = []
    for module in modules:
        sources = set(module.imports.values()) | {module.name}
        base = next((n for n, m in module.imports.items() if (m, n) in bases or _is_library(m, n)), None)
        base = base or next(iter(module.bases), None)
        if wanted and base is not None and wanted <= sources:
            found.append((module, base))
    return found[0] if len(found) == 1 else None


def _modules(tree: Tree, home: str) -> Iterator[_Module]:
    """The project's modules that can be imported from its folder or its src/, tests and migrations left out."""
    seen = 0
    for folder in tree.below(home):
        inner = relative(folder.path, home)
        parts = [] if inner == "." else inner.split("/")
        parts = parts[1:] if parts[:1] == ["src"] else parts
        if for_tests(inner) or any(part in _SKIPPED or not part.isidentifier() for part in parts):
            continue
        for name in folder.files:
            if not name.endswith(".py") or name.startswith("test_"):
                continue
            seen += 1
            if seen > _MOST_FILES:
                return
            text = small_text(tree.root / joined(folder.path, name))
            stem = name.removesuffix(".py")
            dotted = ".".join(parts if stem == "__init__" else [*parts, stem])
            if text and dotted and ("sqlalchemy" in text.lower() or "sqlmodel" in text.lower() or "import" in text):
                module = _module(text, joined(folder.path, name), dotted, package=stem == "__init__")
                if module is not None:
                    yield module


def _module(text: str, path: str, dotted: str, *, package: bool) -> _Module | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    found = _Module(path=path, name=dotted)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            origin = _origin(node, dotted, package=package)
            for alias in node.names:
                found.imports[alias.asname or alias.name] = origin
                if alias.name == "*":
                    found.imports[f"* of {origin}"] = origin
        elif isinstance(node, ast.ClassDef):
            names = {_last(base) for base in node.bases}
            if names & {"DeclarativeBase", "DeclarativeBaseNoMeta", "MappedAsDataclass"} and "DeclarativeBase" in names:
                found.bases.append(node.name)
            found.tables |= _has_table(node)
        elif (
            isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call)
        ):
            called = _last(node.value.func)
            if called in ("declarative_base", "SQLAlchemy", "registry", "MetaData", "generate_base"):
                found.bases.append(node.targets[0].id)
            found.tables |= called == "Table"
    return found


def _has_table(node: ast.ClassDef) -> bool:
    if any(one.arg == "table" and getattr(one.value, "value", None) is True for one in node.keywords):
        return True
    return any(
        isinstance(inner, ast.Assign) and isinstance(target, ast.Name) and target.id == "__tablename__"
        for inner in node.body
        for target in (inner.targets if isinstance(inner, ast.Assign) else [])
    )


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _origin(node: ast.ImportFrom, dotted: str, *, package: bool) -> str:
    """The module that an import names, a relative one from where it stands."""
    if not node.level:
        return node.module or ""
    parts = dotted.split(".")
    parts = parts[: len(parts) - node.level + (1 if package else 0)]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _from_env(tree: Tree, home: str, env: str) -> str | None:
    """MODULE:ATTRIBUTE of env.py's target_metadata, where a name that it imports gives it."""
    text = small_text(tree.root / env) if tree.has_file(env) else None
    try:
        body = ast.parse(text or "").body
    except (SyntaxError, ValueError, RecursionError):
        return None
    imported = {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in body
        if isinstance(node, ast.ImportFrom) and not node.level
        for alias in node.names
    }
    modules = {
        alias.asname or alias.name: alias.name for node in body if isinstance(node, ast.Import) for alias in node.names
    }
    for node in body:
        if not isinstance(node, ast.Assign) or _last(node.targets[0]) != "target_metadata":
            continue
        value = node.value
        if isinstance(value, ast.Attribute) and value.attr == "metadata":
            value = value.value
        if isinstance(value, ast.Name) and value.id in imported:
            module, name = imported[value.id]
            if module == "sqlmodel":
                return _of_sqlmodel(imported, tree, home)
            return f"{module}:{name}"
        dotted = ast.unparse(value) if isinstance(value, (ast.Attribute, ast.Name)) else ""
        module, _, name = dotted.rpartition(".")
        if module in modules and name:
            return f"{modules[module]}:{name}"
    return None


def _of_sqlmodel(imported: dict[str, tuple[str, str]], tree: Tree, home: str) -> str | None:
    """The one module of models that env.py imports for SQLModel's metadata, where it has the name SQLModel itself."""
    names = {module for module, _ in imported.values() if module != "sqlmodel"}
    known = [m.name for m in _modules(tree, home) if m.name in names and m.imports.get("SQLModel") == "sqlmodel"]
    return f"{known[0]}:SQLModel" if len(known) == 1 else None
