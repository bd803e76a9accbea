"""What is a finding, and when does it count?

A finding is one fault at one place, told to the person who will mend it: what, on which object, what a running
product feels, and the fix as SQL. Rules make findings (`rules/`); `renderings.py` prints them; a finding is
new, known (in the baseline: old debt) or waived (a reason in pgmason.toml), and only new ones fail a command.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from pgmason.names import ObjectId

__all__ = ["Allowance", "Cost", "Finding", "Judged", "Place", "Severity", "Standing"]


class Severity(StrEnum):
    """What a finding means for a running product, worst first. A note never fails a command."""

    OUTAGE = "outage"  # blocks reads or writes for a time that grows with the table
    BREAK = "break"  # running application code fails
    LOSS = "loss"  # data cannot come back
    RISK = "risk"  # goes wrong under load, over time, or by mistake
    STYLE = "style"  # departs from the convention
    NOTE = "note"  # said once for the product; nothing is wrong with an object

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where in the repository: `file` relative to the repository's root, with /; `line` is 1-based."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A comment in a file that accepts what a rule finds below it: its reason, and the day after which it ends."""

    rule: str
    reason: str
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a fault costs at production's size, as far as that is known.

    `told` has a line for each piece of work, or for each figure. `seconds` is the range that all of it is thought to
    take, `bytes_written` what it writes; both None where production's figures are not known, and `told` then says with
    what the time grows.
    """

    told: tuple[str, ...]
    seconds: tuple[float, float] | None = None
    bytes_written: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault.

    `object` is None where the finding is about the product as a whole. `message` is one sentence naming the
    object and the fault; `effect` says what the running product feels; `fix` is SQL (or words) that mends it.
    `detail` tells two findings of one rule on one object apart and is part of the fingerprint; it must not
    contain what changes by itself (counts, lines). `called` is what the product's schema language calls the object.
    `cost` is for people: sizes change, the fault does not. `replaces`: `fix` is whole migrations that take the place
    of the statement and end in the same schema; `remedy` is what `remedies/` made of them, not kept in any cache.
    """

    rule: str
    severity: Severity
    object: ObjectId | None
    message: str
    effect: str
    fix: str | None = None
    detail: str = ""
    place: Place | None = None
    called: str = ""
    cost: Cost | None = None
    replaces: bool = False
    remedy: Any = field(default=None, compare=False, repr=False)

    @property
    def told(self) -> str:
        """The message, with what the product's own schema language calls the object."""
        return f"{self.message} ({self.called})" if self.called else self.message

    allowed: Allowance | None = None

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stay the same while the fault does, wherever lines move to."""
        parts = (
            self.rule,
            self.object.kind if self.object else "",
            *(self.object.path if self.object else ()),
            self.detail,
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def subject(self) -> str:
        """The object's name for people, or "the product"."""
        return self.object.name if self.object else "the product"

    @property
    def order(self) -> tuple[int, str, tuple[str, ...], str]:
        """What findings are sorted by: worst first, then rule, then object."""
        return (self.severity.rank, self.rule, self.object.path if self.object else (), self.detail)


class Standing(StrEnum):
    """Whether a finding counts."""

    NEW = "new"
    KNOWN = "known"  # in the baseline: old debt
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A finding with its standing; `reason` and `until` are those of the waiver, or of the baseline."""

    finding: Finding
    standing: Standing
    reason: str = ""
    until: date | None = None

    @property
    def fails(self) -> bool:
        """Whether this makes `check` exit 1."""
        return self.standing is Standing.NEW and self.finding.severity is not Severity.NOTE
