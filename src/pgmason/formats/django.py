"""Django: programs in Python, in a `migrations` package for each app, run by the project's manage.py. Read only.

The folder is that of manage.py: a project's migrations are one graph over its apps and those it has from libraries, and
no app can be migrated alone. The files are read and not run: dependencies make the order, and a squashed migration
stands for those that it replaces, as on an empty database. What is sent is known once the project's own Django has run
it. Source: Django's documentation, "Migrations"; django/db/migrations/loader.py and executor.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pgmason.errors import WrongUse
from pgmason.formats.migration import Format, History, Language, Late, Migration, Transaction, entries, few, read_text
from pgmason.names import printable

__all__ = ["FORMAT"]

_DEEPEST = 5
_SKIPPED = frozenset({"node_modules", "site-packages", "venv", "env", "dist", "build", "__pycache__"})
_REVERSED_BY = {"RunPython": ("reverse_code", 2), "RunSQL": ("reverse_sql", 2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What a file says of itself; names are APP.NAME."""

    name: str
    after: tuple[str, ...]
    replaces: tuple[str, ...]
    atomic: bool
    undoes: bool
    file: Path


def _looks_like(folder: Path) -> str | None:
    manage = next((entry for entry in entries(folder) if entry.name == "manage.py" and entry.is_file), None)
    if manage is None or "DJANGO_SETTINGS_MODULE" not in read_text(manage.path):
        return None
    apps = list(_packages(folder))
    return f"manage.py of Django, {len(apps)} app{'' if len(apps) == 1 else 's'} with migrations" if apps else None


def _packages(folder: Path) -> Iterator[Path]:
    """The `migrations` packages below the folder, sorted; links are not followed."""
    level = [folder]
    for _ in range(_DEEPEST):
        inner: list[Path] = []
        for one in level:
            for entry in entries(one):
                if not entry.is_folder or entry.link or entry.name.startswith(".") or entry.name in _SKIPPED:
                    continue
                if entry.name == "migrations" and (entry.path / "__init__.py").is_file():
                    yield entry.path
                else:
                    inner.append(entry.path)
        level = inner


def _read(folder: Path) -> History:
    steps = [step for package in _packages(folder) for step in _steps(package)]
    notes: list[str] = []
    known = {step.name for step in steps}
    replaced = {name for step in steps for name in step.replaces if name in known}
    if replaced:
        notes.append(f"not run on an empty database, a squashed migration stands for them: {few(sorted(replaced))}")
    kept = [step for step in steps if step.name not in replaced]
    ordered = _in_order(kept, folder)
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(
            Migration(
                name=step.name,
                version=step.name,
                up=step.file,
                down=step.file if step.undoes else None,
                transaction=FORMAT.transaction if step.atomic else Transaction.STATEMENT_BY_STATEMENT,
                language=Language.PYTHON,
                undoes=step.undoes,
            )
            for step in ordered
        ),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
        heads=_side_by_side(kept),
    )


def _side_by_side(steps: list[_Step]) -> tuple[tuple[str, ...], ...]:
    """For each app that ends in several migrations, these: `migrate` stops there (django/core/management/commands)."""
    stands_for = {name: step.name for step in steps for name in step.replaces}
    followed = {
        name
        for step in steps
        for name in (stands_for.get(name, name) for name in step.after)
        if name != step.name and name.partition(".")[0] == step.name.partition(".")[0]
    }
    ends: dict[str, list[str]] = {}
    for step in sorted(steps, key=lambda step: step.name):
        if step.name not in followed:
            ends.setdefault(step.name.partition(".")[0], []).append(step.name)
    return tuple(tuple(names) for names in ends.values() if len(names) > 1)


def _steps(package: Path) -> Iterator[_Step]:
    label = _label(package.parent)
    for entry in entries(package):
        if not entry.is_file or not entry.name.endswith(".py") or entry.name.startswith(("_", "~")):
            continue
        where = printable(str(entry.path))
        try:
            tree = ast.parse(read_text(entry.path), filename=str(entry.path))
        except (SyntaxError, ValueError, RecursionError) as exc:
            raise WrongUse(f"is not Python: {exc}", where=f"{where}:{getattr(exc, 'lineno', None) or 1}") from exc
        migration = next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Migration"), None)
        if migration is not None:
            values = _values(migration)
            atomic = values.get("atomic")
            yield _Step(
                name=f"{label}.{entry.name.removesuffix('.py')}",
                after=_pairs(values.get("dependencies")),
                replaces=_pairs(values.get("replaces")),
                atomic=not (isinstance(atomic, ast.Constant) and atomic.value is False),
                undoes=_undoes(values.get("operations")),
                file=entry.path,
            )


def _label(app: Path) -> str:
    """The app's label: what its AppConfig says, or the folder's name."""
    config = app / "apps.py"
    if config.is_file():
        try:
            tree = ast.parse(read_text(config))
        except (SyntaxError, ValueError, RecursionError, WrongUse):
            return app.name
        for node in tree.body:
            label = _values(node).get("label") if isinstance(node, ast.ClassDef) else None
            if isinstance(label, ast.Constant) and isinstance(label.value, str):
                return label.value
    return app.name


def _values(node: ast.ClassDef) -> dict[str, ast.expr]:
    return {
        target.id: statement.value
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _pairs(node: ast.expr | None) -> tuple[str, ...]:
    """("app", "name") pairs as APP.NAME; what is worked out (swappable_dependency) is left to the runner."""
    found = []
    for one in node.elts if isinstance(node, (ast.List, ast.Tuple)) else []:
        parts = [getattr(part, "value", None) for part in one.elts] if isinstance(one, ast.Tuple) else []
        if len(parts) == 2 and all(isinstance(part, str) for part in parts):
            found.append(f"{parts[0]}.{parts[1]}")
    return tuple(found)


def _undoes(operations: ast.expr | None) -> bool:
    """Whether Django can go back over it: all it does itself, and programs and SQL that say how."""
    for node in ast.walk(operations) if operations is not None else ():
        called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        if isinstance(node, ast.Call) and called in _REVERSED_BY:
            keyword, position = _REVERSED_BY[called]
            if len(node.args) < position and all(one.arg != keyword for one in node.keywords):
                return False
    return True


def _in_order(steps: list[_Step], folder: Path) -> list[_Step]:
    """Each after those it names; where several may be next, the one whose name sorts first."""
    stands_for = {name: step.name for step in steps for name in step.replaces}
    names = {step.name for step in steps}
    needs = {step.name: {stands_for.get(name, name) for name in step.after} & names - {step.name} for step in steps}
    waiting = sorted(steps, key=lambda step: step.name)
    ordered: list[_Step] = []
    done: set[str] = set()
    while waiting:
        ready = next((step for step in waiting if needs[step.name] <= done), None)
        if ready is None:
            raise WrongUse(
                f"migrations wait for each other: {few([step.name for step in waiting])}", where=printable(str(folder))
            )
        waiting.remove(ready)
        ordered.append(ready)
        done.add(ready.name)
    return ordered


FORMAT = Format(
    name="django",
    looks_like=_looks_like,
    read=_read,
    transaction=Transaction.FILE_IN_TRANSACTION,
    ledger_tables=("django_migrations",),
    late=Late.GRAPH,
)
