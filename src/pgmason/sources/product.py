"""Which schema does a product have?

What its migrations make, or, without migrations, what its `schema` source says. Where it has both, the source is what
the product declares: the gate compares the two, and rules and documents use its names. Models beside migrations are
read too, to tell where they were imported by half. What other people manage (`external` in pgmason.toml, and what the
platform has of its own) is taken out here, once, for every reader.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pgmason.code import code_mark
from pgmason.config import Product
from pgmason.errors import ConfigurationError, NextCommand, PgmasonError
from pgmason.formats import History, read_history
from pgmason.names import ObjectId, printable
from pgmason.postgres.platforms import named_platform
from pgmason.sources import Called, Context, Reading, kind_of, read_source
from pgmason.sources.kept_names import keep_names, recall_names
from pgmason.sources.migrations import read_migrations
from pgmason.sources.units import Unit

__all__ = [
    "declared_digest",
    "product_context",
    "product_history",
    "product_names",
    "read_declared",
    "read_product",
]


def product_context(product: Product, *, what: str, progress: Callable[[int, int], None] | None = None) -> Context:
    """How this product's sources are read, by its configuration."""
    return Context(
        base=product.home,
        root=product.root,
        major=product.major,
        what=what,
        progress=progress,
        python=product.python,
        environment=product.environment,
        platform=product.platform,
    )


def read_product(
    product: Product,
    *,
    what: str,
    progress: Callable[[int, int], None] | None = None,
    history: History | None = None,
    units: Sequence[Unit] | None = None,
) -> Reading:
    """The product's schema. `what` names the command for `pgmason server status`; `history` is the product's own, and
    `units` are its files, where they were read already. Raises as `read_source` does."""
    context = product_context(product, what=what, progress=progress)
    if product.migrations is not None:
        folder = product.home / product.migrations
        reading = read_migrations(folder, context, format=product.format, history=history, units=units)
        if (product.schema or "").startswith("sqlalchemy:"):
            reading = replace(reading, notes=(*reading.notes, *_models_beside(str(product.schema), reading, context)))
        _, failure = _names_or_failure(product)
        if failure is not None:
            reading = replace(reading, notes=(*reading.notes, f"without the names of the schema file: {failure}"))
    elif product.schema is not None:
        reading = read_source(product.schema, context)
    else:
        raise ConfigurationError(
            "names neither `migrations` nor `schema`",
            where=f"products.{product.name}",
            next=[NextCommand(command="pgmason init", why="finds them")],
        )
    platform = named_platform(product.platform)
    managed = (*product.external, *(platform.external if platform is not None else ()))
    return replace(reading, catalog=reading.catalog.without(managed))


def _models_beside(schema: str, migrated: Reading, context: Context) -> list[str]:
    """What is to be said of the models beside the migrations: read by half, or not at all. The migrations stand."""
    from pgmason.sources.sqlalchemy import unknown_to_models

    try:
        models = read_source(schema, context)
    except PgmasonError as failure:
        return [f"the models were not read: {failure}"]
    reach = migrated.tool_reach
    apart_from = [*reach.excluded, reach.ledger] if reach is not None else []
    unknown = unknown_to_models(models.catalog, migrated.catalog, apart_from=apart_from)
    notes = list(models.notes)
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        notes.append(
            f"made by the migrations and unknown to {schema}: {', '.join(unknown[:5])}{more}; kept, for a module of"
            " models may not be imported there"
        )
    return notes


def _declared_by_files(product: Product) -> bool:
    """Whether the product has a schema in files of its own besides its migrations."""
    if product.migrations is None or product.schema is None:
        return False
    found = kind_of(product.schema, product_context(product, what=""))
    return found is not None and found[0].files is not None


def read_declared(product: Product, *, what: str) -> Reading | None:
    """What the product's schema files say, where it has migrations too; else None. Raises as `read_source` does."""
    if product.schema is None or not _declared_by_files(product):
        return None
    reading = read_source(product.schema, product_context(product, what=what))
    return replace(reading, catalog=reading.catalog.without(product.external))


def declared_digest(product: Product) -> str:
    """A digest of the schema files besides the migrations; "none" without any. Asks no server."""
    if product.schema is None or not _declared_by_files(product):
        return "none"
    context = product_context(product, what="")
    found = kind_of(product.schema, context)
    mark = hashlib.sha256()
    try:
        for file in found[0].files(found[1], context) if found is not None and found[0].files is not None else ():
            mark.update(f"\0{file}\0".encode() + file.read_bytes())
    except (PgmasonError, OSError) as exc:
        return f"not readable: {exc}"
    return mark.hexdigest()


def product_names(product: Product) -> Mapping[ObjectId, Called]:
    """What the product's schema language calls each object, by its files alone; {} where it has no names of its own.

    A schema that cannot be read gives no names: `read_product` notes that it cannot.
    """
    return _names_or_failure(product)[0]


def _names_or_failure(product: Product) -> tuple[Mapping[ObjectId, Called], PgmasonError | None]:
    if product.schema is None:
        return {}, None
    context = product_context(product, what="")
    found = kind_of(product.schema, context)
    if found is None or found[0].calls is None:
        return {}, None
    files = declared_digest(product)  # "none" where a schema has no migrations beside it: then it is read anyway
    key = hashlib.sha256(f"{code_mark()}:{product.path}:{product.schema}:{files}".encode()).hexdigest()
    kept = None if files == "none" else recall_names(key)
    if kept is not None:
        return kept, None
    try:
        names = found[0].calls(found[1], context)
    except PgmasonError as failure:
        return {}, failure
    keep_names(key, names)
    return names, None


def product_history(product: Product) -> History | None:
    """The product's migrations, by their files alone; None where it has none. Raises WrongUse."""
    if product.migrations is None:
        return None
    folder = product.home / product.migrations
    if not folder.exists():
        raise _no_folder(product, folder)
    return read_history(folder, named=product.format)


def _no_folder(product: Product, folder: Path) -> ConfigurationError:
    """That pgmason.toml names a folder which is not there, and what shows where it went."""
    nearest = next((above for above in folder.parents if above.is_dir()), product.root)
    within = os.path.relpath(nearest, Path.cwd())
    shown = str(nearest) if within.startswith("..") else within
    return ConfigurationError(
        f"there is no such folder: {printable(str(folder))}",
        where=f"pgmason.toml: products.{product.name}.migrations",
        fix="write there where the migrations are now",
        next=[NextCommand(command=f"ls {shlex.quote(printable(shown))}", why="shows what is there")],
    )
