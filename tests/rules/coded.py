"""Running the rules over application code on a text."""

from __future__ import annotations

from pathlib import Path

from pgmason.application import parse
from pgmason.config import Product
from pgmason.findings import Finding
from pgmason.rules import CodeInput, check_code

__all__ = ["ENDINGS", "found_in", "prisma_product"]

ENDINGS = {"typescript": "ts", "javascript": "js", "python": "py"}


def prisma_product() -> Product:
    return Product(name="shop", root=Path(), criteria={}, schema="prisma/schema.prisma", format="prisma")


def found_in(text: str, language: str, file: str | None = None) -> tuple[Finding, ...]:
    """What all code rules find in one file; a product with Prisma where the language is not Python."""
    product = prisma_product() if language != "python" else Product(name="ledger", root=Path(), criteria={})
    name = file or f"src/snippet.{ENDINGS[language]}"
    return check_code(CodeInput(product=product, file=name, language=language, text=text, tree=parse(name, text)))
