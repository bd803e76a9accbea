"""Which changes are judged, where a side speaks a language that cannot say everything?

Those that every language of the two sides can say. An object beyond one of them is kept, with all that belongs to
it; of an object within, a field is judged where its meaning differs, and kept where the language has no word for it.
What the languages merely word differently (the order of columns, a default's spelling) is neither. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pgmason.names import ObjectId

if TYPE_CHECKING:
    from pgmason.catalog.model import Catalog
    from pgmason.catalog.reach import Reach, Said
    from pgmason.plan.diff import Change, Created, Dropped

__all__ = ["judged"]

# Told with the fields that differ, and never by themselves: words of the server, what no language can choose, and what
# another object says already (the constraint that an index serves).
_WORDING = frozenset(
    {"definition", "order", "columns", "labels", "default", "expression", "key_columns", "keys", "constraint"}
    | {"not_null_name"}
)


def judged(
    changes: Sequence[Change], current: Catalog, desired: Catalog, reaches: Iterable[Reach]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """(the changes that count, those that are kept), each in the order given."""
    reaches = tuple(reaches)
    if not reaches:
        return tuple(changes), ()
    counting: list[Change] = []
    kept: list[Change] = []
    by_object: dict[ObjectId, list[Change]] = {}
    for change in changes:
        by_object.setdefault(change.object, []).append(change)
    for identity, own in by_object.items():
        within = _Within(identity, current, desired, reaches)
        for change in own:
            _sort(change, within, own, counting, kept, current, desired, reaches)
    return tuple(counting), tuple(kept)


class _Within:
    """What the languages say of one object, on each side on which it exists."""

    __slots__ = ("after", "before", "reaches")

    def __init__(self, identity: ObjectId, current: Catalog, desired: Catalog, reaches: Sequence[Reach]) -> None:
        self.reaches = reaches
        self.before = [_said(identity, current, reach) for reach in reaches]
        self.after = [_said(identity, desired, reach) for reach in reaches]

    @property
    def reached(self) -> bool:
        """Whether every language can say the object, as it is on a side at least."""
        return all(b is not None or a is not None for b, a in zip(self.before, self.after, strict=True))

    def differs(self, field: str) -> bool:
        """Whether every language says that the field differs."""
        for before, after in zip(self.before, self.after, strict=True):
            if before is None and after is None:
                return False
            if before is None or after is None:
                continue  # on one side it is another thing altogether, under the same name
            if field not in before.fields or field not in after.fields or before.fields[field] == after.fields[field]:
                return False
        return True


def _said(identity: ObjectId, catalog: Catalog, reach: Reach) -> Said | None:
    state = catalog.objects.get(identity)
    return reach.says(identity, state, catalog) if state is not None else None


def _sort(
    change: Change,
    within: _Within,
    own: Sequence[Change],
    counting: list[Change],
    kept: list[Change],
    current: Catalog,
    desired: Catalog,
    reaches: Sequence[Reach],
) -> None:
    from pgmason.plan.diff import Altered, Commented, Created, Dropped, Granted

    if isinstance(change, Created | Dropped):
        catalog = desired if isinstance(change, Created) else current
        counts, keeps = _whole(change, catalog, reaches)
        counting += counts
        kept += keeps
    elif isinstance(change, Altered):
        names = [one.field for one in own if isinstance(one, Altered)]
        if within.reached and change.field == "definition":
            if any(within.differs(name) for name in names if name != "definition"):
                counting.append(change)
        elif within.reached and within.differs(_meant(change.field)):
            counting.append(change)
        elif change.field not in _WORDING:
            kept.append(change)
    else:
        flag = {Commented: "comments", Granted: "grants"}.get(type(change), "owners")
        if within.reached and all(getattr(reach, flag) for reach in reaches):
            counting.append(change)
        else:
            kept.append(change)


def _meant(field: str) -> str:
    """The state's field that a change's field stands for."""
    return "columns" if field == "order" else field


def _whole(change: Created | Dropped, catalog: Catalog, reaches: Sequence[Reach]) -> tuple[list[Change], list[Change]]:
    """An object that came or went, with its parts: whole where it is within reach, else part by part."""
    if _is_whole(change, catalog, reaches):
        return [change], []
    return list(_parts(change, catalog, reaches)), [change]


def _is_whole(change: Created | Dropped, catalog: Catalog, reaches: Sequence[Reach]) -> bool:
    said = (reach.says(change.object, change.state, catalog) for reach in reaches)
    return all(one is not None and one.whole for one in said)


def _parts(change: Created | Dropped, catalog: Catalog, reaches: Sequence[Reach]) -> Iterator[Change]:
    for part in change.parts:
        if _is_whole(part, catalog, reaches):
            yield part
        else:
            yield from _parts(part, catalog, reaches)
