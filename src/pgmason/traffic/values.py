"""When are two values on the wire the same, where one may be text and the other binary?

A value becomes text as PostgreSQL would write it, for the types that keys have: integers, uuid, text. What else there
is, is compared by its bytes. Pure.
"""

from __future__ import annotations

import struct
from uuid import UUID

__all__ = ["array_elements", "as_text"]

# Object identifiers of types, fixed since they were made (pg_type.dat).
_INTEGERS = {21: "!h", 23: "!i", 20: "!q", 26: "!I"}
_UUID = 2950
_LONGEST = 200  # bytes of a value that can be a key
_IDLE = frozenset({"", "t", "f", "true", "false"})  # never a key


def as_text(value: bytes | None, *, binary: bool, type: int = 0) -> str | None:
    """The value as text; None where it cannot be a key: NULL, a truth value, something long."""
    if value is None or not value or len(value) > _LONGEST:
        return None
    text = _binary(value, type) if binary else value.decode("utf-8", errors="replace")
    if text in _IDLE:
        return None
    return _plain(text)


def _plain(text: str) -> str:
    """A UUID as PostgreSQL writes it, of the several forms that it reads (manual, 8.12); other text as it is."""
    digits = text.replace("-", "").lower() if len(text) in (32, 36) else ""
    if len(digits) != 32 or not all(character in "0123456789abcdef" for character in digits):
        return text
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _binary(value: bytes, type: int) -> str:
    if type == _UUID or (type == 0 and len(value) == 16):
        return str(UUID(bytes=value)) if len(value) == 16 else value.hex()
    packed = _INTEGERS.get(type) or ({2: "!h", 4: "!i", 8: "!q"}.get(len(value)) if type == 0 else None)
    if packed is not None and struct.calcsize(packed) == len(value):
        return str(struct.unpack(packed, value)[0])
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()


def array_elements(value: bytes | None, *, binary: bool) -> tuple[str, ...]:
    """The elements of an array of one dimension, as text; () for what is none."""
    if value is None:
        return ()
    if not binary:
        text = value.decode("utf-8", errors="replace")
        if not (text.startswith("{") and text.endswith("}")):
            return ()
        return tuple(_plain(part.strip().strip('"')) for part in text[1:-1].split(",") if part.strip())
    try:
        dimensions, _, kind = struct.unpack_from("!iiI", value)
        if dimensions != 1:
            return ()
        (count,) = struct.unpack_from("!i", value, 12)
        at = 20
        found = []
        for _ in range(count):
            (length,) = struct.unpack_from("!i", value, at)
            at += 4
            if length >= 0:
                found.append(_binary(value[at : at + length], kind))
                at += length
        return tuple(found)
    except struct.error:
        return ()
