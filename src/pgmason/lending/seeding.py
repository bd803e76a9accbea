"""What is a product's own seed script, and how is it run on a scratch database?

Prisma's: `prisma.seed` of package.json, or `seed` of prisma.config.ts. It is the product's code and runs as its tests
do, in the product's folder, with DATABASE_URL naming the scratch database. Seeding an empty product is seed/.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from pgmason.config import Product
from pgmason.errors import NextCommand, PgmasonError, WrongUse
from pgmason.lending.command import run_command

__all__ = ["SeedFailed", "run_seed", "seed_command"]

_CONFIGS = tuple(f"prisma.config.{end}" for end in ("ts", "mts", "js", "mjs", "cjs"))
_CONFIG_SEED = re.compile(r"\bseed\s*:\s*(?:\"([^\"\n]+)\"|'([^'\n]+)'|`([^`$\n]+)`)")


class SeedFailed(PgmasonError):
    """The product's seed script ended with another exit code than 0; nothing was run on what it left."""

    code = "seed-failed"


def seed_command(product: Product) -> tuple[str, ...]:
    """The command that the product itself names for seeding. Raises WrongUse where it names none."""
    for name in _CONFIGS:
        found = _CONFIG_SEED.search(_text(product.home / name))
        if found:
            return tuple(shlex.split(next(filter(None, found.groups()))))
    try:
        package = json.loads(_text(product.home / "package.json") or "{}")
        seed = package.get("prisma", {}).get("seed")
    except (ValueError, AttributeError):
        seed = None
    if isinstance(seed, str) and seed.strip():
        return tuple(shlex.split(seed))
    raise WrongUse(
        "names no seed script: neither prisma.seed in package.json nor seed in prisma.config",
        where=str(product.home),
        next=[NextCommand(command="pgmason scratch --seed-with 'COMMAND' -- ...", why="names the command yourself")],
    )


def run_seed(command: tuple[str, ...], product: Product, environment: Mapping[str, str]) -> None:
    """Run the seed script to its end. Raises SeedFailed, and WrongUse where it cannot be started."""
    bins = [product.home / "node_modules" / ".bin", product.root / "node_modules" / ".bin"]
    path = ":".join([*(str(folder) for folder in bins if folder.is_dir()), environment.get("PATH", "")])
    code = run_command(command, {**environment, "PATH": path}, folder=product.home)
    if code:
        raise SeedFailed(
            f"the seed script failed with exit code {code}: {shlex.join(command)}", where=str(product.home)
        )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
