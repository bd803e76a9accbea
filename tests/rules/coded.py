"""Running the rules over application code on a text."""

from __future__ import annotations

from pathlib import Path

from pgmason.application import parse
from pgmason.config import Product
from pgmason.findings import Finding
from pgmason.rules import check_code
from pgmason.rules.code_rule import CodeInput

__all__ = ["ENDINGS", "found_in"]

ENDINGS = {"typescript": "ts", "javascript": "js", "python": "py"}


def found_in(text: str, language: str, file: str | None = None) -> tuple[Finding, ...]:
    """What all code rules find in one file; its product has Prisma where the file speaks of it."""
    settings = {"schema": "prisma/schema.prisma", "format": "prisma"} if "prisma" in text else {}
    product = Product(name="shop", root=Path(), criteria={}, **settings)
    name = file or f"src/snippet.{ENDINGS[language]}"
    return check_code(CodeInput(product=product, file=name, language=language, text=text, tree=parse(name, text)))
