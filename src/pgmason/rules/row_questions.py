"""What should production be asked before a statement is deployed that some rows would make fail?

A migration is tried on a few valid rows. Whether production's are unique, filled and in keeping with a CHECK, only
production knows; each question is a query whose answer must be 0.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pgmason.effects.model import Effect
from pgmason.names import ObjectId
from pgmason.remedies import Remedy

__all__ = ["asked_first", "with_questions"]


def asked_first(effect: Effect, objects: Collection[ObjectId]) -> str:
    """The questions about these objects as comments, a line each; "" for none."""
    queries = dict.fromkeys(one.query for one in effect.depends_on_rows if one.object in objects)
    return "\n".join(f"-- ask production first, it fails unless this gives 0: {query}" for query in queries)


def with_questions(remedy: Remedy | None, effect: Effect, *objects: ObjectId) -> Remedy | None:
    """The remedy with the questions below it."""
    asked = asked_first(effect, objects)
    if remedy is None or not asked:
        return remedy
    return replace(remedy, note="\n".join(part for part in (remedy.note, asked) if part))
