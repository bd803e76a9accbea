"""What do a product's migration tools send, migration by migration, when they migrate a scratch database?

The tool that the product installed runs as it always does; a driver of ours notes what reaches the server on the way.
Where a migration fails, it is told as a failed statement of that file; where the tool could not even begin, as a
program that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgmason.errors import StatementFailed
from pgmason.interpreters.children import Answer, ProgramFailed
from pgmason.interpreters.node import Node, imported_beside
from pgmason.interpreters.python import Python

__all__ = [
    "ALL",
    "AlembicReach",
    "Course",
    "Sent",
    "Step",
    "ToolRun",
    "run_alembic",
    "run_django",
    "run_node_pg_migrate",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How far a tool is to go: up to the last migration; where `until` is said, these versions on an empty database, in
    order; where `over` is said, back over that one, which is the last that was applied."""

    until: tuple[str, ...] | None = None
    over: str | None = None

    def words(self) -> dict[str, Any]:
        """For a driver's job."""
        return {"until": list(self.until) if self.until is not None else None, "over": self.over}


ALL = Course()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One statement as it reached the server.

    `alone` says that it committed by itself; where `whole` is False the driver's parameters are missing in the text.
    """

    sql: str
    alone: bool
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration: its version in the tool's ledger, and what it sent, in order."""

    version: str
    sent: tuple[Sent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlembicReach:
    """What the product's autogenerate looks at, as its env.py configures it.

    `excluded` are (schema, table) of tables in the migrated database that include_object or include_name leave out;
    `models` those that its metadata knows, None where it has none. Without `all_schemas` only the default schema is
    looked at. `unjudged` says where a filter failed.
    """

    all_schemas: bool
    excluded: tuple[tuple[str, str], ...]
    models: tuple[tuple[str, str], ...] | None
    ledger: tuple[str, str]
    compares_types: bool
    compares_defaults: bool
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """A run of the product's tool: its steps in the order in which it ran them, and the files that it imported.

    `ledger` is SCHEMA.TABLE of its ledger, where the run told it.
    """

    steps: tuple[Step, ...]
    imported: tuple[Path, ...]
    reach: AlembicReach | None = None
    ledger: str | None = None


def run_alembic(
    python: Python,
    folder: Path,
    ini: Path | None,
    *,
    url: str,
    course: Course = ALL,
    watch: Callable[[], str | None] = lambda: None,
) -> ToolRun:
    """`alembic upgrade` or `downgrade` on the scratch database. Raises ProgramFailed, StatementFailed."""
    job = {
        "ini": str(ini) if ini is not None and ini.name.endswith(".ini") else None,
        "script_location": str(folder.absolute()),
        **course.words(),
    }
    answer = python.ask("alembic_run.py", job, what="Alembic", url=url, watch=watch)
    value = _succeeded(answer, python, "Alembic's env.py")
    found = value["reach"]
    return ToolRun(
        steps=_steps(value["revisions"]),
        imported=tuple(Path(file) for file in value["imported"]),
        reach=AlembicReach(
            all_schemas=found["include_schemas"],
            excluded=tuple((schema, name) for schema, name in found["excluded"]),
            models=None
            if found["metadata_tables"] is None
            else tuple((schema, name) for schema, name in found["metadata_tables"]),
            ledger=(found["version_table"][0], found["version_table"][1]),
            compares_types=found["compares_types"],
            compares_defaults=found["compares_defaults"],
            unjudged=tuple(found["unjudged"]),
        )
        if found is not None
        else None,
    )


def run_django(
    python: Python, *, url: str, course: Course = ALL, watch: Callable[[], str | None] = lambda: None
) -> ToolRun:
    """`manage.py migrate` on the scratch database. Raises ProgramFailed, StatementFailed."""
    answer = python.ask("django_run.py", course.words(), what="Django", url=url, watch=watch)
    value = _succeeded(answer, python, "Django's settings")
    return ToolRun(steps=_steps(value["revisions"]), imported=tuple(Path(file) for file in value["imported"]))


def run_node_pg_migrate(
    node: Node,
    folder: Path,
    files: Mapping[str, Path],
    *,
    url: str,
    course: Course = ALL,
    watch: Callable[[], str | None] = lambda: None,
) -> ToolRun:
    """`node-pg-migrate up` or `down` on the scratch database; `files` are the migrations by name. Raises as they do."""
    job = {
        "folder": str(folder.absolute()),
        **course.words(),
        "files": {name: str(file.absolute()) for name, file in files.items()},
    }
    answer = node.ask("node_pg_migrate_run.mjs", job, what="node-pg-migrate", url=url, watch=watch)
    value = _succeeded(answer, node, "node-pg-migrate")
    return ToolRun(
        steps=_steps(value["revisions"]), imported=tuple(imported_beside(files.values())), ledger=value["ledger"]
    )


def _steps(found: list[Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(
        Step(
            version=step["revision"],
            sent=tuple(Sent(sql=one["sql"], alone=one["alone"], whole=one["told"]) for one in step["statements"]),
        )
        for step in found
    )


def _succeeded(answer: Answer, python: Python | Node, what: str) -> dict[str, Any]:
    """The answer's value, where it is no failure. Raises ProgramFailed, StatementFailed."""
    failure = answer.value.get("error")
    if failure is None:
        return answer.value
    message = failure["primary"] or failure["message"].partition("\n[SQL:")[0]
    place = _shown(failure["file"], python.folder)
    if failure["phase"] == "migration" and (failure["sqlstate"] or place):
        raise StatementFailed(
            file=place or str(answer.value.get("revision")),
            line=failure["line"] or 1,
            statement=failure["statement"] or failure["code"] or "(the program)",
            message=message if failure["sqlstate"] else f"{failure['type']}: {message}",
            sqlstate=failure["sqlstate"],
        )
    raise ProgramFailed(
        f"{what} failed: {failure['type']}: {message}",
        where=f"{place}:{failure['line']}" if place else str(python.folder),
        fix=python.mending(failure),
    )


def _shown(file: str | None, folder: Path) -> str | None:
    """A file as the user would type it from the product's folder."""
    if file is None:
        return None
    path = Path(file)
    return path.relative_to(folder.absolute()).as_posix() if path.is_relative_to(folder.absolute()) else file
