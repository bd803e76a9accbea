"""Which schema does a product have?

For now a product's schema is what its migrations make, or, without migrations, what its `schema` source says. Models
beside migrations are read too, to tell where they were imported by half. What other people manage (`external` in
pgmason.toml, and what the platform has of its own) is taken out here, once, for every reader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pgmason.config import Product
from pgmason.errors import ConfigurationError, NextCommand, PgmasonError
from pgmason.formats import History, read_history
from pgmason.postgres.platforms import named_platform
from pgmason.sources import Context, Reading, read_source
from pgmason.sources.migrations import read_migrations
from pgmason.sources.sqlalchemy import unknown_to_models

__all__ = ["product_context", "product_history", "read_product"]


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


def read_product(product: Product, *, what: str, progress: Callable[[int, int], None] | None = None) -> Reading:
    """The product's schema. `what` names the command for `pgmason server status`. Raises as `read_source` does."""
    context = product_context(product, what=what, progress=progress)
    if product.migrations is not None:
        reading = read_migrations(product.home / product.migrations, context, format=product.format)
        if (product.schema or "").startswith("sqlalchemy:"):
            reading = replace(reading, notes=(*reading.notes, *_models_beside(str(product.schema), reading, context)))
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


def product_history(product: Product) -> History | None:
    """The product's migrations, by their files alone; None where it has none. Raises WrongUse."""
    if product.migrations is None:
        return None
    return read_history(product.home / product.migrations, named=product.format)
