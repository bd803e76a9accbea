"""How is an index built while rows are written?

CONCURRENTLY reads the table twice and keeps nobody from writing. A partitioned table takes no CONCURRENTLY: its index
is made empty with ON ONLY, each partition's concurrently, and the parent's becomes valid when the last one is attached
(PostgreSQL manual, 5.11.2.2 Partition Maintenance).
"""

from __future__ import annotations

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.remedies import File, Remedy, alone, together
from pgmason.remedies.hierarchy import is_partitioned

__all__ = ["LEFT_OVER", "concurrent_definition", "dropped_concurrently", "qualified", "with_concurrently"]

LEFT_OVER = "a build that fails leaves an invalid index behind: drop it (DROP INDEX CONCURRENTLY) before the next try"


def qualified(path: tuple[str, ...]) -> str:
    """A path as SQL needs it."""
    return ".".join(identifier(part) for part in path)


def with_concurrently(before: Catalog, after: Catalog, index: ObjectId) -> Remedy:
    """The index, and those of all partitions, in the server's own words; what `before` has already is only attached."""
    tree = _tree(after, index)
    empty = [one for one in tree if is_partitioned(after, ObjectId("table", after.objects[one].table))]
    new = [one for one in tree if one not in before.objects]
    files: list[File] = []
    if empty:
        made = [one for one in empty if one in new]
        drops = tuple(f"DROP INDEX {qualified(one.path)}" for one in reversed(made))
        files.append(together(*(after.objects[one].definition for one in made), undo=drops))
    for one in new:
        if one not in empty:
            drop = f"DROP INDEX CONCURRENTLY {qualified(one.path)}"
            files.append(alone(concurrent_definition(after.objects[one].definition), undo=(drop,)))
    attached = [
        f"ALTER INDEX {qualified(parent)} ATTACH PARTITION {qualified(one.path)}"
        for one in reversed(tree)
        if (parent := after.objects[one].partition_of) is not None and one != index
    ]
    if attached:
        # a partition's index cannot be taken off its parent's again: all are dropped, and those before are made anew
        anew = (after.objects[one].definition for one in tree)
        files.append(together(*attached, undo=(f"DROP INDEX {qualified(index.path)}", *anew)))
    return Remedy(files=tuple(files), note=LEFT_OVER, equivalent=True)


def _tree(catalog: Catalog, index: ObjectId) -> tuple[ObjectId, ...]:
    """The index and those attached to it, at any depth, each after the one that it is attached to."""
    children: dict[tuple[str, str], list[ObjectId]] = {}
    for one, state in catalog.of(Index):
        if state.partition_of is not None:
            children.setdefault(state.partition_of, []).append(one)
    found = [index]
    for one in found:
        found += children.get((one.path[0], one.path[1]), [])
    return tuple(found)


def dropped_concurrently(identity: ObjectId, index: Index | None) -> Remedy:
    """DROP INDEX CONCURRENTLY, which makes nobody wait."""
    undo = (concurrent_definition(index.definition),) if index is not None else ()
    drop = f"DROP INDEX CONCURRENTLY {qualified(identity.path)}"
    return Remedy(files=(alone(drop, undo=undo),), equivalent=True)


def concurrent_definition(definition: str) -> str:
    """`CREATE [UNIQUE] INDEX name ...`, as pg_get_indexdef says it, with CONCURRENTLY."""
    head, word, tail = definition.partition("INDEX ")
    return f"{head}{word}CONCURRENTLY {tail}"
