"""Is a lookup repeated for each row that an earlier query found? (N+1)

What is held against a program is a flow of values, not a count: one query found rows, and then the same statement was
sent for three or more of them, each time with the value of one column in one of these rows. So no accusation is made of

    - a retry (the same value again), turned pages (no lookup by equality), batches (several values at a time),
      loops over different statements, INSERTs of any number, UPDATEs row by row as an ORM sends them (they are noted);
    - one lookup for each request, where each runs in a transaction of its own, or, as in a suite that rolls everything
      back, in a savepoint of its own;
    - small numbers that happen to be equal: without a foreign key between the columns, a name that says so, or values
      that are too long for a coincidence, nothing is concluded.

Lookups belong together when they run in one transaction and below the same savepoint, or read on from a cursor that is
open, or, outside of any transaction, follow the rows of one and the same run of the earlier query. Where values cannot
be followed (they were computed in between), exactly as many different lookups as there were rows, five at least, in the
same transaction, count as well, where they are no small numbers.

What this cannot see: two requests outside of transactions whose keys come from one listing look like a loop.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pgmason.statements import Shape, Verb
from pgmason.traffic.conversation import Execution
from pgmason.traffic.loops import Loop, Repetition, add_loop, is_telling, named_alike
from pgmason.traffic.relations import Column, Relations

__all__ = ["LookupWatch"]

_COUNTED = (Verb.READ, Verb.CHANGE, Verb.INSERT, Verb.DECLARE, Verb.FETCH, Verb.EXECUTE)
FEWEST = 3  # rows followed, for an accusation
FEWEST_BY_COUNT = 5
MANY = 10  # lookups of a statement in a transaction that are worth a note, whatever they follow
_ROWS = 2000  # of a result whose values are remembered
_COLUMNS = 60
_RESULTS = 200  # remembered for each database,
_VALUES = 400_000  # with at most so many values: some 100 MB


@dataclass(slots=True, eq=False)
class _Result:
    """What a query found: one run of it, all its runs in a transaction, or what was read from one cursor."""

    shape: Shape
    transaction: int | None
    database: str
    number: int
    reading_on: bool  # a cursor, or a portal that is read in pieces
    rows: int = 0
    widest: int = 0  # rows of the run with most of them
    columns: dict[int, tuple[str, int, int]] = field(default_factory=dict)  # name, table, column by place
    values: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    last: Execution | None = None
    last_rows: int = 0


@dataclass(slots=True, eq=False)
class _Group:
    """Lookups that belong together and follow one column of one result."""

    shape: Shape
    lookup: int
    result: _Result
    place: int
    in_transaction: bool
    values: set[str] = field(default_factory=set)
    times: int = 0
    sites: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Tally:
    """All lookups of a statement in one transaction."""

    shape: Shape
    database: str
    values: set[tuple[str, ...]] = field(default_factory=set)
    times: int = 0
    before: tuple[_Result, ...] = ()
    batched: bool = False
    sites: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class LookupWatch:
    """Listens to conversations and concludes; it may be asked from another thread. `relations` is asked once, at the
    first conclusion; `site` says where in the program's code a statement comes from, if anybody knows."""

    relations: Callable[[], Relations] = Relations
    site: Callable[[], str | None] = lambda: None
    statements: int = 0
    _results: dict[str, OrderedDict[object, _Result]] = field(default_factory=lambda: defaultdict(OrderedDict))
    _index: dict[str, dict[str, dict[tuple[int, int], _Result]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    _groups: dict[object, dict[object, _Group]] = field(default_factory=lambda: defaultdict(dict))
    _units: dict[int, set[object]] = field(default_factory=lambda: defaultdict(set))  # of a transaction
    _tallies: dict[tuple[int, int | None, str], _Tally] = field(default_factory=dict)
    _held: Counter[str] = field(default_factory=Counter)
    _by_transaction: dict[int, list[tuple[int, int | None, str]]] = field(default_factory=lambda: defaultdict(list))
    _numbers: int = 0
    _known: Relations | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def sent(self, execution: Execution) -> None:
        """See `conversation.Listener`."""
        with self._lock:
            self._sent(execution)

    def row(self, execution: Execution, values: Sequence[str | None]) -> None:
        """See `conversation.Listener`."""
        with self._lock:
            self._row(execution, values)

    def ended(self, transaction: int) -> None:
        """See `conversation.Listener`. What was found may be followed in the next transaction, so results stay."""
        with self._lock:
            for unit in self._units.pop(transaction, ()):
                groups = self._groups.pop(unit, {})
                lasting = {key: group for key, group in groups.items() if len(group.values) >= FEWEST}
                if lasting:
                    self._groups[unit] = lasting
            for key in self._by_transaction.pop(transaction, ()):
                if self._tallies[key].times < FEWEST_BY_COUNT:
                    del self._tallies[key]

    def _sent(self, execution: Execution) -> None:
        shape = execution.shape
        if shape.verb in _COUNTED:
            self.statements += 1
        if shape.verb is Verb.READ or shape.verb is Verb.FETCH:
            execution.kept = self._result(execution)
        if shape.verb in (Verb.READ, Verb.CHANGE) and shape.lookups:
            site = self.site()
            self._tally(execution, site)
            for place, values in enumerate(execution.looked_up):
                if len(set(values)) == 1 and shape.verb is Verb.READ:
                    self._follow(execution, place, values[0], site)

    def _row(self, execution: Execution, values: Sequence[str | None]) -> None:
        result = execution.kept
        if not isinstance(result, _Result):
            return
        result.rows += 1
        if result.last is not execution:
            result.last, result.last_rows = execution, 0
        result.last_rows += 1
        result.widest = max(result.widest, result.last_rows)
        if result.rows > _ROWS:
            return
        if not result.columns:
            result.columns = {
                place: (one.name, one.table, one.column) for place, one in enumerate(execution.fields[:_COLUMNS])
            }
        index = self._index[result.database]
        for place, value in enumerate(values[:_COLUMNS]):
            if value is not None and value not in result.values[place]:
                result.values[place][value] = result.rows
                index[value][(result.number, place)] = result
                self._held[result.database] += 1
        results = self._results[result.database]
        while self._held[result.database] > _VALUES and len(results) > 1:
            self._forget(results.popitem(last=False)[1])

    def loops(self) -> tuple[Loop, ...]:
        """Every N+1 so far, the longest first."""
        with self._lock:
            return self._loops()

    def _loops(self) -> tuple[Loop, ...]:
        found: dict[tuple[str, str], Loop] = {}
        explained: set[tuple[object, str]] = set()
        best: dict[object, _Group] = {}
        for unit, groups in self._groups.items():
            for group in groups.values():
                if self._holds(group):
                    key = (unit, group.shape.fingerprint)
                    explained.add(key)
                    other = best.get(key)
                    if other is None or self._rank(group) > self._rank(other):
                        best[key] = group
        for group in best.values():
            add_loop(found, self._loop_of(group))
        for (transaction, savepoint, fingerprint), tally in self._tallies.items():
            if (("in", transaction, savepoint), fingerprint) in explained:
                continue
            parent = _as_many(tally)
            if parent is not None:
                add_loop(found, _loop_by_count(tally, parent))
        return tuple(sorted(found.values(), key=lambda loop: (-loop.times, loop.statement, loop.parent)))

    def repetitions(self) -> tuple[Repetition, ...]:
        """Statements that looked up many values in one transaction, and are no loop's, the most often first."""
        with self._lock:
            accused = {loop.fingerprint for loop in self._loops()}
            tallies = list(self._tallies.items())
        most: dict[str, Repetition] = {}
        for (_, _, fingerprint), tally in tallies:
            if fingerprint in accused or tally.batched or len(tally.values) < MANY:
                continue
            if fingerprint not in most or most[fingerprint].times < tally.times:
                most[fingerprint] = Repetition(statement=tally.shape.text, times=tally.times)
        return tuple(sorted(most.values(), key=lambda one: (-one.times, one.statement)))

    def _result(self, execution: Execution) -> _Result:
        """Where the rows of a run go: to those of its cursor, or of the same query in the same transaction."""
        reading_on = execution.source is not None
        key: object
        if reading_on:
            key = ("cursor", execution.connection, execution.source)
        elif execution.transaction is not None:
            key = ("in", execution.transaction, execution.shape.fingerprint)
        else:
            key = ("run", self._numbers)
        results = self._results[execution.database]
        if key not in results:
            self._numbers += 1
            results[key] = _Result(
                shape=execution.declared or execution.shape,
                transaction=execution.transaction,
                database=execution.database,
                number=self._numbers,
                reading_on=reading_on,
            )
            if len(results) > _RESULTS:
                self._forget(results.popitem(last=False)[1])
        results.move_to_end(key)
        return results[key]

    def _forget(self, result: _Result) -> None:
        unit = ("after", result.number)
        if all(len(group.values) < FEWEST for group in self._groups.get(unit, {}).values()):
            self._groups.pop(unit, None)
        index = self._index[result.database]
        self._held[result.database] -= sum(map(len, result.values.values()))
        for place, values in result.values.items():
            for value in values:
                index[value].pop((result.number, place), None)
                if not index[value]:
                    del index[value]
        result.values = {place: dict.fromkeys(values, 0) for place, values in result.values.items()}

    def _tally(self, execution: Execution, site: str | None) -> None:
        if execution.transaction is None:
            return
        key = (execution.transaction, execution.savepoint, execution.shape.fingerprint)
        tally = self._tallies.get(key)
        if tally is None:
            before = tuple(
                result
                for result in self._results[execution.database].values()
                if result.transaction == execution.transaction and result is not execution.kept
            )
            tally = self._tallies[key] = _Tally(shape=execution.shape, database=execution.database, before=before)
            self._by_transaction[execution.transaction].append(key)
        tally.times += 1
        tally.batched = tally.batched or any(len(set(values)) > 1 for values in execution.looked_up)
        tally.values.add(tuple(value for values in execution.looked_up for value in values))
        if site is not None:
            tally.sites[site] = None

    def _follow(self, execution: Execution, lookup: int, value: str, site: str | None) -> None:
        """Put a lookup to every result that has its value."""
        shape = execution.shape
        for (_, place), result in list(self._index[execution.database].get(value, {}).items())[-16:]:
            own = result.shape.fingerprint == shape.fingerprint
            if own and result.columns.get(place, ("",))[0] == shape.lookups[lookup].column:
                continue  # what a statement looked up, it finds again: no other query found it for it
            unit: object
            if result.reading_on and result.transaction is not None:
                unit = ("in", result.transaction, "reading on")
                self._units[result.transaction].add(unit)
            elif execution.transaction is not None:
                unit = ("in", execution.transaction, execution.savepoint)
                self._units[execution.transaction].add(unit)
            else:
                unit = ("after", result.number)
            key = (shape.fingerprint, lookup, result.number, place)
            group = self._groups[unit].get(key)
            if group is None:
                group = self._groups[unit][key] = _Group(
                    shape=shape,
                    lookup=lookup,
                    result=result,
                    place=place,
                    in_transaction=execution.transaction is not None,
                )
            group.values.add(value)
            group.times += 1
            if site is not None:
                group.sites[site] = None

    def _holds(self, group: _Group) -> bool:
        """Whether a group is a loop over the rows of its result."""
        if len(group.values) < FEWEST or (group.result.widest < 2 and not group.result.reading_on):
            return False
        linked = self._linked(group)
        if linked or all(is_telling(value) for value in group.values):
            return True
        name, _, _ = group.result.columns.get(group.place, ("", 0, 0))
        lookup = group.shape.lookups[group.lookup]
        found = self._column(group)
        if named_alike(lookup.column, name, found[0] if found else ""):
            return True
        return linked is None and len(group.values) >= len(group.result.values[group.place])

    def _rank(self, group: _Group) -> tuple[bool, int, int]:
        return (bool(self._linked(group)), len(group.values), group.result.number)

    def _linked(self, group: _Group) -> bool | None:
        lookup = group.shape.lookups[group.lookup]
        return self._relations().linked(self._column(group), (lookup.table, lookup.column))

    def _column(self, group: _Group) -> Column | None:
        _, table, column = group.result.columns.get(group.place, ("", 0, 0))
        return self._relations().columns.get((table, column))

    def _relations(self) -> Relations:
        if self._known is None:
            self._known = self.relations()
        return self._known

    def _loop_of(self, group: _Group) -> Loop:
        name, _, _ = group.result.columns.get(group.place, ("", 0, 0))
        return Loop(
            statement=group.shape.text,
            fingerprint=group.shape.fingerprint,
            column=group.shape.lookups[group.lookup].column,
            parent=group.result.shape.text,
            parent_column=name,
            times=group.times,
            rows=len(group.values),
            in_transaction=group.in_transaction,
            by_count=False,
            databases=(group.result.database,),
            sites=tuple(group.sites),
        )


def _loop_by_count(tally: _Tally, parent: _Result) -> Loop:
    return Loop(
        statement=tally.shape.text,
        fingerprint=tally.shape.fingerprint,
        column=tally.shape.lookups[0].column,
        parent=parent.shape.text,
        parent_column="",
        times=tally.times,
        rows=parent.rows,
        in_transaction=True,
        by_count=True,
        databases=(tally.database,),
        sites=tuple(tally.sites),
    )


def _as_many(tally: _Tally) -> _Result | None:
    """The query that found exactly as many rows, in one run, as there were different lookups after it."""
    if tally.shape.verb is not Verb.READ or tally.batched or tally.times != len(tally.values):
        return None
    if tally.times < FEWEST_BY_COUNT or not all(any(map(is_telling, values)) for values in tally.values):
        return None  # few, or small numbers, which come from anywhere
    return next((one for one in reversed(tally.before) if one.widest == one.rows == tally.times), None)
