"""pgmason check: findings over the schema."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgmason.cli.combined import combined
from pgmason.cli.options import (
    Progress,
    chosen_products,
    current_workspace,
    output_options,
    preface,
    product_options,
    write_outputs,
)
from pgmason.cli.options import outputs as places_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgmason.cli.options import Output
    from pgmason.errors import NextCommand
    from pgmason.findings import Judged
    from pgmason.gate.product_run import ProductRun
    from pgmason.renderings import RuleHelp

__all__ = ["command"]

FORMATS = ["text", "json", "sarif", "junit", "github", "markdown"]


@click.command(name="check", short_help="Rules over the schema; nothing in any database is changed.")
@click.option("--since", metavar="BRANCH", help="Only what the files bring that changed since this branch was left.")
@click.option(
    "--stats",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Production's figures, as pgmason stats capture writes them: severity by the real sizes.",
)
@click.option(
    "--fix",
    is_flag=True,
    help="Write the safe form of pending migrations, where it is proven to end in the same schema; shows it first.",
)
@click.option("--dry-run", is_flag=True, help="With --fix: show what would be written, and write nothing.")
@output_options(FORMATS)
@product_options
def command(
    since: str | None,
    stats: str | None,
    fix: bool,
    dry_run: bool,
    format: str,
    outputs: tuple[str, ...],
    product: str | None,
    config: str | None,
) -> int:
    """Findings over the schema that the product's migrations make, and over its pending migrations: what each of
    their statements does to a product that is running, seen on a scratch database. Exit 1 where a finding is new.

    Pending are the migrations that the baseline does not know; with --since those that changed. Findings that the
    baseline knows, that pgmason.toml waives, or that a comment above the statement allows, are counted and do not fail.
    With --stats a lock that nobody would feel at production's size is a note, and one that everybody would feel says
    how long it is held and how much is written.

    --fix writes the safe form of pending migrations into the product's own files, in its own format, and only where it
    was proven on clones: the same schema at the end, no finding left that the steps are for and no new one, each DOWN
    true. What is deployed (the baseline or the main branch has it) is never edited. What stays is told with why; exit
    1 where something does.

    \b
    Example:
      pgmason check --output github=- --output sarif=pgmason.sarif
      pgmason check --since main
      pgmason check --stats production.stats.json
      pgmason check --fix --dry-run
    """
    from pgmason.errors import NextCommand, WrongUse
    from pgmason.gate.product_run import ProductRun
    from pgmason.postgres.farewells import together
    from pgmason.statistics import read_statistics

    if dry_run and not fix:
        next = [NextCommand(command="pgmason check --fix --dry-run", why="shows it")]
        raise WrongUse("--dry-run shows what --fix would write", next=next)
    places = places_of(format, outputs, ["text", "json"] if fix else FORMATS)
    statistics = read_statistics(Path(stats)) if stats else None
    today = datetime.now(UTC).astimezone().date()
    products = chosen_products(config, product)
    only = None
    if since is not None:
        from pgmason.products.touched import changed_files, touched_products

        workspace = current_workspace(config)
        only = frozenset(changed_files(workspace.root, since))
        touched = touched_products(workspace.products, only)
        # with none touched all are told, without a finding: a report of the form that was asked for
        products = tuple(one for one in products if one.name in touched) or products
    runs = [
        ProductRun(
            product=one,
            today=today,
            what="check",
            progress=Progress("check"),
            only=only,
            statistics=statistics,
        )
        for one in products
    ]
    if fix:
        from pgmason.cli.mending import fix_products

        return fix_products(runs, places, branch=since, dry_run=dry_run)
    with together():
        return _tell(runs, only, places)


def _tell(runs: Sequence[ProductRun], only: frozenset[str] | None, places: Sequence[Output]) -> int:
    from pgmason import __version__
    from pgmason.renderings import render

    judged = {run.product.name: _brought(run.judged(), only) for run in runs}
    preface([run.reading() for run in runs])

    def report(wanted: str) -> str:
        return combined(
            wanted,
            {
                run.product.name: render(
                    judged[run.product.name],
                    format=wanted,
                    title=f"{run.product.name}: {run.reading().origin}",
                    help=_help(wanted),
                    next=_next(judged[run.product.name]),
                    version=__version__,
                )
                for run in runs
            },
        )

    write_outputs(places, report)
    return 1 if any(one.fails for findings in judged.values() for one in findings) else 0


def _help(wanted: str) -> Mapping[str, RuleHelp]:
    """What each rule says of itself, for the forms that list those without a finding, too."""
    if wanted not in ("sarif", "junit"):
        return {}
    from pgmason.rules import all_rules
    from pgmason.rules.explaining import help_of

    return {rule.name: help_of(rule) for rule in all_rules()}


def _brought(judged: tuple[Judged, ...], only: frozenset[str] | None) -> tuple[Judged, ...]:
    """The findings that stand in these files; all where none are named."""
    if only is None:
        return judged
    return tuple(one for one in judged if one.finding.place is not None and one.finding.place.file in only)


def _next(judged: tuple[Judged, ...]) -> list[NextCommand]:
    """What to type after the findings; [] for what follows from them by itself."""
    from pgmason.errors import NextCommand

    if any(one.fails and one.finding.replaces for one in judged):
        return [
            NextCommand(
                command="pgmason check --fix --dry-run", why="shows the safe form of what can be written safely"
            ),
            *([NextCommand(command=f"pgmason explain {judged[0].finding.rule}", why="why it matters, and an example")]),
        ]
    if any(one.fails for one in judged):
        return []
    return [NextCommand(command="pgmason gate", why="judges every criterion of the brief")]
