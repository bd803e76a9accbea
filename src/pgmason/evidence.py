"""What was claimed, and what stands behind it?

The five steps of the verification gate are the fields of `Evidence`: identified, executed, read, compared,
claimed. A `Verdict` other than NOT PROVEN cannot be built without evidence that was executed and read.
The ledger (`Ledger`) keeps one JSON file a criterion under `.pgmason/evidence/`, written whole or not at all,
with the fingerprint of everything that went in, so that an unchanged input is not proven twice and a changed
one is `stale`. Values of rows and passwords never come here.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pgmason.findings import Place

__all__ = ["Evidence", "Execution", "Failure", "Gap", "Ledger", "Status", "Verdict", "write_whole"]

LEDGER_VERSION = 1


class Status(StrEnum):
    """What the gate says of a criterion."""

    PROVEN = "PROVEN"
    NOT_PROVEN = "NOT PROVEN"
    WAIVED = "WAIVED"  # refuted only by what a waiver or the baseline accepts
    NOT_APPLICABLE = "NOT APPLICABLE"


class Gap(StrEnum):
    """Why a criterion is NOT PROVEN."""

    REFUTED = "refuted"  # executed, read, and the opposite was seen
    MISSING = "missing"  # nothing was executed that could show it
    STALE = "stale"  # shown once, for inputs that have changed since


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One thing that was run: `what` in words or as a command, on which server or tool, when (UTC, ISO 8601)."""

    what: str
    on: str
    at: str

    @staticmethod
    def now(what: str, on: str) -> Execution:
        """An execution that has just ended."""
        return Execution(what=what, on=on, at=datetime.now(UTC).isoformat(timespec="seconds"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The five steps. `read` are observations, each a line; `expected` and `actual` were compared literally."""

    identified: str
    executed: tuple[Execution, ...]
    read: tuple[str, ...]
    expected: str
    actual: str
    claimed: str

    def __post_init__(self) -> None:
        if not self.executed or not self.read:
            raise ValueError("evidence needs what was executed and what was read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One thing that a person must act on: which object or file, what is wrong, where, and what mends it."""

    subject: str
    what: str
    place: Place | None = None
    fix: str | None = None

    @property
    def told(self) -> str:
        """What is wrong with what, the subject named once."""
        return self.what if self.subject in self.what else f"{self.subject} {self.what}"

    @property
    def line(self) -> str:
        """`FILE:LINE  what is wrong with what`, as a report prints it."""
        return f"{self.place}  {self.told}" if self.place else self.told


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of one criterion, and why.

    `why` is one sentence. `failing` is what a person must act on, worst first (a refuted criterion has some);
    `fix` and `next_command` say how. `known` and `waived` count findings that the baseline or a waiver accepts.
    `notes` are what a reader must know to weigh the verdict: a substitute server, stand-ins, what was not read.
    PROVEN, WAIVED and NOT APPLICABLE need evidence: "not run" is never green.
    """

    criterion: str
    status: Status
    why: str
    gap: Gap | None = None
    evidence: Evidence | None = None
    failing: tuple[Failure, ...] = ()
    fix: str | None = None
    next_command: str | None = None
    known: int = 0
    waived: int = 0
    notes: tuple[str, ...] = ()
    could_prove: bool = False  # this run had the room, the server and the inputs to prove it

    def __post_init__(self) -> None:
        if self.status is Status.NOT_PROVEN:
            if self.gap is None:
                raise ValueError(f"{self.criterion}: NOT PROVEN must say refuted, missing or stale")
        elif self.evidence is None:
            raise ValueError(f"{self.criterion}: {self.status} needs evidence")
        if self.gap is Gap.REFUTED and (self.evidence is None or not self.failing):
            raise ValueError(f"{self.criterion}: refuted needs evidence and what failed")


def write_whole(path: Path, text: str) -> None:
    """Write `text` so that a reader, or a kill at any moment, sees the old file or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}.half")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The evidence of one product on this machine: `folder` holds CRITERION.json files."""

    folder: Path

    def recall(self, criterion: str) -> tuple[str, Verdict] | None:
        """The last verdict on a criterion and the fingerprint of its inputs; None where there is none to read."""
        try:
            kept = json.loads((self.folder / f"{criterion}.json").read_text(encoding="utf-8"))
            if kept["version"] != LEDGER_VERSION:
                return None
            return kept["fingerprint"], _verdict_from(kept["verdict"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def record(self, fingerprint: str, verdict: Verdict) -> None:
        """Keep a verdict with the fingerprint of what went into it."""
        kept = {"version": LEDGER_VERSION, "fingerprint": fingerprint, "verdict": asdict(verdict)}
        write_whole(self.folder / f"{verdict.criterion}.json", json.dumps(kept, indent=1) + "\n")


def _verdict_from(kept: Mapping[str, Any]) -> Verdict:
    evidence = kept["evidence"]
    return Verdict(
        **{
            **kept,
            "status": Status(kept["status"]),
            "gap": Gap(kept["gap"]) if kept["gap"] else None,
            "failing": tuple(_failure_from(failure) for failure in kept["failing"]),
            "notes": tuple(kept["notes"]),
            "evidence": Evidence(
                **{
                    **evidence,
                    "executed": tuple(Execution(**execution) for execution in evidence["executed"]),
                    "read": tuple(evidence["read"]),
                }
            )
            if evidence
            else None,
        }
    )


def _failure_from(kept: Mapping[str, Any]) -> Failure:
    return Failure(**{**kept, "place": Place(**kept["place"]) if kept["place"] else None})
