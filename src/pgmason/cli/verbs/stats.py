"""pgmason stats: production's shape without its data."""

from __future__ import annotations

import click

from pgmason.cli.options import Output, write_outputs

__all__ = ["command"]


@click.group(name="stats", short_help="Production's shape without its data: rows, bytes and activity of each table.")
def command() -> None:
    """Production's shape without its data: rows, bytes and activity of each table.

    \b
    Example:
      pgmason stats capture --database env:DATABASE_URL --to production.stats.json
    """


@command.command()
@click.option(
    "--database",
    metavar="URL",
    default="env:DATABASE_URL",
    show_default=True,
    help="The database to look at; env:NAME takes the URL from a variable.",
)
@click.option("--to", "file", metavar="FILE", help="Write to a file, whole or not at all, instead of stdout.")
def capture(database: str, file: str | None) -> None:
    """Write down how large and how busy each table of a database is.

    Needs a user that may connect, and nothing more; reads no table, writes nothing. The file holds names of tables,
    indexes and sequences, counts and bytes: no value of any column. Commands take it as --stats FILE.

    \b
    Example:
      pgmason stats capture --database postgresql://reader@db.example.com/shop --to production.stats.json
    """
    from pathlib import Path

    from pgmason.sources.database import connect_read_only, database_url
    from pgmason.statistics.capture import capture_statistics
    from pgmason.statistics.document import statistics_to_json

    with connect_read_only(database_url(database)) as connection:
        statistics = capture_statistics(connection)
    text = statistics_to_json(statistics)
    write_outputs([Output(format="json", file=Path(file) if file else None)], lambda _: text)
    if file:
        tables = statistics.tables.values()
        rows = sum(figures.rows or 0 for figures in tables)
        size = sum(figures.data_bytes + figures.index_bytes for figures in tables)
        click.echo(f"{file}: {len(statistics.tables)} tables, {rows:,} rows, {size:,} bytes", err=True)
