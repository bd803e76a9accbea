"""Which template holds a product's schema, and is it on the server?

What an earlier command found out is remembered under a digest of everything that went into it: this code, the server's
tree, what pgmason.toml says of the product, and the contents of its migrations or SQL files. Then nothing is parsed, no
catalog is read and little is imported. Otherwise the history or the files are applied as for any other command; of
migrations that are programs, and of any other source (models, a live database, a saved catalog), nothing is remembered
here, because other files go into them: the first are recorded by sources/, the others written as a script and applied.
What had to stand in is told each time.
"""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from pgmason.code import code_mark
from pgmason.config import Product
from pgmason.evidence import write_whole
from pgmason.postgres.home import home
from pgmason.postgres.server import Server

if TYPE_CHECKING:
    from pgmason.sources import Context
    from pgmason.sources.units import Unit

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

    memory = _memory(server, product)
    known = _recall(memory) if memory is not None else None
    if known is None or has_template(server, [known.digest]) is None:
        known, lasting = _made(server, product, what)
        if memory is not None and lasting:
            _keep(memory, known)
    return known


def _made(server: Server, product: Product, what: str) -> tuple[ProductTemplate, bool]:
    """The template, and whether the product's own files alone tell what is in it."""
    from pgmason.postgres.scratch import has_template
    from pgmason.sources.product import product_context
    from pgmason.sources.replay import KeptTemplate, kept_template, replay

    units, origin, context, lasting = _units(product, product_context(product, what=what))
    kept = kept_template(units, context)
    if kept is None or has_template(server, [kept.digest]) is None:
        made = replay(units, context, anew=True)
        kept = KeptTemplate(digest=made.template, notes=made.notes)
    return ProductTemplate(digest=kept.digest, origin=origin, notes=kept.notes), lasting


def _units(product: Product, context: Context) -> tuple[Sequence[Unit], str, Context, bool]:
    """What is applied to make the schema, the words for it, how, and whether the product's files alone tell it."""
    if product.migrations is not None:
        from pgmason.formats import read_history
        from pgmason.sources.migrations import context_of_history, units_of_history

        history = read_history(product.home / product.migrations, named=product.format)
        counted = f"{len(history.migrations)} migration{'s' if len(history.migrations) != 1 else ''}"
        context = context_of_history(history, context)
        units = units_of_history(history, context)
        return units, f"{product.migrations} ({counted})", context, not history.programs
    if product.schema is not None and product.schema.startswith("sql:"):
        from pgmason.sources.sql import units_of_files

        return units_of_files(product.schema.removeprefix("sql:"), context), product.schema, context, True
    from pgmason.catalog.script import script_of
    from pgmason.sources.product import read_product
    from pgmason.sources.units import Frame, Unit

    reading = read_product(product, what=context.what)
    script = script_of(reading.catalog)
    unit = Unit(name="schema", file=f"the schema of {reading.origin}", text=script, frame=Frame.STATEMENTS)
    return [unit], reading.origin, context, False


def _memory(server: Server, product: Product) -> Path | None:
    """The file that remembers the template; None where the product's own files do not tell what goes into it."""
    if product.migrations is not None:
        pattern = str(product.home / product.migrations)
    elif product.schema is not None and product.schema.startswith("sql:"):
        pattern = str(product.home / product.schema.removeprefix("sql:"))
    else:
        return None
    mark = hashlib.sha256("\0".join((code_mark(), server.tree.name, str(product.root))).encode())
    mark.update(repr([(one.name, getattr(product, one.name)) for one in fields(product)]).encode())
    try:
        for file in _files(pattern):
            mark.update(f"\0{file}\0".encode("utf-8", "surrogateescape") + hashlib.sha256(file.read_bytes()).digest())
    except OSError:
        return None  # whoever applies it will say what cannot be read
    return home() / "lendings" / f"{mark.hexdigest()[:40]}.json"


def _files(pattern: str) -> Iterator[Path]:
    """The files of a folder and below it, or those that a pattern names, sorted."""
    there = Path(pattern)
    found = there.rglob("*") if there.is_dir() else map(Path, glob.glob(pattern, recursive=True))
    yield from sorted(path for path in found if path.is_file())


def _recall(memory: Path) -> ProductTemplate | None:
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))
        return ProductTemplate(digest=found["template"], origin=found["origin"], notes=tuple(found["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(memory: Path, known: ProductTemplate) -> None:
    content = {"template": known.digest, "origin": known.origin, "notes": known.notes}
    with suppress(OSError):  # a memory that cannot be written costs time only
        write_whole(memory, json.dumps(content))
