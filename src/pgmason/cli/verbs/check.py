"""pgmason check: findings over the schema."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from pgmason.cli.combined import combined
from pgmason.cli.options import Progress, chosen_products, output_options, preface, product_options, write_outputs
from pgmason.cli.options import outputs as places_of

__all__ = ["command"]

FORMATS = ["text", "json", "sarif", "junit", "github", "markdown"]


@click.command(name="check", short_help="Rules over the schema; nothing in any database is changed.")
@output_options(FORMATS)
@product_options
def command(format: str, outputs: tuple[str, ...], product: str | None, config: str | None) -> int:
    """Findings over the schema that the product's migrations make. Exit 1 where a finding is new.

    Findings that the baseline knows, or that pgmason.toml waives, are counted and do not fail.

    \b
    Example:
      pgmason check --output github=- --output sarif=pgmason.sarif
    """
    from pgmason import __version__
    from pgmason.errors import NextCommand
    from pgmason.gate.product_run import ProductRun
    from pgmason.renderings import render
    from pgmason.rules import all_rules
    from pgmason.rules.explaining import help_of

    places = places_of(format, outputs, FORMATS)
    today = datetime.now(UTC).astimezone().date()
    runs = [
        ProductRun(product=one, today=today, what="check", progress=Progress("check"))
        for one in chosen_products(config, product)
    ]
    judged = {run.product.name: run.judged() for run in runs}
    preface([run.reading() for run in runs])
    help = {rule.name: help_of(rule) for rule in all_rules()}

    def report(wanted: str) -> str:
        return combined(
            wanted,
            {
                run.product.name: render(
                    judged[run.product.name],
                    format=wanted,
                    title=f"{run.product.name}: {run.reading().origin}",
                    help=help,
                    next=[]
                    if any(one.fails for one in judged[run.product.name])
                    else [NextCommand(command="pgmason gate", why="judges every criterion of the brief")],
                    version=__version__,
                )
                for run in runs
            },
        )

    write_outputs(places, report)
    return 1 if any(one.fails for findings in judged.values() for one in findings) else 0
