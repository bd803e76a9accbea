"""How is a product's own migration tool let loose on a scratch database?

On an empty one, as the confined role. Where a migration needs a role or an extension that nobody makes, it is made and
the whole is done again, which is said. What the schema is afterwards is the product's part of it: without the tool's
ledger, and without what the platform manages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pgmason.catalog.model import Catalog
from pgmason.errors import StatementFailed, Unsupported
from pgmason.formats.migration import History
from pgmason.interpreters.node import find_node
from pgmason.interpreters.python import Python, find_python
from pgmason.interpreters.tools import Course, ToolRun, run_alembic, run_django, run_node_pg_migrate
from pgmason.postgres.platforms import Platform, prepare_platform, settle_platform
from pgmason.sources.ledgers import without_ledgers

if TYPE_CHECKING:
    from pgmason.postgres.scratch import Scratch
    from pgmason.postgres.server import Server
    from pgmason.sources import Context

__all__ = ["Tool", "on_scratch", "run_tool", "schema_made", "tool_of"]

_MOST_BYTES = 8_000_000_000
_MOST_ATTEMPTS = 20
# The server's words for a role or an extension that is not there (lc_messages is C on our servers).
_NO_ROLE = re.compile(r'role "([^"]+)" does not exist')
_NO_EXTENSION = re.compile(r'extension "([^"]+)" is not available|/extension/([\w-]+)\.control"')

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that can be asked: `mark` changes when its interpreter does; `run` migrates the database of a URL."""

    name: str
    mark: str
    run: Callable[[str, Course, Callable[[], str | None]], ToolRun]


def tool_of(history: History, context: Context) -> Tool:
    """The tool of a history's format. Raises ProgramFailed where the product has not installed it, Unsupported."""
    if history.format == "alembic":
        return _alembic(history, context)
    if history.format == "django":
        return _django(history, context)
    if history.format == "node-pg-migrate":
        return _node_pg_migrate(history, context)
    raise Unsupported(f"{history.format} in {history.programs[0].language} is not run yet", where=str(history.folder))


def _alembic(history: History, context: Context) -> Tool:
    from pgmason.formats.alembic import ini_of

    ini = ini_of(history.folder)
    folder = ini.parent if ini is not None and not (history.folder / ini.name).is_file() else context.base
    python = _python(folder, context, ("alembic", "sqlalchemy"))
    return Tool(
        name="Alembic",
        mark=python.fingerprint,
        run=lambda url, course, watch: run_alembic(python, history.folder, ini, url=url, course=course, watch=watch),
    )


def _django(history: History, context: Context) -> Tool:
    python = _python(history.folder.absolute(), context, ("django",))
    return Tool(
        name="Django",
        mark=python.fingerprint,
        run=lambda url, course, watch: run_django(python, url=url, course=course, watch=watch),
    )


def _node_pg_migrate(history: History, context: Context) -> Tool:
    node = find_node(context.base, context.root, settings=dict(context.environment), needs="node-pg-migrate")
    files = {migration.name: migration.up for migration in history.migrations}
    return Tool(
        name="node-pg-migrate",
        mark=node.fingerprint,
        run=lambda url, course, watch: run_node_pg_migrate(
            node, history.folder, files, url=url, course=course, watch=watch
        ),
    )


def _python(folder: Path, context: Context, needs: Sequence[str]) -> Python:
    return find_python(folder, context.root, named=context.python, settings=dict(context.environment), needs=needs)


def run_tool(tool: Tool, scratch: Scratch, course: Course) -> ToolRun:
    """Let the tool go that way on a scratch database. Raises ProgramFailed, StatementFailed."""
    return tool.run(scratch.url, course, lambda: _too_large(scratch))


def on_scratch(
    server: Server, history: History, platform: Platform | None, act: Callable[[Scratch], Made]
) -> tuple[Made, tuple[str, ...]]:
    """What `act` makes of an empty scratch database, and what had to be made beforehand for its migrations.

    Raises what `act` raises, but a StatementFailed only where nothing can be put in for what is missing.
    """
    from pgmason.postgres.extensions import create_extensions, missing_name, provider_of
    from pgmason.postgres.scratch import offer_extensions, scratch_database, stand_in_roles

    beforehand: tuple[str, ...] = ()
    said: dict[str, None] = {}
    for _ in range(_MOST_ATTEMPTS):
        with scratch_database(server) as scratch:
            if platform is not None:
                prepare_platform(server, scratch.name, platform)
                settle_platform(server, scratch.name, platform)
            if beforehand:
                create_extensions(server, scratch.name, beforehand)
            try:
                return act(scratch), tuple(said)
            except StatementFailed as exc:
                role, extension = _NO_ROLE.search(exc.message), _NO_EXTENSION.search(exc.message)
                missing = missing_name(exc.sqlstate, exc.message)
                provider = provider_of(server, missing) if missing else None
                made = stand_in_roles(server, [role[1]]) if role else ()
                made += offer_extensions(server, [extension[1] or extension[2]]) if extension else ()
                if made:
                    said.update(dict.fromkeys(made))
                elif provider is not None and provider not in beforehand:
                    beforehand = (*beforehand, provider)
                    said[f"extension {provider}: created beforehand, because {exc.file} uses {missing}"] = None
                else:
                    raise
    raise StatementFailed(
        file=str(history.folder), line=1, statement="(all of it)",
        message=f"needed something else that is not there {_MOST_ATTEMPTS} times", sqlstate=None,
    )  # fmt: skip


def schema_made(scratch: Scratch, run: ToolRun | None, history: History, platform: Platform | None) -> Catalog:
    """The product's part of what is in the database now."""
    from pgmason.catalog.reading import read_catalog

    with scratch.observer() as observer:
        catalog = read_catalog(observer, unsaid=scratch.unsaid)
    ledgers = [f"*.{name}" for name in history.ledger_tables]
    if run is not None:
        ledgers += [".".join(run.reach.ledger)] if run.reach is not None else []
        ledgers += [run.ledger] if run.ledger is not None else []
    return without_ledgers(catalog, ledgers).without(platform.external if platform is not None else ())


def _too_large(scratch: Scratch) -> str | None:
    row = scratch.server.admin.execute("SELECT pg_catalog.pg_database_size(%s)", [scratch.name]).fetchone()
    return (
        f"filled the scratch database with more than {_MOST_BYTES // 10**9} GB"
        if row and row[0] > _MOST_BYTES
        else None
    )
