"""Which file and line brought each object of a catalog in?

Read from the text: the last statement that makes an object, or gives it its name or its type, points to it; one that
only alters it does where nothing else is known. What no statement names (an index behind a key, a constraint without a
name) is found where its table is. Best effort, for pointing only: nothing is
judged by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.findings import Place
from pgmason.names import ObjectId
from pgmason.sources.said import Named

__all__ = ["find_places"]

_CONSTRAINTS = ("primary key", "unique", "check", "foreign key")


def find_places(catalog: Catalog, said: Mapping[str, Iterable[Named]]) -> dict[ObjectId, Place]:
    """The place of each object that can be told, sorted by object. `said` is what each file names, by file, in the
    order applied."""
    named: dict[tuple[str, tuple[str, ...]], Place] = {}
    for file, names in said.items():
        for found in names:
            key = (found.kind, found.path)
            if not found.alters or _lookup(named, *key) is None:
                named[key] = Place(file=file, line=found.line)
    places: dict[ObjectId, Place] = {}
    for identity in sorted(catalog.objects):
        kind = "constraint" if identity.kind in _CONSTRAINTS else identity.kind
        state = catalog.objects[identity]
        table = state.table if isinstance(state, Index) else identity.path[:2] if identity.is_member else None
        place = _lookup(named, kind, identity.path)
        if place is None and table is not None:
            place = _lookup(named, "column", identity.path) if kind == "column" else None
            place = place or _lookup(named, "table", table)
        if place is not None:
            places[identity] = place
    return places


def _lookup(named: Mapping[tuple[str, tuple[str, ...]], Place], kind: str, path: tuple[str, ...]) -> Place | None:
    return named.get((kind, path)) or named.get((kind, ("", *path[1:])))
