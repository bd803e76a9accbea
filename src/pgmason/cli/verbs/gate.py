"""pgmason gate: every criterion of the brief, with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from pgmason.cli.options import (
    Progress,
    chosen_products,
    current_workspace,
    output_options,
    product_options,
    write_outputs,
)
from pgmason.cli.options import outputs as places_of

if TYPE_CHECKING:
    from pgmason.gate.run import GateResult

__all__ = ["command"]

FORMATS = ["text", "json", "sarif", "junit", "github", "markdown", "comment"]


@click.command(name="gate", short_help="Every criterion of the brief, with its evidence.")
@click.option("--all", "everything", is_flag=True, help="Every criterion with its five steps, not the first screen.")
@click.option(
    "--at",
    type=click.Choice(["desk", "pull-request", "nightly", "monthly"]),
    help="Judge what is proven there or sooner; the rest keeps its last verdict.",
)
@click.option("--since", metavar="BRANCH", help="Only the products that are touched since this branch was left.")
@output_options(FORMATS)
@product_options
def command(
    everything: bool,
    at: str | None,
    since: str | None,
    format: str,
    outputs: tuple[str, ...],
    product: str | None,
    config: str | None,
) -> int:
    """The verdict: PROVEN, NOT PROVEN, WAIVED or NOT APPLICABLE for each line of the brief, and why.

    Exit 1 where a required criterion is refuted, or could have been proven in this run and was not. What this
    version cannot look at is counted, never called green. Unchanged inputs are not proven twice. In a repository of
    several products each has its verdict, and all of them have one.

    \b
    Example:
      pgmason gate --output markdown=gate.md --output sarif=gate.sarif
      pgmason gate --since main --output comment=gate.md
    """
    from pgmason.config import Where
    from pgmason.evidence import Ledger
    from pgmason.gate.comment import pull_request_comment
    from pgmason.gate.criteria import all_criteria
    from pgmason.gate.full import full_text, markdown
    from pgmason.gate.product_run import ProductRun
    from pgmason.gate.reports import as_github, as_json, as_junit, as_sarif
    from pgmason.gate.run import exit_code_of, run_gate
    from pgmason.gate.screen import first_screen

    places = places_of(format, outputs, FORMATS)
    products = chosen_products(config, product)
    workspace = current_workspace(config)
    several = len(workspace.products) > 1
    untouched: tuple[str, ...] = ()
    if since is not None:
        from pgmason.products.touched import changed_files, touched_products

        touched = touched_products(workspace.products, changed_files(workspace.root, since))
        untouched = tuple(one.name for one in products if one.name not in touched)
        products = tuple(one for one in products if one.name in touched)
    today = datetime.now(UTC).astimezone().date()
    results = [
        run_gate(
            ProductRun(product=one, today=today, what="gate", progress=Progress("gate")),
            Ledger(folder=one.state / "evidence"),
            all_criteria(),
            at=Where(at) if at else None,
            several=several,
        )
        for one in products
    ]
    renderers: dict[str, Callable[[Sequence[GateResult]], str]] = {
        "text": full_text if everything else first_screen,
        "json": lambda results: as_json(results, untouched=untouched),
        "sarif": as_sarif,
        "junit": as_junit,
        "github": as_github,
        "markdown": markdown,
        "comment": lambda results: pull_request_comment(results, untouched=untouched),
    }
    if untouched:
        click.echo(f"not judged, untouched since {since}: {', '.join(untouched)}", err=True)
    write_outputs(places, lambda wanted: renderers[wanted](results))
    return exit_code_of(results)
