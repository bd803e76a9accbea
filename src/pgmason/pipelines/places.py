"""Where are a product's pipelines, and where do they load to?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pgmason.config import Product
from pgmason.errors import NextCommand, WrongUse

__all__ = ["PipelinesPlace", "database_url", "place_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelinesPlace:
    """`home` is where paths of a pipeline are relative to, `folder` holds its files; `product` None: none is
    configured here."""

    home: Path
    folder: Path
    product: Product | None


def place_of(product: Product | None, here: Path) -> PipelinesPlace:
    """The folder that is configured, or the one that its kind of product has."""
    home = (product.home if product is not None else here).resolve()
    if product is not None and product.pipelines is not None:
        return PipelinesPlace(home=home, folder=home / product.pipelines, product=product)
    for usual in ("pipelines", "src/pipelines"):
        if (home / usual).is_dir():
            return PipelinesPlace(home=home, folder=home / usual, product=product)
    usual = "src/pipelines" if (home / "package.json").is_file() else "pipelines"
    return PipelinesPlace(home=home, folder=home / usual, product=product)


def database_url(given: str | None) -> str:
    """The target's database: a URL, `env:NAME`, or DATABASE_URL. Raises WrongUse where none is said."""
    name = "DATABASE_URL"
    if given is not None and given.startswith("env:"):
        name, given = given.removeprefix("env:"), None
    url = given or os.environ.get(name)
    if not url:
        raise WrongUse(
            f"no database is named: {name} is not set",
            fix="--database URL, --database env:NAME, or DATABASE_URL",
            next=[NextCommand(command="export DATABASE_URL=postgresql://...", why="the database that rows go to")],
        )
    return url
