"""Alembic: programs in Python that name each other, `env.py` beside them, `alembic.ini` somewhere above.

The files are read and not run: `revision`, `down_revision` and `depends_on` are literals, and make the order. Branches
and several heads are one history here, as `alembic upgrade heads` runs them. Alembic runs all that is pending in one
transaction unless env.py says `transaction_per_migration`; here each revision has its own, as it is deployed. What a
revision sends is known once the product's own Alembic has run it. Source: Alembic's documentation, "Working with
Branches" and "Configuration"; alembic/script/base.py and revision.py.
"""

from __future__ import annotations

import ast
import configparser
import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgmason.errors import WrongUse
from pgmason.formats.migration import (
    Format,
    History,
    Language,
    Late,
    Migration,
    NewMigration,
    Transaction,
    WrittenFile,
    entries,
    few,
    read_text,
)
from pgmason.formats.writing import file_name
from pgmason.names import printable

__all__ = ["FORMAT", "ini_of"]

_UP = 4  # how many folders above the scripts alembic.ini is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Revision:
    """What a file says of itself. `after` are the revisions that must be applied before it."""

    revision: str
    after: tuple[str, ...]
    parents: tuple[str, ...]
    labels: tuple[str, ...]
    undoes: bool
    file: Path


def _looks_like(folder: Path) -> str | None:
    found = entries(folder)
    env = any(entry.name == "env.py" and entry.is_file for entry in found)
    versions = any(entry.name == "versions" and entry.is_folder for entry in found)
    return "env.py, versions/" if env and versions else None


def ini_of(folder: Path) -> Path | None:
    """The alembic.ini (or pyproject.toml) that names this folder as its script_location; else the nearest alembic.ini.

    Looked for in the folder itself and a few above it, within the checkout.
    """
    nearest: Path | None = None
    for above in (folder.absolute(), *folder.absolute().parents[:_UP]):
        for name in ("alembic.ini", "pyproject.toml"):
            file = above / name
            settings = _settings(file) if file.is_file() else None
            if settings is None:
                continue
            if (above / settings.get("script_location", "")).resolve() == folder.resolve():
                return file
            nearest = nearest or (file if name == "alembic.ini" else None)
        if (above / ".git").exists():
            break
    return nearest


def _settings(file: Path) -> dict[str, str] | None:
    """The settings of Alembic in a file, %(here)s replaced; None where it has none."""
    here = str(file.parent)
    if file.name == "pyproject.toml":
        try:
            table: Any = tomllib.loads(read_text(file)).get("tool", {}).get("alembic")
        except (tomllib.TOMLDecodeError, WrongUse):
            return None
        if not isinstance(table, dict):
            return None
        found = {key: " ".join(value) if isinstance(value, list) else str(value) for key, value in table.items()}
    else:
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(read_text(file))
        except (configparser.Error, WrongUse):
            return None
        if not parser.has_section("alembic"):
            return None
        found = dict(parser.items("alembic"))
    return {key: value.replace("%(here)s", here) for key, value in found.items()}


def _read(folder: Path) -> History:
    files = _version_files(folder)
    revisions = [found for file in files if (found := _revision(file)) is not None]
    by_name: dict[str, _Revision] = {}
    for one in revisions:
        if one.revision in by_name:
            raise WrongUse(
                f"revision {one.revision} is in two files, {by_name[one.revision].file.name} and {one.file.name}",
                where=printable(str(folder)),
            )
        by_name[one.revision] = one
    ordered = _in_order(by_name, folder)
    notes = _notes(ordered)
    known = {one.file for one in revisions}
    others = [file.name for file in files if file not in known and file.name != "__init__.py"]
    if others:
        notes.append(f"left out, no revision in it: {few(others)}")
    transaction = FORMAT.transaction
    return History(
        format=FORMAT.name,
        folder=folder,
        migrations=tuple(
            Migration(
                name=one.file.stem,
                version=one.revision,
                up=one.file,
                down=one.file if one.undoes else None,
                transaction=transaction,
                language=Language.PYTHON,
                undoes=one.undoes,
            )
            for one in ordered
        ),
        notes=tuple(notes),
        ledger_tables=FORMAT.ledger_tables,
        heads=_side_by_side(ordered, by_name),
    )


def _version_files(folder: Path) -> list[Path]:
    """Every Python file where Alembic looks for revisions, sorted by path."""
    ini = ini_of(folder)
    settings = (_settings(ini) or {}) if ini is not None else {}
    named = settings.get("version_locations", "")
    places = [folder / "versions"]
    if named and ini is not None:
        said = settings.get("version_path_separator", settings.get("path_separator", "space"))
        separator = {"os": ":", "newline": "\n", ";": ";", ":": ":"}.get(said)
        parts = named.replace(",", " ").split() if separator is None else named.split(separator)
        places = [ini.parent / part.strip() for part in parts if part.strip()]
    deep = settings.get("recursive_version_locations", "").lower() == "true"
    found: set[Path] = set()
    for place in places:
        if not place.is_dir():
            raise WrongUse("names a folder of revisions that is not there", where=f"{ini}: {printable(str(place))}")
        found.update(place.rglob("*.py") if deep else place.glob("*.py"))
    return sorted(found)


def _revision(file: Path) -> _Revision | None:
    """What a file says of itself; None where it is no revision. Raises WrongUse where it is not Python."""
    where = printable(str(file))
    try:
        tree = ast.parse(read_text(file), filename=str(file))
    except (SyntaxError, ValueError, RecursionError) as exc:
        line = getattr(exc, "lineno", None) or 1
        raise WrongUse(f"is not Python: {exc}", where=f"{where}:{line}") from exc
    values: dict[str, Any] = {}
    for node in tree.body:
        target, value = _assigned(node)
        if target in ("revision", "down_revision", "depends_on", "branch_labels") and value is not None:
            try:
                values[target] = ast.literal_eval(value)
            except ValueError as exc:
                raise WrongUse(
                    f"{target} is worked out, not written down: it cannot be read without running it",
                    where=f"{where}:{node.lineno}",
                ) from exc
    revision = values.get("revision")
    if not isinstance(revision, str):
        return None
    parents = _texts(values.get("down_revision"))
    downgrade = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "downgrade"), None)
    return _Revision(
        revision=revision,
        parents=parents,
        after=(*parents, *_texts(values.get("depends_on"))),
        labels=_texts(values.get("branch_labels")),
        undoes=downgrade is not None and _acts(downgrade.body),
        file=file,
    )


def _assigned(node: ast.stmt) -> tuple[str | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return None, None


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, (tuple, list, set)) else ()


def _acts(body: Iterable[ast.stmt]) -> bool:
    """Whether a function does anything but pass, explain itself, or refuse."""
    return not all(
        isinstance(node, (ast.Pass, ast.Raise)) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in body
    )


def _in_order(by_name: dict[str, _Revision], folder: Path) -> list[_Revision]:
    """Each after all that it names; where several may be next, the one whose file sorts first."""
    needs: dict[str, set[str]] = {}
    for one in by_name.values():
        found = {name: _resolved(name, by_name) for name in one.after}
        lost = next((name for name in one.parents if found[name] is None), None)
        if lost is not None:
            raise WrongUse(
                f"{one.revision} comes after {lost!r}, and no file has that revision",
                where=printable(str(one.file)),
                fix="a file of the history is missing, or lies in a folder that alembic.ini does not name",
            )
        needs[one.revision] = {name for name in found.values() if name is not None}
    waiting = sorted(by_name.values(), key=lambda one: one.file.name)
    ordered: list[_Revision] = []
    done: set[str] = set()
    while waiting:
        ready = next((one for one in waiting if needs[one.revision] <= done), None)
        if ready is None:
            names = few([one.revision for one in waiting])
            raise WrongUse(f"revisions wait for each other: {names}", where=printable(str(folder)))
        waiting.remove(ready)
        ordered.append(ready)
        done.add(ready.revision)
    return ordered


def _resolved(name: str, by_name: dict[str, _Revision]) -> str | None:
    """The revision that a name means: its own, its beginning, or the label of its branch; None where none does."""
    if name in by_name:
        return name
    known = (one.revision for one in by_name.values() if one.revision.startswith(name) or name in one.labels)
    return next(known, None)


def _notes(ordered: list[_Revision]) -> list[str]:
    if not ordered:
        return []
    heads = [one.revision for one in _heads(ordered)]
    if len(heads) > 1:
        return [f"{len(heads)} heads, all of them applied (`alembic upgrade head` stops there): {few(heads)}"]
    return []


def _heads(revisions: list[_Revision]) -> list[_Revision]:
    """Those that no other comes after, in their order. One that another only depends on is a head all the same."""
    followed = {parent for one in revisions for parent in one.parents}
    return [one for one in revisions if one.revision not in followed]


def _side_by_side(ordered: list[_Revision], by_name: dict[str, _Revision]) -> tuple[tuple[str, ...], ...]:
    """The files of heads that nothing tells apart; branches that have labels of their own are kept apart on purpose."""
    labels: dict[str, frozenset[str]] = {}
    for one in ordered:  # each after its parents
        above = (_resolved(parent, by_name) for parent in one.parents)
        labels[one.revision] = frozenset(one.labels).union(*(labels[name] for name in above if name is not None))
    found: dict[frozenset[str], list[str]] = {}
    for one in _heads(ordered):
        found.setdefault(labels[one.revision], []).append(one.file.stem)
    return tuple(tuple(names) for names in found.values() if len(names) > 1)


# What `alembic downgrade` says of a revision that was written without a DOWN.
_NO_WAY_BACK = '    raise NotImplementedError("this revision has no way back: write downgrade(), or a new revision")'


def _write(history: History, new: NewMigration) -> tuple[WrittenFile, ...]:
    """A revision after the head, each statement in `op.execute`. Raises WrongUse where there are several heads."""
    revisions = [found for migration in history.migrations if (found := _revision(migration.up)) is not None]
    heads = _heads(revisions)
    if len(heads) > 1:
        raise WrongUse(
            f"has several heads, and which one comes before the new revision is not plain: "
            f"{few([one.revision for one in heads])}",
            where=printable(str(history.folder)),
            fix="merge them first: alembic merge heads",
        )
    revision = hashlib.sha256(f"{new.name} {new.at.isoformat()}".encode()).hexdigest()[:12]
    folder = heads[0].file.parent if heads else history.folder / "versions"
    text = "\n".join(
        [
            f'"""{new.name}"""',
            "",
            "from alembic import op",
            "",
            f"revision = {revision!r}",
            f"down_revision = {heads[0].revision if heads else None!r}",
            "branch_labels = None",
            "depends_on = None",
            "",
            "",
            "def upgrade():",
            *_executed(new.up, alone=new.alone),
            "",
            "",
            "def downgrade():",
            *(_executed(new.down, alone=new.alone) if new.down is not None else [_NO_WAY_BACK]),
            "",
        ]
    )
    return (WrittenFile(path=folder / f"{revision}_{file_name(new.name)}.py", text=text),)


def _executed(sql: str, *, alone: bool) -> list[str]:
    """A function's body. A colon before a word would be a parameter to op.execute, so it is escaped."""
    from pgmason.statements import read_script

    indent = "        " if alone else "    "
    lines = ["    with op.get_context().autocommit_block():"] if alone else []
    for statement in read_script(sql).statements:
        text = re.sub(r"(?<![:\w\\])(\\*):(?=\w)", r"\1\\:", statement.text.strip())
        lines.append(f"{indent}op.execute({text!r})")
    return lines or ["    pass"]


FORMAT = Format(
    name="alembic",
    looks_like=_looks_like,
    read=_read,
    transaction=Transaction.FILE_IN_TRANSACTION,
    ledger_tables=("alembic_version",),
    write=_write,
    late=Late.GRAPH,
)
