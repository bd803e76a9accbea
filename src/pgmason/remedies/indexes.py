"""How is an index built, and a key made from one, while rows are written?"""

from __future__ import annotations

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.index import Index
from pgmason.names import ObjectId
from pgmason.remedies import Remedy, alone, together

__all__ = ["key_using_index", "qualified", "with_concurrently"]

_LEFT_OVER = "a build that fails leaves an invalid index behind: drop it (DROP INDEX CONCURRENTLY) before the next try"


def qualified(path: tuple[str, ...]) -> str:
    """A path as SQL needs it."""
    return ".".join(identifier(part) for part in path)


def with_concurrently(index: Index) -> Remedy:
    """CREATE INDEX CONCURRENTLY, in the server's own words of the index."""
    return Remedy(files=(alone(concurrent_definition(index.definition)),), note=_LEFT_OVER)


def concurrent_definition(definition: str) -> str:
    """`CREATE [UNIQUE] INDEX name ...`, as pg_get_indexdef says it, with CONCURRENTLY."""
    head, word, tail = definition.partition("INDEX ")
    return f"{head}{word}CONCURRENTLY {tail}"


def key_using_index(key: ObjectId, index: Index, *, primary: bool) -> Remedy:
    """The unique index first, then the key from it: that takes its lock for an instant and reads nothing."""
    words = "PRIMARY KEY" if primary else "UNIQUE"
    name = identifier(key.own_name)
    return Remedy(
        files=(
            alone(concurrent_definition(index.definition)),
            together(f"ALTER TABLE {qualified(key.path[:2])} ADD CONSTRAINT {name} {words} USING INDEX {name}"),
        ),
        note=_LEFT_OVER,
    )
