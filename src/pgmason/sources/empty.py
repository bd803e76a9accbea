"""The schema with nothing in it, as a database is when it was just made."""

from __future__ import annotations

from pgmason.catalog.kinds.schema import Schema
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.sources import Context, Reading, SourceKind

__all__ = ["SOURCE"]


def _read(rest: str, context: Context) -> Reading:  # noqa: ARG001  # the signature that every source shares
    catalog = Catalog(objects={ObjectId("schema", ("public",)): Schema()}, comments={})
    return Reading(catalog=catalog, origin="empty", server="no server")


SOURCE = SourceKind(prefix="empty", example="empty", read=_read)
