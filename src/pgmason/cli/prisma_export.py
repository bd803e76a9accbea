"""`schema export --as prisma`: a new schema.prisma, or an existing one edited where it says something else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgmason.catalog.model import Catalog
    from pgmason.sources import Context

__all__ = ["edit_into", "new_schema"]


def new_schema(catalog: Catalog, context: Context) -> str:
    """The text of a new file, as the Prisma of the current folder's product would have it."""
    from pgmason.sources.prisma.version import version_of
    from pgmason.sources.prisma.writer import Style, write_schema
    from pgmason.sources.prisma.writer.features import features_of

    version = version_of(context.base, context.root)
    style = Style(join_keys=version.join_tables_have_keys, features=features_of(version))
    written = write_schema(catalog, style)
    _tell(map(str, written.beyond))
    return written.text


def edit_into(path: Path, catalog: Catalog, context: Context) -> None:
    """Change the files at a path where they say something else than the catalog, each whole or not at all."""
    from pgmason.cli.options import Output, write_outputs
    from pgmason.sources.prisma import read_prisma, schema_of
    from pgmason.sources.prisma.files import schema_files
    from pgmason.sources.prisma.version import version_of
    from pgmason.sources.prisma.writer import edit_schema
    from pgmason.sources.sql import shown

    schema = schema_of(path, context)
    before = read_prisma(path, context).catalog
    version = version_of(path if path.is_dir() else path.parent, context.root)
    edited = edit_schema(schema, version, before=before, after=catalog)
    for file in schema_files(path, shown=shown(path, context)):
        text = edited.files.get(shown(file, context))
        if text is not None:
            write_outputs([Output(format="prisma", file=file)], lambda _, text=text: text)  # type: ignore[misc]
            click.echo(f"edited {shown(file, context)}", err=True)
    if not edited.files:
        click.echo(f"{shown(path, context)} says it already; nothing was changed", err=True)
    _tell(map(str, edited.beyond))


def _tell(beyond: Iterable[str]) -> None:
    for line in beyond:
        click.echo(f"beyond schema.prisma: {line}", err=True)
