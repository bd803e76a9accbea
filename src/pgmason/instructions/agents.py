"""What is a coding agent told: which command proves what, in this very repository?

A block in AGENTS.md and in CLAUDE.md, whichever are there; AGENTS.md is begun where neither is. Names and commands are
those of the products found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pgmason.config import Product
from pgmason.instructions.protocols import FOLDER, INSTRUCTIONS
from pgmason.instructions.written import Written, put_block
from pgmason.products.suites import Suite

__all__ = ["agents_text", "write_agents"]


def write_agents(root: Path, products: Sequence[Product], suites: Sequence[Suite]) -> tuple[Written, ...]:
    """Put the block where agents look. A link from one file to the other is written once. Raises WrongUse."""
    text = agents_text(products, suites)
    there = [name for name in INSTRUCTIONS if (root / name).is_file()]
    apart: dict[Path, str] = {}
    for name in there or [INSTRUCTIONS[0]]:
        apart.setdefault((root / name).resolve(), name)
    return tuple(put_block(root, name, text) for name in apart.values())


def agents_text(products: Sequence[Product], suites: Sequence[Suite]) -> str:
    """The block, ending in a newline."""
    return "\n".join(_lines(products, suites)) + "\n"


def _lines(products: Sequence[Product], suites: Sequence[Suite]) -> Iterator[str]:
    several = len(products) > 1
    yield "## The database"
    yield ""
    for product in products:
        source = product.migrations or product.schema or "nothing yet"
        flag = f" (`--product {product.name}`)" if several else ""
        yield f"- **{product.name}**{flag}: `{product.path}`, schema from `{source}`, document `{product.docs}`"
    yield ""
    yield "Work on it is done when these commands say so, run after your last edit, and you quote what they said:"
    yield ""
    yield "| you changed | run | exit code 0 shows that |"
    yield "|---|---|---|"
    yield "| migrations or schema | `pgmason gate` | they apply to PostgreSQL, and nothing new breaks the brief |"
    yield "| migrations or schema | `pgmason docs`, then `pgmason docs --check` | the data model's page is current |"
    for suite in suites:
        inside = f"in `{suite.folder}`: " if suite.folder != "." else ""
        command = f"pgmason scratch{_flag(suite, products)} -- {suite.command}"
        yield f"| code of {suite.product} | {inside}`{command}` | its tests pass, on a throw-away PostgreSQL |"
        heard = command.replace("scratch", "scratch --n-plus-one", 1)
        yield f"| queries of {suite.product} | {inside}`{heard}` | no query is sent once for each row of another |"
    yield ""
    yield "Exit code 1: findings, or a claim that failed; 2: wrong use; 3: a server or tool is out of reach. With"
    yield "`--format json` each command answers in JSON and names the next command. `pgmason explain RULE` tells why."
    yield ""
    yield "- Never edit a migration that is listed in `.pgmason/*/baseline.json`: write a new one."
    yield "- Every UP has a DOWN. A column is added nullable, filled, and then made NOT NULL, in three steps."
    yield "- `pgmason init --rebaseline`, waivers and `--no-baseline` accept debt: that is for people to decide."
    yield f'- Before you start and before you say "done", read `{FOLDER}/`.'


def _flag(suite: Suite, products: Sequence[Product]) -> str:
    """What names the product, where its folder does not."""
    return f" --product {suite.product}" if len(products) > 1 and suite.folder == "." else ""
