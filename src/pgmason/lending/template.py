"""Which template holds a product's schema, and is it on the server?

The files of a history, or of an `sql:` source, say it by their digest alone: nothing is parsed and no catalog is read
where an earlier command has made it. Of migrations that are programs, the recording of their tool's run is applied. Any
other source (models, a live database, a saved catalog) is written as a script, and the script is applied. What had to
stand in is told each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pgmason.config import Product
from pgmason.formats import read_history
from pgmason.postgres.server import Server
from pgmason.sources import Context
from pgmason.sources.migrations import units_of_history
from pgmason.sources.product import product_context, read_product
from pgmason.sources.replay import KeptTemplate, kept_template, replay
from pgmason.sources.sql import units_of_files
from pgmason.sources.units import Frame, Unit

__all__ = ["ProductTemplate", "product_template"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTemplate:
    """The digest of a template that is on the server now, what it is of, and what stands in."""

    digest: str
    origin: str
    notes: tuple[str, ...]


def product_template(server: Server, product: Product, *, what: str) -> ProductTemplate:
    """The template of a product's schema, made where it is missing. Raises as `read_product` does."""
    from pgmason.postgres.scratch import has_template

    context = product_context(product, what=what)
    units, origin = _units(product, context)
    kept = kept_template(units, context)
    if kept is None or has_template(server, [kept.digest]) is None:
        made = replay(units, context, anew=True)
        kept = KeptTemplate(digest=made.template, notes=made.notes)
    return ProductTemplate(digest=kept.digest, origin=origin, notes=kept.notes)


def _units(product: Product, context: Context) -> tuple[Sequence[Unit], str]:
    """What is applied to make the schema, and the words for it."""
    if product.migrations is not None:
        history = read_history(product.home / product.migrations, named=product.format)
        counted = f"{len(history.migrations)} migration{'s' if len(history.migrations) != 1 else ''}"
        origin = f"{product.migrations} ({counted})"
        if not history.programs:
            return units_of_history(history, context), origin
        from pgmason.sources.recorded import recording_of

        return recording_of(history, context).units, origin
    if product.schema is not None and product.schema.startswith("sql:"):
        return units_of_files(product.schema.removeprefix("sql:"), context), product.schema
    from pgmason.catalog.script import script_of

    reading = read_product(product, what=context.what)
    script = script_of(reading.catalog)
    unit = Unit(name="schema", file=f"the schema of {reading.origin}", text=script, frame=Frame.STATEMENTS)
    return [unit], reading.origin
