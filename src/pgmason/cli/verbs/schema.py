"""pgmason schema: show, compare and export the schema of any source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pgmason.cli.options import (
    Output,
    Progress,
    current_workspace,
    output_options,
    preface,
    product_options,
    write_outputs,
)

if TYPE_CHECKING:
    from pgmason.catalog.model import Catalog
    from pgmason.sources import Context, Reading

__all__ = ["command"]

SOURCES = """A SOURCE is one of:

\b
      migrations:DIR            a folder of migrations, its format found by looking
      prisma:PATH               a schema.prisma, a folder of several, or a project's folder
      sql:GLOB                  SQL files, in the order of their names
      database:URL              a live database, only read; database:env:NAME takes the URL from a variable
      catalog:FILE.json         what `schema export --as json` wrote
      empty                     a database as it was just made
    A bare path is understood too. Without a SOURCE the product's own schema is meant."""


@click.group(name="schema", short_help="Show, compare and export the schema of any source.")
def command() -> None:
    """Show, compare and export the schema of any source.

    \b
    Example:
      pgmason schema diff migrations:prisma/migrations database:env:DATABASE_URL
    """


@command.command(
    help=f"The schema of a SOURCE, or the product's own.\n\n    {SOURCES}"
    "\n\n\b\n    Example:\n      pgmason schema show --only 'public.order*'"
)
@click.argument("source", required=False)
@click.option("--only", default="*", metavar="PATTERN", help="Shell pattern over the names of tables, views and types.")
@click.option("--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True)
@product_options
def show(source: str | None, only: str, format: str, product: str | None, config: str | None) -> None:
    from pgmason.catalog.canonical import catalog_to_json
    from pgmason.catalog.outline import outline

    reading = _read(source, product, config)
    if format == "json":
        click.echo(catalog_to_json(reading.catalog), nl=False)
        return
    preface([reading])
    click.echo(outline(reading.catalog, only=only), nl=False)


@command.command(
    help="What takes CURRENT to DESIRED, object by object. Exit 1 where they differ, 0 where PostgreSQL sees none."
    "\n\n    With one SOURCE, it is CURRENT, and the product's own schema is DESIRED."
    f"\n\n    {SOURCES}"
    "\n\n\b\n    Example:\n      pgmason schema diff database:env:DATABASE_URL migrations:prisma/migrations"
)
@click.argument("current")
@click.argument("desired", required=False)
@output_options(["text", "json"])
@product_options
def diff(
    current: str,
    desired: str | None,
    format: str,
    outputs: tuple[str, ...],
    product: str | None,
    config: str | None,
) -> int:
    from pgmason.cli.options import outputs as places_of
    from pgmason.plan import diff as differ
    from pgmason.plan.telling import as_json, as_text

    places = places_of(format, outputs, ["text", "json"])
    one, other = _read(current, product, config), _read(desired, product, config)
    comparison = differ.compare(one.catalog, other.catalog, reaches=(one.reach, other.reach))
    if format == "text":
        preface([one, other])
    write_outputs(
        places,
        lambda wanted: (
            json.dumps(as_json(comparison), indent=2, ensure_ascii=False) if wanted == "json" else as_text(comparison)
        ),
    )
    return 1 if comparison.changes else 0


@command.command(
    help=f"Write a schema down in a language.\n\n    {SOURCES}"
    "\n\n\b\n    Example:\n      pgmason schema export --as sql --to schema.sql"
    "\n      pgmason schema export database:env:DATABASE_URL --as prisma --into prisma/schema.prisma"
)
@click.argument("source", required=False)
@click.option(
    "--as",
    "language",
    type=click.Choice(["sql", "prisma", "sqlalchemy", "json", "dbml"]),
    required=True,
    help="sql: makes the schema anew in an empty database. prisma: a schema.prisma; what it cannot say stands in its"
    " comments and on stderr. sqlalchemy: models, for SQLAlchemy 2.0, that do the same as sql. json: what"
    " catalog:FILE.json reads. dbml: for drawing.",
)
@click.option("--to", "file", metavar="FILE", help="Write to a file, whole or not at all, instead of stdout.")
@click.option(
    "--into",
    metavar="PATH",
    help="With --as prisma: edit this schema.prisma, or folder of several, only where it says something else.",
)
@product_options
def export(
    source: str | None,
    language: str,
    file: str | None,
    into: str | None,
    product: str | None,
    config: str | None,
) -> None:
    from pathlib import Path

    from pgmason.errors import WrongUse

    if into is not None and (language != "prisma" or file is not None):
        raise WrongUse("--into edits a schema.prisma: it goes with --as prisma, and without --to")
    reading = _read(source, product, config)
    if into is not None:
        from pgmason.cli.prisma_export import edit_into

        edit_into(Path(into).absolute(), reading.catalog, _context(product, config))
        return
    if language == "prisma":
        from pgmason.cli.prisma_export import new_schema

        text = new_schema(reading.catalog, _context(product, config))
    else:
        text = _written(reading.catalog, language)
    write_outputs([Output(format=language, file=Path(file) if file else None)], lambda _: text)
    if language != "prisma":  # which tells what it leaves out itself
        for line in _unread(reading):
            click.echo(line, err=True)


def _written(catalog: Catalog, language: str) -> str:
    """The catalog in that language; only what it needs is imported."""
    if language == "sql":
        from pgmason.catalog.script import script_of

        return script_of(catalog)
    if language == "sqlalchemy":
        from pgmason.catalog.sqlalchemy_models import models_of_catalog

        return models_of_catalog(catalog)
    if language == "dbml":
        from pgmason.catalog.dbml import dbml_of

        return dbml_of(catalog)
    from pgmason.catalog.canonical import catalog_to_json

    return catalog_to_json(catalog)


def _read(source: str | None, product: str | None, config: str | None) -> Reading:
    """The named source, with paths from here; or the product's own schema."""
    from pgmason.sources import read_source
    from pgmason.sources.product import read_product

    if source is None:
        chosen = current_workspace(config).product(product)
        return read_product(chosen, what="schema", progress=Progress("schema"))
    return read_source(source, _context(product, config))


def _context(product: str | None, config: str | None) -> Context:
    """Paths from here, places from the workspace's root, the product's major."""
    from pathlib import Path

    from pgmason.config import find_workspace, read_workspace
    from pgmason.sources import Context

    here = Path.cwd()
    file = Path(config) if config else find_workspace(here)
    workspace = read_workspace(file) if file else None
    meant = [one for one in workspace.products.values() if product in (None, one.name)] if workspace else []
    return Context(
        base=here,
        root=workspace.root if workspace else here,
        major=meant[0].major if meant else 15,
        what="schema",
        progress=Progress("schema"),
        python=str(meant[0].home / meant[0].python) if meant and meant[0].python else None,
        environment=meant[0].environment if meant else {},
    )


def _unread(reading: Reading) -> tuple[str, ...]:
    from pgmason.catalog.outline import unread_lines

    return tuple(unread_lines(reading.catalog.unread))
