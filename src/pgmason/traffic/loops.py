"""What is concluded of the lookups that were heard: loops, and repetitions that are no loop's.

And what tells a value that was followed from two that happen to be equal: its length, and the names of columns. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Loop", "Repetition", "add_loop", "is_telling", "named_alike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """An N+1: `statement` was sent `times` times for `rows` rows that `parent` found, looking up `column`.

    `by_count` where values could not be followed. `seen` says how often the whole loop was met; `times` and `rows` are
    the largest. `sites` are places in the program's code, where they are known.
    """

    statement: str
    fingerprint: str
    column: str
    parent: str
    parent_column: str
    times: int
    rows: int
    in_transaction: bool
    by_count: bool
    databases: tuple[str, ...]
    seen: int = 1
    sites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A lookup sent many times in one transaction with different values that follow no query: told, not accused."""

    statement: str
    times: int


def add_loop(found: dict[tuple[str, str], Loop], loop: Loop) -> None:
    """Put a loop among those found: of the same statement after the same parent, the longest is told."""
    key = (loop.fingerprint, loop.parent)
    other = found.get(key)
    if other is None:
        found[key] = loop
        return
    larger = loop if loop.times > other.times else other
    found[key] = Loop(
        **{
            **{name: getattr(larger, name) for name in (one.name for one in fields(Loop))},
            "databases": tuple(sorted({*loop.databases, *other.databases})),
            "seen": loop.seen + other.seen,
            "sites": tuple(dict.fromkeys((*other.sites, *loop.sites))),
        }
    )


def is_telling(value: str) -> bool:
    """Whether a value is too long for a coincidence."""
    return len(value) >= 8 or (value.isdigit() and len(value) >= 5)


def named_alike(looked_up: str, found: str, table: str) -> bool:
    """Whether one name says that it refers to the other: order_id or orderId to orders.id, sku to sku."""
    plain = [name.replace("_", "").lower() for name in (looked_up, found, table)]
    looked_up, found, table = plain
    if looked_up == found:
        return looked_up != "id"
    singular = f"{table[:-3]}y" if table.endswith("ies") else table.removesuffix("s")
    return bool(table) and looked_up in (f"{singular}{found}", f"{table}{found}")
