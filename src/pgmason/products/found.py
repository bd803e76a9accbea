"""What was found, what pgmason.toml would say of it, and why.

`FoundProduct` holds settings in the words of `config.Product`, each with the one sentence that explains it.
`configuration_text` writes them down; `workspace_of` makes them usable where no file is written. Finding is the
package's own `find_products`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pgmason.config import Naming, Product, Workspace
from pgmason.names import printable

__all__ = ["Exploration", "FoundProduct", "Setting", "configuration_text", "workspace_of"]

Setting = str | tuple[str, ...]
# The order in which a person reads a product; keys that are not named here follow.
_ORDER = (
    "path",
    "schema",
    "migrations",
    "format",
    "postgres",
    "platform",
    "ids",
    "naming",
    "down",
    "app",
    "pipelines",
    "docs",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProduct:
    """A product: `path` is its home below the root ("." for the root itself), with /.

    `settings` are what pgmason.toml would say, `path` not among them; `reasons` has a sentence for `path` and for
    each setting; `notes` say what a person should know and no setting can.
    """

    name: str
    path: str
    settings: Mapping[str, Setting]
    reasons: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def also(self, settings: Mapping[str, Setting], reasons: Mapping[str, str]) -> FoundProduct:
        """The product with further settings, such as those that only its catalog could tell."""
        return replace(self, settings={**self.settings, **settings}, reasons={**self.reasons, **reasons})


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """What a look through a repository gave: products sorted by path, and what was passed over and why."""

    root: Path
    products: tuple[FoundProduct, ...]
    notes: tuple[str, ...]


def configuration_text(found: Iterable[FoundProduct]) -> str:
    """pgmason.toml for these products, each key below the reason for it; `config.read_workspace` reads it back."""
    parts = ["# Written by `pgmason init`: each key with what it was found from. Change what does not fit.\n"]
    for product in found:
        lines = [f"[products.{_key(product.name)}]"]
        settings: dict[str, Setting] = {"path": product.path, **product.settings}
        for key in sorted(settings, key=lambda key: (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)):
            if key in product.reasons:
                lines.append(f"# {_comment(product.reasons[key])}")
            lines.append(f"{key} = {_value(settings[key])}")
        lines += [f"# Note: {_comment(note)}" for note in product.notes]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def workspace_of(root: Path, found: Iterable[FoundProduct]) -> Workspace:
    """The workspace that the written configuration would be."""
    products: dict[str, Product] = {}
    for product in found:
        values: dict[str, Any] = dict(product.settings)
        if "naming" in values:
            values["naming"] = Naming(values["naming"])
        products[product.name] = Product(
            name=product.name, root=root.resolve(), path=product.path, criteria={}, **values
        )
    return Workspace(root=root.resolve(), file=None, products=products)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Setting) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    # TOML's basic strings are JSON's, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(sentence: str) -> str:
    return printable(" ".join(sentence.split()))
