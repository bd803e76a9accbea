"""What is applied to a scratch database, piece by piece, and under which digest is the result kept?

A `Unit` is one SQL file with the way its runner sends it. The digest of a chain covers the server's tree, and
every unit's content and frame in order; so an edited file changes its own digest and every later one, and the
longest prefix that is still true can be cloned. Pure but for reading the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

__all__ = ["Frame", "Unit", "chain_digests", "content_digest"]

REPLAY_VERSION = "1"  # a change in how units are applied makes older templates unusable


class Frame(StrEnum):
    """How a file reaches the server."""

    WHOLE = "whole"  # one message; PostgreSQL makes it one implicit transaction (protocol 55.2.2.1)
    TRANSACTION = "transaction"  # between BEGIN and COMMIT
    STATEMENTS = "statements"  # one at a time, each committed, as psql does


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One file: `file` is its path from the repository's root, for messages; `text` is its content."""

    name: str
    file: str
    text: str
    frame: Frame


def content_digest(unit: Unit) -> str:
    """64 hex digits of a unit's text alone, wherever it stands and however it is sent."""
    return _digest(unit.text)


@lru_cache(maxsize=4096)  # every prefix of a history is asked for, and its files are the same texts
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def chain_digests(base: str, units: Sequence[Unit]) -> tuple[str, ...]:
    """len(units) + 1 digests: of nothing applied, of the first unit, of the first two, ... `base` names the server."""
    digest = hashlib.sha256(f"{REPLAY_VERSION}:{base}".encode()).hexdigest()
    chain = [digest]
    for unit in units:
        digest = hashlib.sha256(f"{digest}:{unit.frame}:{content_digest(unit)}".encode()).hexdigest()
        chain.append(digest)
    return tuple(chain)
