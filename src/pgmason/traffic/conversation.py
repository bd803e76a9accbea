"""One connection as it is overheard: which statement runs, with which values, what rows come, in which transaction?

Fed with the messages of both sides in the order in which they pass; tells a `Listener` of each statement when it is
sent, and of each row when it passes. Both ways of sending are followed: whole texts, and Parse, Bind and Execute with
named or unnamed statements and portals, also several before one Sync. COPY is passed by.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Protocol

from pgmason.statements import Lookup, Shape, Verb, shape_of
from pgmason.traffic.values import array_elements, as_text
from pgmason.traffic.wire import Bind, Parse, RowField, bind, data_row, format_of, parse_message, row_description

__all__ = ["Conversation", "Execution", "Listener"]

_connections = count(1)
_transactions = count(1)


@dataclass(slots=True, eq=False)
class Execution:
    """One run of a statement. `looked_up` has, for each of the shape's lookups, the values that were given.

    `transaction` is the number of the explicit transaction that it runs in, None outside of one; `savepoint` that of
    the innermost savepoint there, None before the first. `source` names what its rows come from where that is a cursor
    or a portal that is read in pieces: a number, the same for each piece.
    """

    shape: Shape
    looked_up: tuple[tuple[str, ...], ...]
    connection: int
    transaction: int | None
    savepoint: int | None
    database: str
    fields: tuple[RowField, ...] = ()
    rows: int = 0
    source: int | None = None
    declared: Shape | None = None  # of a FETCH: what its cursor was declared for
    kept: object | None = None  # for the listener


class Listener(Protocol):
    """Who is told."""

    def sent(self, execution: Execution) -> None:
        """A statement is on its way to the server."""

    def row(self, execution: Execution, values: Sequence[str | None]) -> None:
        """One row of its result: values as text, None where a value cannot be a key."""

    def ended(self, transaction: int) -> None:
        """A transaction is over."""


@dataclass(slots=True)
class _Prepared:
    text: str
    types: tuple[int, ...]
    fields: tuple[RowField, ...] = ()


@dataclass(slots=True)
class _Portal:
    bound: Bind
    prepared: _Prepared
    execution: Execution | None = None  # of its first Execute: what is fetched later is more of the same


@dataclass(slots=True)
class _Pending:
    """What the server still owes an answer: a run, a description, or the end of a group ("sync")."""

    what: str
    executions: deque[Execution] = field(default_factory=deque)
    describes: _Prepared | None = None
    portal: _Portal | None = None


@dataclass(slots=True)
class Conversation:
    """The state of one connection. `database` is known from the start-up packet on."""

    listener: Listener
    database: str = ""
    connection: int = field(default_factory=lambda: next(_connections))
    transaction: int | None = None
    _prepared: dict[str, _Prepared] = field(default_factory=dict)
    _portals: dict[str, _Portal] = field(default_factory=dict)
    _by_name: dict[str, Shape] = field(default_factory=dict)  # by PREPARE, the statement
    _pending: deque[_Pending] = field(default_factory=deque)
    _cursors: dict[str, tuple[int, Shape]] = field(default_factory=dict)
    _savepoints: list[tuple[str, int]] = field(default_factory=list)
    _sources: count[int] = field(default_factory=count)

    def from_client(self, kind: str, body: bytes) -> None:
        """A message of the client, before the server has it."""
        try:
            self._from_client(kind, body)
        except (ValueError, struct.error, IndexError):
            return  # not as the protocol has it: the server will say so

    def from_server(self, kind: str, body: bytes) -> None:
        """A message of the server, before the client has it."""
        try:
            self._from_server(kind, body)
        except (ValueError, struct.error, IndexError):
            return

    def closed(self) -> None:
        """The connection is gone, and with it its transaction."""
        self._set_transaction(False)

    def _from_client(self, kind: str, body: bytes) -> None:
        if kind == "":
            self._start(body)
        elif kind == "Q":
            text = body.rstrip(b"\0").decode("utf-8", errors="replace")
            shapes = shape_of(text)
            executions = deque(self._execution(shape, ()) for shape in shapes)
            for execution in executions:
                self.listener.sent(execution)
            self._pending.append(_Pending("query", executions))
        elif kind == "P":
            parsed: Parse = parse_message(body)
            self._prepared[parsed.name] = _Prepared(parsed.text, parsed.types)
        elif kind == "B":
            bound = bind(body)
            prepared = self._prepared.get(bound.statement)
            if prepared is not None:
                self._portals[bound.portal] = _Portal(bound, prepared)
        elif kind == "D":
            name = body[1:].rstrip(b"\0").decode("utf-8", errors="replace")
            portal = self._portals.get(name) if body[:1] == b"P" else None
            described = portal.prepared if portal is not None else self._prepared.get(name)
            self._pending.append(_Pending("describe", describes=described, portal=portal))
        elif kind == "E":
            self._execute(body[: body.index(b"\0")].decode("utf-8", errors="replace"))
        elif kind == "S":
            self._pending.append(_Pending("sync"))

    def _start(self, body: bytes) -> None:
        if struct.unpack_from("!i", body)[0] >> 16 != 3:  # a request for encryption or cancelling
            return
        words = body[4:].split(b"\0")
        pairs = dict(zip(words[::2], words[1::2], strict=False))
        self.database = pairs.get(b"database", pairs.get(b"user", b"")).decode("utf-8", errors="replace")

    def _execute(self, name: str) -> None:
        portal = self._portals.get(name)
        pending = _Pending("execute", portal=portal)
        self._pending.append(pending)
        shapes = shape_of(portal.prepared.text) if portal is not None else ()
        if portal is None or len(shapes) != 1:
            return
        if portal.execution is not None:  # the next piece of the same result
            pending.executions.append(portal.execution)
            return
        execution = self._execution(shapes[0], portal.bound.values, portal.prepared.types)
        formats = portal.bound.result_formats
        execution.fields = tuple(
            RowField(
                name=one.name,
                table=one.table,
                column=one.column,
                type=one.type,
                binary=bool(format_of(formats, number)),
            )
            for number, one in enumerate(portal.prepared.fields)
        )
        portal.execution = execution
        pending.executions.append(execution)
        self.listener.sent(execution)

    def _execution(
        self, shape: Shape, values: Sequence[tuple[bytes | None, bool]], types: Sequence[int] = ()
    ) -> Execution:
        if self.transaction is None and shape.verb is Verb.BEGIN:
            self._set_transaction(True)  # a client that does not wait for the answer sends the next one at once
        if shape.verb is Verb.PREPARE:
            self._by_name[shape.name] = replace(shape, verb=shape.verb_when_run or Verb.OTHER)
        elif shape.verb is Verb.EXECUTE and shape.name in self._by_name:
            values = [(argument.encode(), False) for argument in shape.arguments]
            shape = self._by_name[shape.name]
        execution = Execution(
            shape=shape,
            looked_up=tuple(_given(lookup, values, types) for lookup in shape.lookups),
            connection=self.connection,
            transaction=self.transaction,
            savepoint=self._savepoint(shape),
            database=self.database,
        )
        if shape.verb is Verb.DECLARE:
            self._cursors[shape.name] = (next(self._sources), shape)
        elif shape.verb is Verb.FETCH and shape.name in self._cursors:
            execution.source, execution.declared = self._cursors[shape.name]
        return execution

    def _savepoint(self, shape: Shape) -> int | None:
        """The innermost savepoint once this statement has run; the statements that make one and end it take part."""
        names = [name for name, _ in self._savepoints]
        if shape.verb is Verb.SAVEPOINT:
            self._savepoints.append((shape.name, next(self._sources)))
        elif shape.verb in (Verb.RELEASE, Verb.ROLLBACK_TO) and shape.name in names:
            last = len(names) - 1 - names[::-1].index(shape.name)
            del self._savepoints[last:]
            if shape.verb is Verb.ROLLBACK_TO:  # it is there still, and a new attempt begins
                self._savepoints.append((shape.name, next(self._sources)))
        return self._savepoints[-1][1] if self._savepoints else None

    def _from_server(self, kind: str, body: bytes) -> None:
        if kind == "Z":
            self._set_transaction(body != b"I")
            while self._pending:
                if self._pending.popleft().what in ("sync", "query"):
                    break
        elif kind == "T":
            fields = row_description(body)
            head = self._head()
            if head is not None and head.what == "describe":
                self._described(head, fields)
            elif head is not None and head.executions:
                head.executions[0].fields = fields
        elif kind == "n":
            head = self._head()
            if head is not None and head.what == "describe":
                self._pending.popleft()
        elif kind == "D":
            self._row(body)
        elif kind in ("C", "I", "s"):
            self._completed()
        elif kind == "E":
            while self._pending and self._pending[0].what not in ("sync", "query"):
                self._pending.popleft()  # the server passes over all up to the Sync

    def _described(self, head: _Pending, fields: tuple[RowField, ...]) -> None:
        self._pending.popleft()
        if head.describes is not None:
            head.describes.fields = fields
        following = self._head()
        for execution in following.executions if following is not None else ():
            formats = following.portal.bound.result_formats if following and following.portal else ()
            execution.fields = tuple(
                RowField(
                    name=one.name,
                    table=one.table,
                    column=one.column,
                    type=one.type,
                    binary=one.binary if head.portal is not None else bool(format_of(formats, number)),
                )
                for number, one in enumerate(fields)
            )

    def _row(self, body: bytes) -> None:
        head = self._head()
        if head is None or not head.executions:
            return
        execution = head.executions[0]
        execution.rows += 1
        values = data_row(body) if body else ()
        known = execution.fields if len(execution.fields) == len(values) else ()
        self.listener.row(
            execution,
            [as_text(value, binary=one.binary, type=one.type) for value, one in zip(values, known, strict=True)]
            if known
            else [as_text(value, binary=False) for value in values],
        )

    def _completed(self) -> None:
        head = self._head()
        if head is None:
            return
        if head.what == "query":
            if head.executions:
                head.executions.popleft()
        elif head.what == "execute":
            self._pending.popleft()

    def _head(self) -> _Pending | None:
        return self._pending[0] if self._pending else None

    def _set_transaction(self, inside: bool) -> None:
        if inside and self.transaction is None:
            self.transaction = next(_transactions)
        elif not inside and self.transaction is not None:
            self.listener.ended(self.transaction)
            self.transaction = None
            self._cursors.clear()
            self._savepoints.clear()


def _given(lookup: Lookup, values: Sequence[tuple[bytes | None, bool]], types: Sequence[int]) -> tuple[str, ...]:
    """The values that a lookup was given, as text."""
    found: list[str] = []
    for number in lookup.parameters:
        if not 0 < number <= len(values):
            continue
        value, binary = values[number - 1]
        if lookup.array:
            found += array_elements(value, binary=binary)
        else:
            text = as_text(value, binary=binary, type=types[number - 1] if number <= len(types) else 0)
            found += [text] if text is not None else []
    for constant in lookup.constants:
        raw = constant.encode()
        if lookup.array:
            found += array_elements(raw, binary=False)
        else:
            text = as_text(raw, binary=False)
            found += [text] if text is not None else []
    return tuple(found)
