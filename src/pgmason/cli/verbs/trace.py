"""pgmason trace: what each statement of a file does, as a real server saw it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgmason.cli.options import Progress, current_workspace, output_options, product_options, write_outputs
from pgmason.cli.options import outputs as places_of

if TYPE_CHECKING:
    from pgmason.config import Product
    from pgmason.sources import Context

__all__ = ["command"]

FRAMES = {"whole": "WHOLE", "transaction": "TRANSACTION", "statements": "STATEMENTS"}


@click.command(name="trace", short_help="What each statement of a file does: locks, rewrites, scans, objects, rows.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--on", "source", metavar="SOURCE", help="The schema that the file meets; the product's own if not said.")
@click.option(
    "--frame",
    type=click.Choice(sorted(FRAMES)),
    help="How it is sent: whole, in a transaction, or statement by statement; as its runner does if not said.",
)
@click.option(
    "--rows",
    type=click.IntRange(0, 10_000_000),
    default=3,
    show_default=True,
    help="Rows to put into every table first, so that scans and failures show.",
)
@click.option(
    "--stats",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Production's figures, as pgmason stats capture writes them: how long each piece of work would take there.",
)
@output_options(["text", "json"])
@product_options
def command(
    file: str,
    source: str | None,
    frame: str | None,
    rows: int,
    stats: str | None,
    format: str,
    outputs: tuple[str, ...],
    product: str | None,
    config: str | None,
) -> int:
    """Run FILE on a scratch database that has the schema of SOURCE, and tell what each statement did there.

    A file that is a step of the history SOURCE meets the state before it. Nothing but the scratch database is
    touched. Work that takes longer on a large table is told with what it grows with, and with --stats with its time.
    Exit 1 where the file cannot be read, or a statement of it fails.

    \b
    Examples:
      pgmason trace prisma/migrations/20260301_add_total/migration.sql
      pgmason trace change.sql --on migrations:prisma/migrations --format json
      pgmason trace change.sql --stats production.stats.json
    """
    from pgmason.effects.before import before
    from pgmason.effects.estimates import as_data, estimate_lines
    from pgmason.effects.telling import as_json, as_text
    from pgmason.effects.tracing import trace_file
    from pgmason.samples import Wanted
    from pgmason.sources.units import Frame
    from pgmason.statistics import read_statistics

    statistics = read_statistics(Path(stats)) if stats else None
    places = places_of(format, outputs, ["text", "json"])
    source, context, named = _schema(source, product, config)
    what = before(Path(file), source, context, format=named)
    trace = trace_file(
        what,
        context,
        frame=Frame[FRAMES[frame]] if frame else None,
        wanted=Wanted(rows=rows) if rows else None,
    )
    write_outputs(
        places,
        lambda wanted: (
            json.dumps(
                as_json(trace, what.origin) | {"estimates": as_data(trace, statistics)}, indent=2, ensure_ascii=False
            )
            if wanted == "json"
            else as_text(trace, what.origin, more=estimate_lines(trace, statistics))
        ),
    )
    return 1 if trace.failed else 0


def _schema(source: str | None, name: str | None, config: str | None) -> tuple[str, Context, str | None]:
    """The source, what reading it needs, and the format of its migrations where the configuration names it."""
    from pgmason.config import find_workspace, read_workspace
    from pgmason.errors import WrongUse
    from pgmason.sources import Context

    if source is None:
        chosen: Product = current_workspace(config).product(name)
        own = f"migrations:{chosen.migrations}" if chosen.migrations is not None else chosen.schema
        if own is None:
            raise WrongUse(f"the product {chosen.name} names neither migrations nor a schema", fix="say --on SOURCE")
        context = Context(
            base=chosen.home, root=chosen.root, major=chosen.major, what="trace", progress=Progress("trace")
        )
        return own, context, chosen.format
    here = Path.cwd()
    workspace_file = Path(config) if config else find_workspace(here)
    workspace = read_workspace(workspace_file) if workspace_file else None
    majors = [one.major for one in workspace.products.values() if name in (None, one.name)] if workspace else []
    root = workspace.root if workspace else here
    major = majors[0] if majors else 15
    return source, Context(base=here, root=root, major=major, what="trace", progress=Progress("trace")), None
