"""What of a catalog is a migration tool's own: its ledger, and what came with that?

The tables by the names that the formats give, the sequences that belong to them, and a schema that held nothing else.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from pgmason.catalog.kinds.sequence import Sequence
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId

__all__ = ["without_ledgers"]


def without_ledgers(catalog: Catalog, patterns: Iterable[str]) -> Catalog:
    """The catalog less the ledgers; `patterns` are as in `external`: `*.alembic_version`."""
    left = catalog.without(patterns)
    gone = {identity.path for identity, _ in catalog.tables} - {identity.path for identity, _ in left.tables}
    if not gone:
        return left
    owned = [
        ".".join(identity.path)
        for identity, state in left.of(Sequence)
        if state.owned_by is not None and state.owned_by[:2] in gone
    ]
    left = left.without(owned)
    held = {identity.path[0] for identity in left.objects if len(identity.path) > 1}
    emptied = [path[0] for path in gone if path[0] != "public" and path[0] not in held]
    return left.without(name for name in emptied if ObjectId("schema", (name,)) in left.objects)
