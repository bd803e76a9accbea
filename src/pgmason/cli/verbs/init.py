"""pgmason init: find the products, write pgmason.toml and the baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pgmason.cli.options import Progress, code_option
from pgmason.names import printable

if TYPE_CHECKING:
    from pgmason.config import Product
    from pgmason.gate.adoption import AdoptedProduct, Adoption, Told
    from pgmason.instructions.written import Written
    from pgmason.products.suites import Suite

__all__ = ["command"]


@click.command(name="init", short_help="Find the products here; write pgmason.toml and the baseline.")
@click.option("--schema", metavar="SOURCE", help="The schema, where it cannot be found: sql:GLOB or database:env:NAME.")
@click.option("--no-baseline", is_flag=True, help="Accept nothing as old debt.")
@click.option("--rebaseline", is_flag=True, help="Write the baseline anew, from what is found today.")
@click.option("--bare", is_flag=True, help="Write pgmason.toml and the baseline alone: no protocols, AGENTS.md or CI.")
@click.option("--test-setup", is_flag=True, help="Also write a global set-up for the suites on Jest and Vitest.")
@click.option("--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True)
@code_option
def command(schema: str | None, no_baseline: bool, rebaseline: bool, bare: bool, test_setup: bool, format: str) -> int:
    """Find the products of this repository, say why each is one, and write pgmason.toml.

    What is wrong today goes into a baseline, so that the gate fails on what is new. With it come the protocols, a block
    for agents in AGENTS.md or CLAUDE.md, and a workflow that comments pull requests. A file that is there is never
    changed, but for that block; running init again changes nothing.

    \b
    Example:
      pgmason init
    """
    from dataclasses import replace

    from pgmason.gate.adoption import adopt

    adoption = adopt(
        Path.cwd(),
        today=datetime.now(UTC).astimezone().date(),
        baseline=not no_baseline,
        rebaseline=rebaseline,
        schema=schema,
        progress=Progress,
    )
    adoption = replace(adoption, told=_told(adoption, bare=bare, test_setup=test_setup))
    if format == "json":
        import json

        click.echo(json.dumps(_as_json(adoption), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(printable(line) for line in _lines(adoption)))
    failed = [one for one in adoption.products if one.failure is not None]
    for one in failed:
        click.echo(f"error: {one.product.name}: {printable(str(one.failure).replace(chr(10), ' '))}", err=True)
        if one.failure and one.failure.fix:
            click.echo(f"  {printable(one.failure.fix)}", err=True)
        for step in one.failure.next if one.failure else ():
            click.echo(f"  next: {printable(step.command)}    {step.why}", err=True)
    if any(one.baseline is None for one in failed):
        click.echo("  next: pgmason init    again, when that is mended; it writes the baseline", err=True)
    elif failed:
        click.echo("  next: pgmason check    when that is mended: the baseline that is there stays as it is", err=True)
    return max((one.failure.exit_code for one in failed if one.failure), default=0)


def _lines(adoption: Adoption) -> Iterator[str]:
    yield f"{'wrote' if adoption.written else 'kept'}  {adoption.file.name}"
    for written in adoption.told.written if adoption.told else ():
        yield f"{written.outcome}  {written.path}"
    for one in adoption.products:
        yield ""
        yield from _product(one)
        for suite in _of(adoption, one):
            yield from _suite(suite)
        for start in adoption.told.starts.get(one.product.name, ()) if adoption.told else ():
            yield f"  tests start a container of their own: {start.file}:{start.line}    the one-line move:"
            yield f"    {start.move}"
    for note in adoption.notes:
        yield f"note: {note}"
    if any(one.product.platform != "none" or _is_live(one.product) for one in adoption.products):
        from pgmason.postgres.read_only_role import READ_ONLY_ROLE

        yield ""
        yield "a role that reads production's schema and no row; its password in psql: \\password pgmason_reader"
        yield from (f"  {statement}" for statement in READ_ONLY_ROLE)
    yield ""
    yield "next: pgmason gate    the verdict"


def _is_live(product: Product) -> bool:
    return (product.schema or "").startswith("database:")


def _of(adoption: Adoption, one: AdoptedProduct) -> tuple[Suite, ...]:
    return tuple(suite for suite in adoption.told.suites if suite.product == one.product.name) if adoption.told else ()


def _suite(suite: Suite) -> Iterator[str]:
    inside = f"in {suite.folder}: " if suite.folder != "." else ""
    yield f"  tests  {inside}pgmason scratch -- {suite.command}    {suite.said} asks for {suite.runner}"
    if suite.runner == "pytest":
        yield "    or in the suite itself: the fixtures scratch_database and query_count, with pgmason beside pytest"
    elif suite.runner in ("jest", "vitest"):
        yield "    or in the suite itself: pgmason init --test-setup    writes a globalSetup"


def _told(adoption: Adoption, *, bare: bool, test_setup: bool) -> Told:
    """Write what people, agents and CI are told; and what was seen of the products' tests."""
    from pgmason.gate.adoption import Told
    from pgmason.instructions.agents import write_agents
    from pgmason.instructions.protocols import write_protocols
    from pgmason.instructions.setups import write_setup
    from pgmason.instructions.workflows import write_workflows
    from pgmason.products.suites import container_starts, suites_of

    products = [one.product for one in adoption.products]
    root = adoption.file.parent
    suites = tuple(suite for product in products for suite in suites_of(product))
    written: list[Written] = []
    if not bare:
        written += write_protocols(root)
        written += write_agents(root, products, suites)
        written += write_workflows(root, products)
    if test_setup:
        written += [write_setup(root, suite) for suite in suites if suite.runner in ("jest", "vitest")]
    starts = {product.name: container_starts(product) for product in products}
    return Told(written=tuple(written), suites=suites, starts=starts)


def _product(one: AdoptedProduct) -> Iterator[str]:
    product = one.product
    yield f"{product.name}"
    if one.found is not None:
        settings: dict[str, Any] = {"path": one.found.path, **one.found.settings}
        width = max(len(key) for key in settings)
        for key, value in settings.items():
            shown = ", ".join(value) if isinstance(value, tuple) else str(value)
            reason = one.found.reasons.get(key)
            yield f"  {key:<{width}}  {shown}" + (f"    {reason}" if reason else "")
    yield from (f"  note: {note}" for note in _notes(one))
    if one.reading is not None:
        kinds = Counter(identity.kind for identity in one.reading.catalog.objects)
        shown = ", ".join(
            f"{kinds[kind]} {_plural(kind, kinds[kind])}" for kind in ("table", "view", "enum", "index") if kinds[kind]
        )
        yield f"  schema: {shown or 'nothing'}; read by {one.reading.server}"
        if one.reading.catalog.unread:
            unread = Counter(item.kind for item in one.reading.catalog.unread)
            yield "  not read by this version: " + ", ".join(
                f"{n} {_plural(kind, n)}" for kind, n in sorted(unread.items())
            )
    elif one.failure is not None:
        yield f"  schema: NOT READ: {one.failure.what.partition(chr(10))[0]}"
    if one.baseline is not None:
        count = len(one.baseline.findings)
        state = "wrote" if one.baseline_written else f"kept, of {one.baseline.written}"
        rules = Counter(old.rule for old in one.baseline.findings)
        accepted = f"{count} {_plural('finding', count)} accepted as old debt"
        yield f"  baseline {state}: {len(one.baseline.migrations)} migrations, {accepted}"
        yield from (f"    {n:>4}  {rule}" for rule, n in rules.most_common())
    elif one.failure is None:
        yield "  no baseline: every finding counts as new"


def _notes(one: AdoptedProduct) -> list[str]:
    """What is said of a product where it was found and where it was read, each once."""
    found, read = (one.found.notes if one.found else ()), (one.reading.notes if one.reading else ())
    return list(dict.fromkeys((*found, *read)))


def _plural(noun: str, count: int) -> str:
    if count == 1 or noun.endswith("s"):
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun[:-2]}ices" if noun.endswith("index") else f"{noun}s"


def _as_json(adoption: Adoption) -> dict[str, Any]:
    return {
        "version": 1,
        "file": str(adoption.file),
        "written": adoption.written,
        "notes": list(adoption.notes),
        "files": [{"path": one.path, "outcome": one.outcome} for one in adoption.told.written] if adoption.told else [],
        "products": [
            {
                "name": one.product.name,
                "path": one.product.path,
                "settings": dict(one.found.settings) if one.found else None,
                "reasons": dict(one.found.reasons) if one.found else None,
                "server": one.reading.server if one.reading else None,
                "notes": _notes(one),
                "baseline": {
                    "written": one.baseline_written,
                    "migrations": len(one.baseline.migrations),
                    "findings": len(one.baseline.findings),
                }
                if one.baseline
                else None,
                "tests": [{"folder": suite.folder, "command": suite.command} for suite in _of(adoption, one)],
                "failure": one.failure.as_json()["error"] if one.failure else None,
            }
            for one in adoption.products
        ],
    }
