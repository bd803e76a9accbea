"""How does the page call a table, and where in the page is it?

Three forms of one name. The title is what a person reads: `orders`, `billing.invoices` (the schema `public` goes
without saying). The key names a passage in its markers: `public.orders`. The anchor is the target of a link:
`table:public.orders`. Keys and anchors hold no character that could end an HTML comment, an attribute or a link:
all but letters, digits, `_` and single `-` is written as `~` and the bytes of its UTF-8 in hexadecimal.
"""

from __future__ import annotations

from pgmason.names import ObjectId, printable

__all__ = ["anchor", "anchor_of", "key_of", "title_of"]


def title_of(path: tuple[str, ...]) -> str:
    """The name for people, unquoted, control characters made visible; not yet escaped for Markdown."""
    return printable(".".join(path[1:] if path[0] == "public" and len(path) > 1 else path))


def key_of(path: tuple[str, ...]) -> str:
    """The name in markers: different paths of equal length have different keys."""
    return ".".join(_safe(part) for part in path)


def anchor(kind: str, path: tuple[str, ...]) -> str:
    """The name that links go to: `kind:key`."""
    return f"{kind}:{key_of(path)}"


def anchor_of(identity: ObjectId) -> str:
    """The anchor of a table, view, materialized view or enum."""
    return anchor(identity.kind.replace(" ", "-"), identity.path)


def _safe(part: str) -> str:
    written = []
    before = ""
    for character in part:
        plain = character.isalnum() or character == "_" or (character == "-" and before != "-")
        written.append(character if plain else "".join(f"~{byte:02X}" for byte in character.encode()))
        before = character if plain else ""
    return "".join(written)
