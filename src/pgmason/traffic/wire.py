"""PostgreSQL's wire protocol, as far as a listener needs it: where messages end and what the few of interest hold.

Version 3 of the protocol (manual, chapter 55.7). Nothing is altered or answered; what cannot be read is passed by.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Bind", "Frames", "Parse", "RowField", "bind", "data_row", "parse_message", "row_description", "text_until"]

_NO_PROTOCOL = (80877103, 80877104)  # SSLRequest and GSSENCRequest: a request without a type, answered by one byte
LARGEST = 1 << 20  # bytes of a message that is still taken apart; longer ones are counted, not read


@dataclass(slots=True)
class Frames:
    """Cuts a stream into messages of (type, body). The first of a client's has no type: ("", body)."""

    first: bool  # whether the start-up packet is still to come
    buffer: bytearray = field(default_factory=bytearray)
    skip: int = 0  # bytes of a message too long to be looked at

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """The messages that are complete now. A body longer than LARGEST is given as b""."""
        self.buffer += data
        at = 0
        while True:
            if self.skip:
                step = min(self.skip, len(self.buffer) - at)
                self.skip -= step
                at += step
                if self.skip:
                    break
            head = 0 if self.first else 1
            if len(self.buffer) - at < head + 4:
                break
            (length,) = struct.unpack_from("!i", self.buffer, at + head)
            kind = "" if self.first else chr(self.buffer[at])
            if length < 4:  # no message of this protocol; nothing after it can be trusted
                self.skip = 1 << 62
                break
            if length > LARGEST:
                self.skip = head + length
                yield kind, b""
                continue
            if len(self.buffer) - at < head + length:
                break
            body = bytes(self.buffer[at + head + 4 : at + head + length])
            at += head + length
            if self.first and (len(body) < 4 or struct.unpack_from("!i", body)[0] not in _NO_PROTOCOL):
                self.first = False
            yield kind, body
        del self.buffer[:at]


def text_until(body: bytes, start: int = 0) -> tuple[str, int]:
    """The zero-terminated text at `start`, and where the next thing begins."""
    end = body.index(b"\0", start)
    return body[start:end].decode("utf-8", errors="replace"), end + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Parse:
    """Parse: a statement's name ("" for the unnamed one), text and the types that the client says (0: none)."""

    name: str
    text: str
    types: tuple[int, ...]


def parse_message(body: bytes) -> Parse:
    """Raises ValueError or struct.error for what is no Parse."""
    name, at = text_until(body)
    text, at = text_until(body, at)
    (count,) = struct.unpack_from("!H", body, at)
    return Parse(name=name, text=text, types=struct.unpack_from(f"!{count}I", body, at + 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Bind: portal, statement, each value with whether it is binary (None: NULL), and the formats of the result."""

    portal: str
    statement: str
    values: tuple[tuple[bytes | None, bool], ...]
    result_formats: tuple[int, ...]


def bind(body: bytes) -> Bind:
    """Raises ValueError or struct.error for what is no Bind."""
    portal, at = text_until(body)
    statement, at = text_until(body, at)
    (count,) = struct.unpack_from("!H", body, at)
    formats = struct.unpack_from(f"!{count}H", body, at + 2)
    at += 2 + 2 * count
    values, at = _values(body, at)
    (count,) = struct.unpack_from("!H", body, at)
    results = struct.unpack_from(f"!{count}H", body, at + 2)
    marked = tuple((value, bool(format_of(formats, number))) for number, value in enumerate(values))
    return Bind(portal=portal, statement=statement, values=marked, result_formats=results)


def format_of(formats: tuple[int, ...], number: int) -> int:
    """The format of a value: none said is text, one said is for all (manual, 55.7, Bind)."""
    if not formats:
        return 0
    return formats[0] if len(formats) == 1 else formats[number] if number < len(formats) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowField:
    """A column of a result: its name, the table and column that it is (0 for an expression), type and format."""

    name: str
    table: int
    column: int
    type: int
    binary: bool


def row_description(body: bytes) -> tuple[RowField, ...]:
    """Raises ValueError or struct.error for what is no RowDescription."""
    (count,) = struct.unpack_from("!H", body)
    at = 2
    fields = []
    for _ in range(count):
        name, at = text_until(body, at)
        table, column, kind, _, _, format = struct.unpack_from("!IhIhih", body, at)
        at += 18
        fields.append(RowField(name=name, table=table, column=column, type=kind, binary=format == 1))
    return tuple(fields)


def data_row(body: bytes) -> tuple[bytes | None, ...]:
    """The values of a DataRow. Raises struct.error for what is none."""
    values, _ = _values(body, 0)
    return values


def _values(body: bytes, at: int) -> tuple[tuple[bytes | None, ...], int]:
    (count,) = struct.unpack_from("!H", body, at)
    at += 2
    values: list[bytes | None] = []
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, at)
        at += 4
        if length < 0:
            values.append(None)
        else:
            values.append(body[at : at + length])
            at += length
    return tuple(values), at
