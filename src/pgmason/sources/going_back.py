"""Where does a product's own tool end when it goes back over one migration, and up it again?

For migrations that are programs, whose DOWN no file holds as SQL. The tool migrates an empty scratch database up to the
migration, as it does in production, and the schema is read before it, after it, after the way back, and after the UP
once more. drizzle has no way back, so there is nothing to run; what its users write themselves is SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgmason.catalog.model import Catalog
from pgmason.errors import StatementFailed
from pgmason.formats.migration import History, Migration
from pgmason.interpreters.children import ProgramFailed
from pgmason.interpreters.permission import require_code
from pgmason.interpreters.tools import Course
from pgmason.postgres.platforms import named_platform
from pgmason.sources.sql import shown
from pgmason.sources.tool import on_scratch, run_tool, schema_made, tool_of

if TYPE_CHECKING:
    from pgmason.postgres.scratch import Scratch
    from pgmason.sources import Context

__all__ = ["WayBack", "go_back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """The schemas on the way; where the tool failed there, what it said. `again` is None where it came to no such."""

    before: Catalog
    after: Catalog
    undone: Catalog | str
    again: Catalog | str | None


def go_back(history: History, steps: tuple[str, ...], migration: Migration, context: Context) -> WayBack:
    """The way up to a migration, back over it and up again. `steps` are the versions that the tool applies before it,
    in its own order, with those that it has from libraries. Raises as `recording_of` does where the way up fails."""
    from pgmason.postgres.server import lease_server

    require_code(f"its migrations ({history.format})", where=shown(history.folder, context))
    tool = tool_of(history, context)
    platform = named_platform(context.platform)
    up = Course(until=(*steps, migration.version))

    def way(scratch: Scratch) -> WayBack:
        def made(course: Course) -> Catalog:
            return schema_made(scratch, run_tool(tool, scratch, course), history, platform)

        def tried(course: Course) -> Catalog | str:
            try:
                return made(course)
            except (StatementFailed, ProgramFailed) as failure:
                return str(failure)

        before = made(Course(until=steps)) if steps else schema_made(scratch, None, history, platform)
        after = made(up)
        undone = tried(Course(over=migration.version))
        again = tried(up) if isinstance(undone, Catalog) else None
        return WayBack(before=before, after=after, undone=undone, again=again)

    with lease_server(context.major, what=context.what) as server:
        return on_scratch(server, history, platform, way)[0]
