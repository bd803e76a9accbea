"""Names of objects, for tests."""

from __future__ import annotations

from collections.abc import Iterable

from pgmason.effects.model import ObjectChange


def named(changes: Iterable[ObjectChange]) -> list[str]:
    return [str(change.object) for change in changes]
