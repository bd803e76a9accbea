"""How does a table that is in use get a primary key or a unique constraint?

Its index is built CONCURRENTLY; ADD CONSTRAINT ... USING INDEX then takes the lock for an instant and reads nothing. A
primary key over columns that may be NULL would read the table to see that none is, so they are made NOT NULL first, by
a CHECK that is validated. On a partitioned table every partition gets its constraint so, and the parent's attaches them
(DefineIndex, commands/indexcmds.c, takes a partition's index only where a constraint stands on it).
"""

from __future__ import annotations

from collections.abc import Iterable

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.unique import Unique
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.remedies import File, Remedy, alone, together
from pgmason.remedies.constraints import not_null_by_check
from pgmason.remedies.hierarchy import is_partitioned
from pgmason.remedies.indexes import LEFT_OVER, concurrent_definition, qualified

__all__ = ["key_from_index"]


def key_from_index(
    before: Catalog, after: Catalog, key: ObjectId, *, required: Iterable[ObjectId] = (), index: str | None = None
) -> Remedy | None:
    """The steps to a key as `after` has it; None where its index is not known.

    `required` are the columns that it makes NOT NULL, `index` the name of the one that it takes over, None where it
    builds its own.
    """
    steps = [file for column in required for file in not_null_by_check(column).files]
    parts: list[str] = []
    for one in _below(after, key):
        state = after.objects[one]
        table = ObjectId("table", one.path[:2])
        if is_partitioned(after, table) or one in before.objects:
            continue
        parts.append(_added(one, after.objects[one].definition))
        steps += _made(before, after, one, state, taken_over=index if one == key else None)
    if is_partitioned(after, ObjectId("table", key.path[:2])):
        # the key of the whole takes those of the partitions away with it
        drop = f"ALTER TABLE {qualified(key.path[:2])} DROP CONSTRAINT {identifier(key.own_name)}"
        steps.append(together(_added(key, after.objects[key].definition), undo=(drop, *parts)))
    built = any(not file.transaction for file in steps)
    whole = index is None or ObjectId("index", (key.path[0], index)) in before.objects
    return Remedy(files=tuple(steps), note=LEFT_OVER if built else "", equivalent=whole) if steps else None


def _made(
    before: Catalog, after: Catalog, key: ObjectId, state: PrimaryKey | Unique, *, taken_over: str | None
) -> Iterable[File]:
    """One table's key: its index, where it takes none over, and the key from it."""
    name = ObjectId("index", (key.path[0], key.path[2]))
    index = after.objects.get(name)
    if not isinstance(index, Index):
        return
    if taken_over is None:
        drop = f"DROP INDEX CONCURRENTLY {qualified(name.path)}"
        yield alone(concurrent_definition(index.definition), undo=(drop,))
    met = before.objects.get(ObjectId("index", (key.path[0], taken_over))) if taken_over is not None else None
    words = "PRIMARY KEY" if isinstance(state, PrimaryKey) else "UNIQUE"
    timing = " DEFERRABLE" if state.deferrable else ""
    timing += " INITIALLY DEFERRED" if state.deferred else ""
    yield together(
        _added(key, f"{words} USING INDEX {identifier(taken_over or key.own_name)}{timing}"),
        # the constraint takes its index away with it, so the way back builds that anew
        undo=(
            f"ALTER TABLE {qualified(key.path[:2])} DROP CONSTRAINT {identifier(key.own_name)}",
            met.definition if isinstance(met, Index) else index.definition,
        ),
    )


def _added(key: ObjectId, definition: str) -> str:
    return f"ALTER TABLE {qualified(key.path[:2])} ADD CONSTRAINT {identifier(key.own_name)} {definition}"


def _below(catalog: Catalog, key: ObjectId) -> tuple[ObjectId, ...]:
    """The key and those of the partitions that belong to it, at any depth."""
    children: dict[tuple[str, ...], list[ObjectId]] = {}
    keys: tuple[tuple[ObjectId, PrimaryKey | Unique], ...] = (*catalog.of(PrimaryKey), *catalog.of(Unique))
    for one, state in keys:
        if state.partition_of is not None:
            children.setdefault(state.partition_of, []).append(one)
    found = [key]
    for one in found:
        found += children.get(one.path, [])
    return tuple(found)
