"""A catalog that `schema export --as json` wrote."""

from __future__ import annotations

from pathlib import Path

from pgmason.catalog.canonical import catalog_from_json
from pgmason.errors import UnknownSource
from pgmason.sources import Context, Reading, SourceKind

__all__ = ["SOURCE"]


def _read(rest: str, context: Context) -> Reading:
    path = context.base / rest
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise UnknownSource(f"cannot be read: {exc}", where=rest) from exc
    catalog = catalog_from_json(text, name=rest)
    return Reading(
        catalog=catalog, origin=f"catalog {rest}", server=f"PostgreSQL {catalog.server} (when it was exported)"
    )


def _claims(path: Path) -> bool:
    return path.is_file() and path.suffix == ".json"


SOURCE = SourceKind(prefix="catalog", example="catalog:schema.json", read=_read, claims=_claims)
