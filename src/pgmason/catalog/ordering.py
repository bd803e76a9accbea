"""In which order are the objects of a catalog made, so that each finds what it depends on?

As near to the order in which a person reads a schema as the dependencies allow: schemas, types, functions; table by
table with its indexes, triggers and comments; foreign keys; views. A circle is broken by the kind that can be made in
two steps (`Kind.shell`). Pure: no SQL is written here, that is `script.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any, NamedTuple

from pgmason.catalog.kinds import Kind, all_kinds
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.errors import Unsupported
from pgmason.names import ObjectId

__all__ = ["Making", "Work", "in_order"]


class Work(IntEnum):
    """What is done for an object at one place of a script."""

    WHOLE = 0  # Kind.create
    BEGIN = 1  # Kind.shell.begin
    COMPLETE = 2  # Kind.shell.complete
    LATER = 3  # one statement of Kind.later
    TELL = 4  # its comments and grants
    FINISH = 5  # Kind.finish


class Making(NamedTuple):
    """One place of a script: the object, what is done for it, and which of its `later` statements it is."""

    object: ObjectId
    work: Work
    number: int = 0


# The order in which a person reads a schema. A kind that is not named comes after those that are.
SECTIONS = (
    "schema",
    "extension",
    "language",
    "access method",
    "foreign-data wrapper",
    "foreign server",
    "user mapping",
    "collation",
    "conversion",
    "enum",
    "domain",
    "composite type",
    "range type",
    "base type",
    "cast",  # what uses one that has no function of its own depends on it without a trace
    "function",
    "procedure",
    "aggregate",
    "operator",
    "operator family",
    "operator class",
    "transform",
    "text search parser",
    "text search template",
    "text search dictionary",
    "text search configuration",
    "sequence",
    "table",
    "foreign table",
    "foreign key",
    "view",
    "materialized view",
    "large object",
    "publication",
    "subscription",
    "default privileges",  # they would change what is made after them
    "event trigger",  # it fires on whatever comes after it
)
# Within a relation: what is made with it, then these, then comments and grants.
MEMBERS = (
    "table",
    "column",
    "primary key",
    "unique",
    "exclusion constraint",
    "check",
    "foreign key",
    "index",
    "extended statistics",
    "rule",
    "trigger",
    "policy",
)
# What is made in two steps first where a circle gives the choice: the one whose first step says most.
_SHELLS = ("base type", "range type", "table", "domain", "view", "function", "procedure")
_RELATIONS = ("table", "view", "materialized view", "foreign table", "composite type", "domain")

_SECTION = {kind: number for number, kind in enumerate(SECTIONS)}
_SECTION["materialized view"] = _SECTION["view"]  # views of both sorts are read in one row
_MEMBER = {kind: number for number, kind in enumerate(MEMBERS)}

Group = tuple[int, tuple[str, ...], tuple[str, ...], str]  # section, family, path and kind of the head
Place = tuple[int, int, int, tuple[str, ...], int, int]  # within its group


def in_order(catalog: Catalog) -> tuple[tuple[int, ObjectId, Making], ...]:
    """Every making, in order, each with its section and with the head of the group in which it is read.

    Raises Unsupported, naming the members, where a circle of dependencies has none that can be made in two steps.
    """
    plan = _Plan(catalog)
    plan.break_circles()
    return tuple(plan.sorted())


class _Plan:
    """The makings of a catalog by number, and for each the numbers of those that must come before it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kinds: Mapping[str, Kind] = {kind.name: kind for kind in all_kinds()}
        self._by_kind: dict[str, list[tuple[ObjectId, Any]]] = {}
        for identity, state in catalog.objects.items():
            self._by_kind.setdefault(identity.kind, []).append((identity, state))
        self._is_member = {kind: members[0][0].is_member for kind, members in self._by_kind.items()}  # as all of a kind
        self._relations = {one.path: one for kind in _RELATIONS for one, _ in self._by_kind.get(kind, ())}
        self._heads: dict[ObjectId, ObjectId] = {}  # those that were asked for
        self._makings: list[Making] = []
        self._needs: list[set[int]] = []
        self._made_elsewhere: list[ObjectId] = []  # what another object makes than the one in whose group it is read
        self._makers = self._find_makers()  # for each object the number of the making that makes it
        self._wanted: list[tuple[int, ObjectId]] = []  # (a making, an object that it needs as it was said)
        self._selfish: set[int] = set()  # what cannot be made whole before it is there, as a recursive function
        self._laters = self._find_laters()
        self._find_needs()
        for identity, laters in self._laters.items():
            for number, others in enumerate(laters):
                known = {self._makers[one] for one in others if one in self._makers}
                self._add(Making(identity, Work.LATER, number), {self._makers[identity], *known})
        for identity in self._told():
            self._add(Making(identity, Work.TELL), {self._makers[identity]})
        self._add_finishes()

    def _add(self, making: Making, needs: set[int]) -> int:
        self._makings.append(making)
        self._needs.append(needs)
        return len(self._makings) - 1

    def _find_makers(self) -> dict[ObjectId, int]:
        """Every object is made by itself, or with another: a column with its table."""
        made: dict[ObjectId, ObjectId] = {}
        for kind, members in self._by_kind.items():
            makes = self._kinds[kind].makes
            if makes is not None:
                for identity, state in members:
                    for other in makes(identity, state, self._catalog):
                        made.setdefault(other, identity)
        numbers = {
            identity: self._add(Making(identity, Work.WHOLE), set())
            for identity in self._catalog.objects
            if identity not in made
        }

        makers = dict(numbers)
        for identity, maker in made.items():
            while maker not in numbers:
                maker = made[maker]
            makers[identity] = numbers[maker]
            within = maker.kind in _RELATIONS and identity.path[:2] == maker.path and self._is_member[identity.kind]
            if not within and self._head(identity) != maker:
                self._made_elsewhere.append(identity)
        return makers

    def _find_laters(self) -> dict[ObjectId, list[tuple[ObjectId, ...]]]:
        """For each object with statements of `later`, what each of them waits for."""
        laters = {}
        for kind, members in self._by_kind.items():
            later = self._kinds[kind].later
            if later is None:
                continue
            for identity, state in members:
                if self._makings[self._makers[identity]].object == identity:
                    laters[identity] = [others for others, _ in later(identity, state, self._catalog)]
        return laters

    def _find_needs(self) -> None:
        """What each making needs, that aside which `later` waits for."""
        waited = {
            identity: {self._makers[one] for others in laters for one in others if one in self._makers}
            for identity, laters in self._laters.items()
        }
        makers, needs, wanted = self._makers, self._needs, self._wanted
        for dependent, needed in self._said_needs():
            maker, other = makers.get(dependent), makers.get(needed)
            if maker is None or other is None:
                continue
            if maker != other:
                if dependent not in waited or other not in waited[dependent]:
                    needs[maker].add(other)
                    wanted.append((maker, needed))
            elif dependent == needed:
                self._selfish.add(maker)

    def _said_needs(self) -> Iterator[tuple[ObjectId, ObjectId]]:
        """(dependent, needed): pg_depend, the relation around a member, and what kinds wait for."""
        # What is made with the object around it needs nothing more of that, and this is most of a catalog.
        for identity in (*(making.object for making in self._makings), *self._made_elsewhere):
            head = self._head(identity)
            if head is not identity:
                yield identity, head
        for kind, members in self._by_kind.items():
            waits_for = self._kinds[kind].waits_for
            if waits_for is not None:
                for identity, state in members:
                    for other in waits_for(identity, state, self._catalog):
                        yield identity, other
        for index, earlier in self._catalog.overtaken.items():
            for other in earlier:
                yield index, other
        yield from self._catalog.dependencies
        casts: dict[ObjectId, list[ObjectId]] = {}
        for cast, function in self._catalog.dependencies:
            if cast.kind == "cast" and function.kind == "function":
                casts.setdefault(function, []).append(cast)
        for dependent, function in self._catalog.dependencies if casts else ():
            # `x::t` depends on the function behind the cast, and would be read in another way without the cast.
            # A function that depends on itself may do so through the cast.
            for cast in casts.get(function, ()) if dependent.kind != "cast" else ():
                yield dependent, cast

    def _told(self) -> Iterator[ObjectId]:
        """The objects that comments or grants are told of; a column of a view or composite type with that."""
        for identity in {*self._catalog.comments, *self._catalog.grants}:
            if identity in self._makers:
                yield identity
            elif identity.kind == "column" and identity.path[:2] in self._relations:
                yield self._relations[identity.path[:2]]

    def _add_finishes(self) -> None:
        """What is done at the end, in order too: a materialized view is filled after those below it."""
        finishes = {
            number: self._add(Making(making.object, Work.FINISH), {number})
            for number, making in enumerate(self._makings[:])
            if making.work is Work.WHOLE and self._kinds[making.object.kind].finish is not None
        }
        for number, finish in finishes.items():
            seen, ahead = {number}, [number]
            while ahead:
                for other in self._needs[ahead.pop()] - seen:
                    seen.add(other)
                    ahead.append(other)
            self._needs[finish] |= {finishes[other] for other in seen if other in finishes and other != number}

    def break_circles(self) -> None:
        """Make in two steps what stands in a circle, until no circle is left."""
        while circles := [circle for circle in _components(self._needs) if len(circle) > 1]:
            for circle in circles:
                self._split(circle)
        for number in sorted(self._selfish, key=lambda one: self._makings[one]):
            if self._makings[number].work is Work.WHOLE:
                self._split({number})

    def _split(self, circle: set[int]) -> None:
        breakable = [
            number
            for number in circle
            if self._makings[number].work is Work.WHOLE and self._kind(number).shell is not None
        ]
        if not breakable:
            names = ", ".join(sorted(str(self._makings[number].object) for number in circle))
            raise Unsupported(f"these depend on each other in a circle that no script can make: {names}")
        whole = min(breakable, key=lambda one: (_rank(self._kind(one).name, _SHELLS), self._makings[one]))
        shell, identity = self._kind(whole).shell, self._makings[whole].object
        assert shell is not None
        enough = {self._makers[one] for making, one in self._wanted if making == whole and shell.needs(one)}
        before = self._needs[whole]
        complete = self._add(Making(identity, Work.COMPLETE), {*before, whole})
        self._makings[whole], self._needs[whole] = Making(identity, Work.BEGIN), before & enough
        for number, needed in enumerate(self._needs):
            if whole in needed and number != complete and number not in circle:
                needed.remove(whole)
                needed.add(complete)

    def _kind(self, number: int) -> Kind:
        return self._kinds[self._makings[number].object.kind]

    def sorted(self) -> Iterator[tuple[int, ObjectId, Making]]:
        """The makings, each after what it needs, and otherwise as a person reads.

        What is ready of a group comes before the next group, also where that has been waiting longer.
        """
        missing = [len(needed) for needed in self._needs]
        waiting: list[list[int]] = [[] for _ in self._needs]
        for number, needed in enumerate(self._needs):
            for other in needed:
                waiting[other].append(number)
        groups: list[Group] = []
        members: dict[Group, list[tuple[Place, int]]] = {}

        def ready(number: int) -> None:
            group, place = self._place(self._makings[number])
            if group not in members:
                heappush(groups, group)
                members[group] = []
            heappush(members[group], (place, number))

        for number, count in enumerate(missing):
            if count == 0:
                ready(number)
        while groups:
            group = heappop(groups)
            while members[group]:
                _, number = heappop(members[group])
                yield group[0], self._reading_head(self._makings[number]), self._makings[number]
                for other in waiting[number]:
                    missing[other] -= 1
                    if missing[other] == 0:
                        ready(other)
            del members[group]

    def _head(self, identity: ObjectId) -> ObjectId:
        """The relation in whose group an object is read, or the object itself."""
        head = self._heads.get(identity)
        if head is None:
            member = self._is_member[identity.kind]
            owner = identity.path[:2] if member else getattr(self._catalog.objects[identity], "table", None)
            head = self._relations.get(owner, identity) if isinstance(owner, tuple) else identity
            self._heads[identity] = head
        return head

    def _reading_head(self, making: Making) -> ObjectId:
        """In whose group a making is read: OWNED BY of a sequence is read with the table."""
        head = self._head(making.object)
        if making.work is Work.LATER and head is making.object:
            others = self._laters[making.object][making.number]
            known = [one for one in others if one in self._makers]
            return self._head(known[0]) if known else head
        return head

    def _place(self, making: Making) -> tuple[Group, Place]:
        identity, work = making.object, making.work
        head = self._reading_head(making)
        if work is Work.FINISH:
            return (_SECTION["default privileges"], (), identity.path, ""), (0, 0, 0, identity.path, work, 0)
        section = _SECTION["foreign key"] if identity.kind == "foreign key" else _SECTION.get(head.kind, len(SECTIONS))
        group = (section, self._family(head), head.path, head.kind)
        kind = _MEMBER.get(identity.kind, len(MEMBERS)) if head != identity else 0
        if work is Work.TELL:  # comments and grants of a whole group stand together at its end, columns in their order
            return group, (len(MEMBERS) + 1, kind, self._position(identity), identity.path, work, making.number)
        kind = kind if head == self._head(identity) else 0  # OWNED BY follows the table at once
        return group, (kind, 0, 0, identity.path, work, making.number)

    def _position(self, identity: ObjectId) -> int:
        """Where among the columns of its table a column stands."""
        table = self._catalog.objects.get(identity.relation) if identity.kind == "column" else None
        return table.columns.index(identity.own_name) if isinstance(table, Table) else 0

    def _family(self, identity: ObjectId) -> tuple[str, ...]:
        """The path of the table at the root of a partitioned one, which is read before its partitions."""
        state = self._catalog.objects.get(identity)
        while isinstance(state, Table) and state.partition_of is not None:
            identity = ObjectId("table", state.partition_of)
            state = self._catalog.objects.get(identity)
        return identity.path


def _rank(word: str, words: tuple[str, ...]) -> int:
    return words.index(word) if word in words else len(words)


def _components(needs: Sequence[Iterable[int]]) -> Iterator[set[int]]:
    """The strongly connected components (Tarjan 1972, without recursion)."""
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_: dict[int, None] = {}
    for root in range(len(needs)):
        if root in number:
            continue
        number[root] = lowest[root] = len(number)
        open_[root] = None
        path = [(root, iter(needs[root]))]
        while path:
            one, others = path[-1]
            for other in others:
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    open_[other] = None
                    path.append((other, iter(needs[other])))
                    break
                if other in open_:
                    lowest[one] = min(lowest[one], number[other])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[one])
                if lowest[one] == number[one]:
                    component = set()
                    while True:
                        member, _ = open_.popitem()
                        component.add(member)
                        if member == one:
                            break
                    yield component
