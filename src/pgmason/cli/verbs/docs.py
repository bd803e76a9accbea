"""pgmason docs: DATA-MODEL.md."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from pgmason.cli.options import Progress, chosen_products, product_options

__all__ = ["command"]


@click.command(name="docs", short_help="DATA-MODEL.md with its diagrams; --check tells whether it is current.")
@click.option("--check", "check_only", is_flag=True, help="Write nothing; exit 1 where the page is not current.")
@click.option("--adopt", is_flag=True, help="Take over a page that pgmason did not write; its text is kept as a passage.")
@click.option("--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True)
@product_options
def command(check_only: bool, adopt: bool, format: str, product: str | None, config: str | None) -> int:
    """Write docs/DATA-MODEL.md from the schema: diagrams, and a part for each table. What people wrote is kept.

    \b
    Example:
      pgmason docs --check
    """
    import json

    from pgmason.docs import read_data_model, render_data_model
    from pgmason.evidence import write_whole
    from pgmason.gate.product_run import ProductRun

    answers = []
    code = 0
    for one in chosen_products(config, product):
        run = ProductRun(product=one, today=datetime.now(UTC).astimezone().date(), what="docs", progress=Progress("docs"))
        if check_only:
            found = run.docs_check()
            code = max(code, 0 if found.current else 1)
            answers.append((one, found))
        else:
            existing = read_data_model(one.docs_file)
            page = render_data_model(run.model_input(), existing, adopt=adopt)
            if page.text != existing:
                write_whole(one.docs_file, page.text)
            answers.append((one, page))
    return code
