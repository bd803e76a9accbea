"""How is a catalog written down so that equal catalogs are equal bytes?

Canonical JSON, version 1: objects grouped by kind and sorted by path, fields sorted by name, no insignificant
difference. `digest` is the SHA-256 of everything but the server's version. This is what `schema export --as json`
prints and what `catalog:FILE.json` reads. A cache keeps the same in half the bytes: `packed`, which names the fields of
a kind once and is for the code that wrote it alone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import Any

from pgmason.catalog.collector import without_collector
from pgmason.catalog.facets import Grant
from pgmason.catalog.kinds import all_kinds
from pgmason.catalog.model import Catalog, Unread
from pgmason.errors import UnknownSource
from pgmason.names import ObjectId

__all__ = [
    "CATALOG_VERSION",
    "catalog_from_document",
    "catalog_from_json",
    "catalog_to_json",
    "digest",
    "document_of",
    "packed",
    "unpacked",
]

CATALOG_VERSION = 1


def catalog_to_json(catalog: Catalog) -> str:
    """The catalog as canonical JSON, two-space indented, ending in a newline."""
    return json.dumps(document_of(catalog), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def digest(catalog: Catalog) -> str:
    """64 hex digits, equal for catalogs in which PostgreSQL sees no difference.

    The order in which privileges were granted makes none.
    """
    document = document_of(catalog)
    del document["server"]
    for entry in document["grants"]:
        entry[2].sort(key=lambda grant: sorted((field, str(value)) for field, value in grant.items()))
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def document_of(catalog: Catalog) -> dict[str, Any]:
    """The catalog as what JSON is made of, for a file that holds more than a catalog."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for identity in sorted(catalog.objects):
        entry = {"path": identity.path, "state": _plain(catalog.objects[identity])}
        kinds.setdefault(identity.kind, []).append(entry)
    return _with_the_rest(catalog, kinds)


def packed(catalog: Catalog) -> dict[str, Any]:
    """The catalog as what JSON is made of, for a cache: of each kind the names of its fields, and then for each object
    its path and a value a field. Read back by `unpacked`."""
    kinds: dict[str, list[list[Any]]] = {}
    for identity in sorted(catalog.objects):
        state = catalog.objects[identity]
        if identity.kind not in kinds:
            kinds[identity.kind] = [list(_names_of(type(state)))]
        kinds[identity.kind].append([identity.path, *[getattr(state, name) for name in kinds[identity.kind][0]]])
    return _with_the_rest(catalog, kinds)


def _with_the_rest(catalog: Catalog, objects: Any) -> dict[str, Any]:
    """A document: the objects as they are written in it, and what cuts across kinds."""
    return {
        "version": CATALOG_VERSION,
        "server": catalog.server,
        "objects": objects,
        "comments": [[one.kind, list(one.path), text] for one, text in sorted(catalog.comments.items())],
        "owners": [[one.kind, list(one.path), role] for one, role in sorted(catalog.owners.items())],
        "grants": [
            [one.kind, list(one.path), [_plain(grant) for grant in grants]]
            for one, grants in sorted(catalog.grants.items(), key=lambda item: item[0])
        ],
        "dependencies": sorted([a.kind, *a.path, "->", b.kind, *b.path] for a, b in catalog.dependencies),
        "unread": [[item.kind, item.name, list(item.of) if item.of else None] for item in catalog.unread],
    }


_FIELD_NAMES: dict[Any, tuple[str, ...]] = {}  # by class of state; asked once for each of a catalog's thousands


def _plain(state: Any) -> dict[str, Any]:
    """A state's fields: texts, numbers, truths, None and tuples of them, which JSON writes as arrays."""
    return {name: getattr(state, name) for name in _names_of(type(state))}


def _names_of(kind: Any) -> tuple[str, ...]:
    if kind not in _FIELD_NAMES:
        _FIELD_NAMES[kind] = tuple(field.name for field in fields(kind))
    return _FIELD_NAMES[kind]


def catalog_from_json(text: str, *, name: str) -> Catalog:
    """The catalog that `catalog_to_json` wrote. Raises UnknownSource, naming `name`, where the text is not one."""
    try:
        document = json.loads(text)
    except ValueError as exc:
        raise UnknownSource(f"is not JSON: {exc}", where=name) from exc
    return catalog_from_document(document, name=name)


def catalog_from_document(document: Any, *, name: str) -> Catalog:
    """The catalog that `document_of` gave, as JSON gives it back. Raises UnknownSource as `catalog_from_json`."""
    try:
        with without_collector():
            return _catalog(document, name)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise UnknownSource(f"is not a catalog written by `schema export --as json`: {exc}", where=name) from exc


def unpacked(document: Any) -> Catalog:
    """The catalog that `packed` gave, as JSON gives it back. Raises ValueError, KeyError, TypeError or UnknownSource
    for anything else, as that of another version is."""
    with without_collector():
        objects: dict[ObjectId, Any] = {}
        for kind in all_kinds():
            names, *rows = document["objects"].get(kind.name, ((),))
            for path, *values in rows:
                whole = [_tuples(value) if type(value) is list else value for value in values]
                objects[ObjectId(kind.name, tuple(path))] = kind.state(**dict(zip(names, whole, strict=True)))
        return _whole(document, objects, "a cache")


def _catalog(document: Any, name: str) -> Catalog:
    if document["version"] != CATALOG_VERSION:
        raise UnknownSource(f"is a catalog of version {document['version']}; this reads {CATALOG_VERSION}", where=name)
    objects: dict[ObjectId, Any] = {}
    for kind in all_kinds():
        for entry in document["objects"].get(kind.name, ()):
            identity = ObjectId(kind.name, tuple(entry["path"]))
            objects[identity] = kind.state(**{field: _tuples(value) for field, value in entry["state"].items()})
    return _whole(document, objects, name)


def _whole(document: Any, objects: dict[ObjectId, Any], name: str) -> Catalog:
    """The catalog of these objects, with what cuts across kinds from the document."""
    strangers = set(document["objects"]) - {kind.name for kind in all_kinds()}
    if strangers:
        raise UnknownSource(f"holds kinds this version does not know: {', '.join(sorted(strangers))}", where=name)
    # One object a name, so that looking it up later compares nothing but where it is.
    known: dict[tuple[str, ...], ObjectId] = {(one.kind, *one.path): one for one in objects}

    def called(kind: str, *path: str) -> ObjectId:
        return known.get((kind, *path)) or ObjectId(kind, path)

    pairs = set()
    for line in document["dependencies"]:
        arrow = line.index("->")
        pairs.add((called(*line[:arrow]), called(*line[arrow + 1 :])))
    return Catalog(
        objects=objects,
        comments={called(kind, *path): comment for kind, path, comment in document["comments"]},
        owners={called(kind, *path): role for kind, path, role in document["owners"]},
        grants={
            called(kind, *path): tuple(Grant(**grant) for grant in grants) for kind, path, grants in document["grants"]
        },
        dependencies=frozenset(pairs),
        unread=tuple(Unread(kind, label, tuple(of) if of else None) for kind, label, of in document["unread"]),
        server=document["server"],
    )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
