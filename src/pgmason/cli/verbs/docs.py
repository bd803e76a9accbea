"""pgmason docs: DATA-MODEL.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from pgmason.cli.options import Progress, chosen_products, preface, product_options
from pgmason.names import printable

if TYPE_CHECKING:
    from pgmason.config import Product
    from pgmason.docs import DataModel, DocsCheck

__all__ = ["command"]


@click.command(name="docs", short_help="DATA-MODEL.md with its diagrams; --check tells whether it is current.")
@click.option("--check", "check_only", is_flag=True, help="Write nothing; exit 1 where the page is not current.")
@click.option(
    "--adopt", is_flag=True, help="Take over a page that pgmason did not write; its text is kept as a passage."
)
@click.option("--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True)
@product_options
def command(check_only: bool, adopt: bool, format: str, product: str | None, config: str | None) -> int:
    """Write docs/DATA-MODEL.md from the schema: diagrams, and a part for each table. What people wrote is kept.

    \b
    Example:
      pgmason docs --check
    """
    from pgmason.docs import read_data_model, render_data_model
    from pgmason.errors import WrongUse
    from pgmason.evidence import write_whole
    from pgmason.gate.product_run import ProductRun

    answers: list[dict[str, Any]] = []
    today = datetime.now(UTC).astimezone().date()
    code = 0
    for one in chosen_products(config, product):
        run = ProductRun(product=one, today=today, what="docs", progress=Progress("docs"))
        preface([run.reading()])
        if check_only:
            found = run.docs_check()
            code = max(code, 1 if found.fails else 0)
            answers.append(_checked(one, found))
        else:
            existing = read_data_model(one.docs_file, name=one.docs)
            page = render_data_model(run.model_input(), existing, adopt=adopt)
            if page.text != existing:
                try:
                    write_whole(one.docs_file, page.text)
                except OSError as exc:
                    raise WrongUse(f"cannot be written: {exc.strerror}", where=one.docs) from exc
            answers.append(_written(one, page, changed=page.text != existing))
    if format == "json":
        click.echo(json.dumps({"version": 1, "pages": answers}, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(line for answer in answers for line in _lines(answer)))
    return code


def _checked(product: Product, found: DocsCheck) -> dict[str, Any]:
    return {
        "product": product.name,
        "file": product.docs,
        "current": found.current,
        "differences": list(found.differences),
        "diff": list(found.diff),
        "descriptions_required": found.descriptions_required,
        "undescribed": {
            "tables": [identity.name for identity in found.undescribed_tables],
            "columns": [identity.name for identity in found.undescribed_columns],
        },
        "counts": asdict(found.counts),
    }


def _written(product: Product, page: DataModel, *, changed: bool) -> dict[str, Any]:
    return {
        "product": product.name,
        "file": product.docs,
        "written": changed,
        "undescribed": {
            "tables": [identity.name for identity in page.undescribed_tables],
            "columns": [identity.name for identity in page.undescribed_columns],
        },
        "orphaned_passages": [passage.key for passage in page.orphaned],
        "counts": asdict(page.counts),
    }


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    """A few lines on one page, for people."""
    counts = answer["counts"]
    if "current" in answer:
        yield f"{'CURRENT' if answer['current'] else 'NOT CURRENT'}  {answer['file']} ({answer['product']})"
        for difference in answer["differences"][:10]:
            yield f"  {printable(difference)}"
        if len(answer["differences"]) > 10:
            yield f"  and {len(answer['differences']) - 10} more"
    else:
        yield f"{'wrote' if answer['written'] else 'unchanged'}  {answer['file']} ({answer['product']})"
        for key in answer["orphaned_passages"]:
            yield f"  the passage of {printable(key)} has lost its table; it is kept at the end of the page"
    yield (
        f"  {counts['tables']} tables, {counts['foreign_keys']} foreign keys, {counts['views']} views; described:"
        f" {counts['described_tables']} of {counts['tables']} tables,"
        f" {counts['described_columns']} of {counts['columns']} columns"
    )
    if counts["unread"]:
        yield f"  {counts['unread']} objects are not read by this version; the page names them"
    if answer.get("descriptions_required") and any(answer["undescribed"].values()):
        missing = [*answer["undescribed"]["tables"], *answer["undescribed"]["columns"]]
        yield f"  descriptions are required and missing: {', '.join(map(printable, missing[:10]))}" + (
            f" and {len(missing) - 10} more" if len(missing) > 10 else ""
        )
    if not answer.get("current", True):
        yield "  next: pgmason docs"
