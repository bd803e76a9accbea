"""Which findings and migrations did the team start from?

`.pgmason/PRODUCT/baseline.json` lists old findings, so that only new ones fail, and the digest of each migration
that was deployed, so that an edited one is seen. It is committed and reviewed: one finding a line's worth, sorted,
with rule and object beside the fingerprint. What the file means for a finding is `judging.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.errors import ConfigurationError, NextCommand
from pgmason.evidence import write_whole
from pgmason.findings import Finding
from pgmason.names import printable

if TYPE_CHECKING:
    from pgmason.formats import History, Migration

__all__ = [
    "BASELINE_VERSION",
    "Accepted",
    "Baseline",
    "baseline_of",
    "pending_migrations",
    "read_baseline",
    "write_baseline",
]

BASELINE_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Accepted:
    """One old finding. `rule` and `object` are for the reviewer; the fingerprint decides."""

    rule: str
    object: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What was accepted on the day `written`.

    `findings` are sorted by rule, object, fingerprint. `migrations` maps the name of each migration to the SHA-256
    of its up file, 64 hex digits.
    """

    written: date
    findings: tuple[Accepted, ...] = ()
    migrations: Mapping[str, str]

    @cached_property
    def fingerprints(self) -> frozenset[str]:
        """The fingerprints of the accepted findings."""
        return frozenset(accepted.fingerprint for accepted in self.findings)

    def paid(self, findings: Iterable[Finding]) -> tuple[Accepted, ...]:
        """The accepted findings that are found no more: debt that has been paid."""
        present = {finding.fingerprint for finding in findings}
        return tuple(accepted for accepted in self.findings if accepted.fingerprint not in present)


def pending_migrations(history: History, baseline: Baseline | None) -> tuple[Migration, ...]:
    """The migrations that the baseline does not know, in order; none where there is no baseline to tell by.

    `init` writes down those that are deployed.
    """
    if baseline is None:
        return ()
    return tuple(one for one in history.migrations if one.name not in baseline.migrations)


def baseline_of(findings: Iterable[Finding], migrations: Mapping[str, str], *, today: date) -> Baseline:
    """The baseline that accepts these findings. Of one fingerprint only one is kept."""
    accepted = {
        finding.fingerprint: Accepted(rule=finding.rule, object=finding.subject, fingerprint=finding.fingerprint)
        for finding in findings
    }
    return Baseline(
        written=today, findings=tuple(sorted(accepted.values())), migrations=dict(sorted(migrations.items()))
    )


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write the file whole. The same baseline gives the same bytes."""
    document = {
        "version": BASELINE_VERSION,
        "written": baseline.written.isoformat(),
        "findings": [
            {"fingerprint": accepted.fingerprint, "rule": accepted.rule, "object": accepted.object}
            for accepted in sorted(baseline.findings)
        ],
        "migrations": dict(sorted(baseline.migrations.items())),
    }
    write_whole(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read_baseline(path: Path) -> Baseline | None:
    """The baseline in that file, None where there is none. Raises ConfigurationError where it cannot be trusted."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise _broken(path, f"cannot be read: {exc}") from exc
    try:
        document = json.loads(text)
    except ValueError as exc:
        conflict = "holds the marks of a merge conflict" if "\n<<<<<<<" in f"\n{text}" else f"is not JSON: {exc}"
        raise _broken(path, conflict) from exc
    version = document.get("version") if isinstance(document, dict) else None
    if version != BASELINE_VERSION:
        raise _broken(path, f"has version {printable(repr(version))}; this pgmason reads {BASELINE_VERSION}")
    try:
        return Baseline(
            written=date.fromisoformat(document["written"]),
            findings=tuple(sorted(_accepted(entry) for entry in document["findings"])),
            migrations={_text(name): _text(digest) for name, digest in document["migrations"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise _broken(path, f"is not a baseline: {printable(repr(exc))}") from exc


def _accepted(entry: Any) -> Accepted:
    return Accepted(rule=_text(entry["rule"]), object=_text(entry["object"]), fingerprint=_text(entry["fingerprint"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {value!r}")
    return value


def _broken(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(
        what,
        where=str(path),
        fix="restore it from version control, or write it anew: what it accepted then counts as today's debt",
        next=[NextCommand(command="pgmason init --rebaseline", why="writes it from what is found now")],
    )
