"""SQLAlchemy models: `sqlalchemy:shop.models:Base`, MODULE:ATTRIBUTE as Python imports them from the product's folder.

The product's own interpreter imports the models and compiles their DDL (`interpreters/models.py`); it is applied to a
scratch database like any SQL. What was compiled is kept as long as no file that was imported, no file beside one, the
interpreter, its libraries and the lock files have not changed. Metadata that was imported by half is told: files that
define tables and were not imported, and tables that the migrations know and the models do not. None is ever dropped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgmason.catalog.model import Catalog
from pgmason.code import code_mark
from pgmason.errors import UnknownSource
from pgmason.evidence import write_whole
from pgmason.interpreters.models import Models, definers, read_models
from pgmason.interpreters.permission import require_code
from pgmason.interpreters.python import Python, find_python
from pgmason.postgres.home import home
from pgmason.sources import Context, Reading, SourceKind
from pgmason.sources.replay import replay
from pgmason.sources.sql import shown
from pgmason.sources.units import Frame, Unit

__all__ = ["SAYS", "SOURCE", "ModelsReach", "units_of_models", "unknown_to_models"]

# The kinds of object that MetaData has words for. Views, routines, triggers, policies and the rest it sends only where
# a product's own listeners do, so their absence says nothing.
SAYS = frozenset(
    ("table", "column", "primary key", "unique", "check", "foreign key", "exclusion constraint", "index", "enum",
     "domain", "sequence")
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsReach:
    """What models speak for: kinds of object, and of tables those that they name.

    A difference is theirs to decide only for `kinds`, and a table that is in no `tables` may be somebody else's.
    """

    kinds: frozenset[str]
    tables: frozenset[tuple[str, str]]


def units_of_models(rest: str, context: Context) -> tuple[list[Unit], Models]:
    """The models as one unit to apply, and what they say. Raises UnknownSource, CodeRefused, ProgramFailed."""
    module, colon, attribute = rest.partition(":")
    if not colon or not module or not attribute:
        raise UnknownSource(
            "names MODULE:ATTRIBUTE", where=f"sqlalchemy:{rest}", fix="for example sqlalchemy:shop.models:Base"
        )
    require_code("its models", where=f"sqlalchemy:{rest}")
    python = find_python(
        context.base,
        context.root,
        named=context.python,
        settings=dict(context.environment),
        needs=("sqlalchemy",),
    )
    models = _models(python, module, attribute, context)
    file = _file_of(module, models, context)
    text = "".join(f"{statement}\n;\n" for statement in models.statements)
    return [Unit(name=rest, file=file, text=text, frame=Frame.TRANSACTION)], models


def unknown_to_models(models: Catalog, migrated: Catalog, *, apart_from: Iterable[tuple[str, str]] = ()) -> list[str]:
    """Tables that the migrations make and the models do not know, by name, sorted; partitions left out.

    `apart_from` are (schema, table) that the product says are not its models' (include_object, the ledger).
    """
    known = {identity.path for identity, _ in models.tables} | set(apart_from)
    return [
        identity.name
        for identity, state in migrated.tables
        if state.partition_of is None and (identity.path[0], identity.path[1]) not in known
    ]


def _read(rest: str, context: Context) -> Reading:
    units, models = units_of_models(rest, context)
    result = replay(units, context)
    return Reading(  # without places: the lines of the DDL are not the models' own
        catalog=result.catalog,
        origin=f"sqlalchemy {rest} ({len(models.tables)} tables, SQLAlchemy {models.version})",
        server=result.server,
        substitute=result.substitute,
        notes=(*_notes(rest, models, context), *result.notes),
        applied=result.applied,
        reused=result.reused,
    )


def _notes(rest: str, models: Models, context: Context) -> list[str]:
    notes = [f"passed over, the models of another database (bind {key})" for key in models.skipped]
    folder = _package(rest.partition(":")[0], models)
    left = definers(folder, apart_from=models.imported) if folder is not None else []
    if left:
        names = ", ".join(shown(file, context) for file in left[:5])
        more = f" and {len(left) - 5} more" if len(left) > 5 else ""
        notes.append(f"define tables and are not imported by {rest}, so their tables are missing here: {names}{more}")
    return notes


def _package(module: str, models: Models) -> Path | None:
    """The folder of the package that holds the module; None for a module on its own."""
    parts = module.split(".")
    for file in models.imported:
        for name in ("/".join(parts) + ".py", "/".join(parts) + "/__init__.py"):
            if file.as_posix().endswith("/" + name) and (len(parts) > 1 or file.name == "__init__.py"):
                return Path(file.as_posix().removesuffix(name)) / parts[0]
    return None


def _file_of(module: str, models: Models, context: Context) -> str:
    ending = "/".join(module.split("."))
    ends = (f"/{ending}.py", f"/{ending}/__init__.py")
    return next((shown(file, context) for file in models.imported if file.as_posix().endswith(ends)), module)


def _models(python: Python, module: str, attribute: str, context: Context) -> Models:
    """What the models say, asked anew where anything that went into it has changed."""
    question = "\0".join((code_mark(), python.fingerprint, str(python.folder), module, attribute, str(context.major)))
    kept = home() / "models" / f"{hashlib.sha256(question.encode()).hexdigest()[:40]}.json"
    recalled = _recall(kept)
    if recalled is not None:
        return recalled
    models = read_models(python, module, attribute, major=context.major)
    document = {
        "inputs": _inputs(models.imported),
        "statements": models.statements,
        "tables": models.tables,
        "imported": [str(file) for file in models.imported],
        "skipped": models.skipped,
        "version": models.version,
    }
    with suppress(OSError):  # a cache that cannot be written costs time only
        write_whole(kept, json.dumps(document))
    return models


def _recall(kept: Path) -> Models | None:
    try:
        found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        imported = tuple(Path(file) for file in found["imported"])
        if found["inputs"] != _inputs(imported):
            return None
        return Models(
            statements=tuple(found["statements"]),
            tables=tuple((schema, name) for schema, name in found["tables"]),
            imported=imported,
            skipped=tuple(found["skipped"]),
            version=found["version"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _inputs(imported: Sequence[Path]) -> dict[str, str]:
    """What went into an import: each file's digest, and which Python files lie beside it (packages are walked)."""
    files = {str(file): _content(file) for file in imported}
    folders = {file.parent for file in imported}
    return {**files, **{str(folder): _listing(folder) for folder in sorted(folders)}}


def _content(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as exc:
        return f"none: {exc.strerror}"


def _listing(folder: Path) -> str:
    try:
        return " ".join(sorted(file.name for file in folder.iterdir() if file.suffix == ".py" or file.is_dir()))
    except OSError as exc:
        return f"none: {exc.strerror}"


SOURCE = SourceKind(prefix="sqlalchemy", example="sqlalchemy:shop.models:Base", read=_read)
