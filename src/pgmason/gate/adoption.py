"""What does `init` write, and what does it accept as old debt?

It looks for products where no pgmason.toml says which there are, reads the schema of each, and writes pgmason.toml and,
per product, a baseline: the findings of today and the digests of the migrations that are there. A file that is there
already is never overwritten, except the baseline when that is asked for. A product whose schema cannot be read now is
configured all the same, without a baseline, and its failure is handed back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pgmason.catalog.model import Catalog
from pgmason.config import Product, Workspace, find_workspace, read_workspace
from pgmason.errors import NextCommand, PgmasonError, WrongUse
from pgmason.evidence import write_whole
from pgmason.findings import Severity
from pgmason.gate.product_run import ProductRun, baseline_file
from pgmason.instructions.written import Written
from pgmason.products import Exploration, FoundProduct, configuration_text, explore, settings_from_catalog, workspace_of
from pgmason.products.suites import ContainerStart, Suite
from pgmason.rules.baseline import Baseline, baseline_of, read_baseline, write_baseline
from pgmason.rules.naming import Census, Style
from pgmason.sources import Reading

__all__ = ["AdoptedProduct", "Adoption", "Told", "adopt", "repository_root"]

CONFIGURATION = "pgmason.toml"
# What a machine proves for itself stays on it; what people agreed on is committed.
IGNORED = "# written by pgmason: the ledger is this machine's, the baseline is everybody's\n*/evidence/\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedProduct:
    """One product after `init`. `found` is None where pgmason.toml was there; `baseline` None where none was written
    or there; `failure` is why the schema could not be read."""

    product: Product
    found: FoundProduct | None
    reading: Reading | None
    baseline: Baseline | None
    baseline_written: bool
    failure: PgmasonError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was written for people, agents and CI; the products' suites; where tests start containers, by product."""

    written: tuple[Written, ...]
    suites: tuple[Suite, ...]
    starts: Mapping[str, tuple[ContainerStart, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What `init` did: the configuration file, whether it wrote it, each product, and what was passed over."""

    file: Path
    written: bool
    products: tuple[AdoptedProduct, ...]
    notes: tuple[str, ...]
    told: Told | None = None


def repository_root(start: Path) -> Path:
    """The checkout that holds `start`, or `start` itself where there is none."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), start)


def adopt(
    start: Path,
    *,
    today: date,
    baseline: bool = True,
    rebaseline: bool = False,
    schema: str | None = None,
    progress: Callable[[str], Callable[[int, int], None]] | None = None,
) -> Adoption:
    """Configure the repository around `start`. Raises WrongUse where nothing is found, or a file cannot be written."""
    file = find_workspace(start)
    exploration: Exploration | None = None
    if file is None:
        root = repository_root(start)
        exploration = _explored(root, schema)
        workspace = workspace_of(root, exploration.products)
    else:
        workspace = read_workspace(file)
        if schema is not None:
            raise WrongUse("is there already; --schema is for a repository without one", where=str(file))
    found = {product.name: product for product in exploration.products} if exploration else {}
    runs = {name: _run(product, today, progress) for name, product in sorted(workspace.products.items())}
    failures: dict[str, PgmasonError] = {}
    for name, run in runs.items():
        try:
            catalog = run.catalog()
            if name in found:
                found[name] = found[name].also(*settings_from_catalog(catalog))
                found[name] = found[name].also(*_own_naming(catalog))
                if (run.product.schema or "").startswith("database:") and "postgres" not in found[name].settings:
                    major = catalog.server.partition(".")[0]
                    found[name] = found[name].also({"postgres": major}, {"postgres": "the database itself says so"})
        except PgmasonError as failure:
            failures[name] = failure
    written = exploration is not None
    if exploration is not None:
        file = workspace.root / CONFIGURATION
        workspace = _configured(file, [found[product.name] for product in exploration.products])
    assert file is not None  # there before, or written just now
    adopted = []
    for name, product in sorted(workspace.products.items()):
        reading = None if name in failures else runs[name].reading()
        there = None if rebaseline else read_baseline(baseline_file(product))
        write = reading is not None and there is None and (baseline or rebaseline)
        adopted.append(
            AdoptedProduct(
                product=product,
                found=found.get(name),
                reading=reading,
                baseline=_accepted(product, today, reading) if write and reading is not None else there,
                baseline_written=write,
                failure=failures.get(name),
            )
        )
    return Adoption(file=file, written=written, products=tuple(adopted), notes=exploration.notes if exploration else ())


def _own_naming(catalog: Catalog) -> tuple[dict[str, str], dict[str, str]]:
    """`naming`, and the reason, where nearly all columns keep another convention than the brief's; else nothing."""
    columns = Census.of(
        column.own_name for table, state in catalog.tables if state.partition_of is None
        for column, _ in catalog.columns(table)
    )  # fmt: skip
    style = columns.majority
    if style is None or style is Style.SNAKE:
        return {}, {}
    reason = f"the product's own: of the columns whose names tell, {columns.share_of(style)} are {style}"
    return {"naming": "found"}, {"naming": reason}


def _run(product: Product, today: date, progress: Callable[[str], Callable[[int, int], None]] | None) -> ProductRun:
    return ProductRun(product=product, today=today, what="init", progress=progress(product.name) if progress else None)


def _explored(root: Path, schema: str | None) -> Exploration:
    if schema is not None:
        return Exploration(root=root, products=(_of_schema(root, schema, "named by --schema"),), notes=())
    exploration = explore(root)
    if exploration.products:
        return exploration
    if os.environ.get("DATABASE_URL"):
        reason = "no schema is in the files here, and DATABASE_URL names a database"
        product = _of_schema(root, "database:env:DATABASE_URL", reason)
        return Exploration(root=root, products=(product,), notes=exploration.notes)
    passed_over = "".join(f"\n  {note}" for note in exploration.notes)
    raise WrongUse(
        "no product was found: no folder of migrations in a format that is read, no schema.prisma, no SQL that makes"
        f" tables, and DATABASE_URL is not set{passed_over}",
        where=str(root),
        next=[
            NextCommand(command="pgmason init --schema 'sql:db/*.sql'", why="names the schema yourself"),
            NextCommand(command="DATABASE_URL=... pgmason init", why="takes a live database, which is only read"),
        ],
    )


def _of_schema(root: Path, schema: str, reason: str) -> FoundProduct:
    if schema.startswith(("postgres://", "postgresql://")) or (
        schema.startswith("database:") and not schema.startswith("database:env:")
    ):
        raise WrongUse(
            "a connection string is not written into a file",
            fix="put it into a variable and name that: --schema database:env:DATABASE_URL",
        )
    name = "".join(c if c.isalnum() or c in "._-" else "-" for c in root.name).strip("-._") or "product"
    return FoundProduct(
        name=name,
        path=".",
        settings={"schema": schema, "docs": "docs/DATA-MODEL.md"},
        reasons={"path": "the root of this repository", "schema": reason, "docs": "where the brief keeps it"},
    )


def _configured(file: Path, found: list[FoundProduct]) -> Workspace:
    try:
        write_whole(file, configuration_text(found))
        ignore = file.parent / ".pgmason" / ".gitignore"
        if not ignore.exists():
            write_whole(ignore, IGNORED)
    except OSError as exc:
        raise WrongUse(f"cannot be written: {exc.strerror}", where=str(file)) from exc
    return read_workspace(file)


def _accepted(product: Product, today: date, reading: Reading) -> Baseline:
    """Write the baseline: every finding of today but notes, and the migrations that are there."""
    run = ProductRun(product=product, today=today, what="init")
    findings = [finding for finding in run.findings() if finding.severity is not Severity.NOTE]
    migrations = {one.name: one.up_digest for one in reading.history.migrations} if reading.history else {}
    written = baseline_of(findings, migrations, today=today)
    try:
        write_baseline(baseline_file(product), written)
    except OSError as exc:
        raise WrongUse(f"cannot be written: {exc.strerror}", where=str(baseline_file(product))) from exc
    return written
