"""How is an index built, and a key made from one, while rows are written?"""

from __future__ import annotations

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.index import Index
from pgmason.names import ObjectId
from pgmason.remedies import Remedy, alone, together

__all__ = ["dropped_concurrently", "key_using_index", "qualified", "with_concurrently"]

_LEFT_OVER = "a build that fails leaves an invalid index behind: drop it (DROP INDEX CONCURRENTLY) before the next try"


def qualified(path: tuple[str, ...]) -> str:
    """A path as SQL needs it."""
    return ".".join(identifier(part) for part in path)


def with_concurrently(index: Index, identity: ObjectId) -> Remedy:
    """CREATE INDEX CONCURRENTLY, in the server's own words of the index."""
    drop = f"DROP INDEX CONCURRENTLY {qualified(identity.path)}"
    return Remedy(
        files=(alone(concurrent_definition(index.definition), undo=(drop,)),), note=_LEFT_OVER, equivalent=True
    )


def dropped_concurrently(identity: ObjectId, index: Index | None) -> Remedy:
    """DROP INDEX CONCURRENTLY, which makes nobody wait."""
    undo = (concurrent_definition(index.definition),) if index is not None else ()
    drop = f"DROP INDEX CONCURRENTLY {qualified(identity.path)}"
    return Remedy(files=(alone(drop, undo=undo),), equivalent=True)


def concurrent_definition(definition: str) -> str:
    """`CREATE [UNIQUE] INDEX name ...`, as pg_get_indexdef says it, with CONCURRENTLY."""
    head, word, tail = definition.partition("INDEX ")
    return f"{head}{word}CONCURRENTLY {tail}"


def key_using_index(key: ObjectId, index: Index, *, primary: bool, deferral: str = "") -> Remedy:
    """The unique index first, then the key from it: that takes its lock for an instant and reads nothing.

    `deferral` are the words behind the key: DEFERRABLE and its kin.
    """
    words = "PRIMARY KEY" if primary else "UNIQUE"
    after = f" {deferral}" if deferral else ""
    table, name = qualified(key.path[:2]), identifier(key.own_name)
    drop = f"DROP INDEX CONCURRENTLY {qualified((key.path[0], key.path[2]))}"
    return Remedy(
        files=(
            alone(concurrent_definition(index.definition), undo=(drop,)),
            together(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} {words} USING INDEX {name}{after}",
                # the constraint takes its index away with it, so the way back builds that anew
                undo=(f"ALTER TABLE {table} DROP CONSTRAINT {name}", index.definition),
            ),
        ),
        note=_LEFT_OVER,
        equivalent=True,
    )
