"""pgmason evidence: the ledger."""

from __future__ import annotations

import click

from pgmason.cli.options import chosen_products, product_options

__all__ = ["command"]


@click.group(name="evidence", short_help="What was proven on this machine, and when.")
def command() -> None:
    """The ledger of evidence, one file a criterion under .pgmason/PRODUCT/evidence.

    \b
    Example:
      pgmason evidence list
    """


@command.command(name="list")
@click.option("--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True)
@product_options
def list_(format: str, product: str | None, config: str | None) -> None:
    """Each criterion with its last verdict, when it was reached and on what."""
    import json
    from dataclasses import asdict

    from pgmason.evidence import Ledger
    from pgmason.names import printable

    kept = []
    for one in chosen_products(config, product):
        ledger = Ledger(folder=one.state / "evidence")
        for file in sorted(ledger.folder.glob("*.json")):
            recalled = ledger.recall(file.stem)
            if recalled is not None:
                kept.append((one.name, recalled[0], recalled[1]))
    if format == "json":
        entries = [{"product": name, "fingerprint": mark, "verdict": asdict(verdict)} for name, mark, verdict in kept]
        click.echo(json.dumps({"version": 1, "evidence": entries}, indent=2, ensure_ascii=False, default=str))
        return
    for name, _, verdict in kept:
        executed = verdict.evidence.executed if verdict.evidence else ()
        when = max((execution.at for execution in executed), default="never executed")
        click.echo(printable(f"{name}  {verdict.criterion:<26} {verdict.status:<14} {when}  {verdict.why}"))
    if not kept:
        click.echo("nothing was proven here yet; next: pgmason gate")
