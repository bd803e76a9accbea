"""Which findings were made of the same migrations before?

Tracing takes a server; the findings of a migration that has not changed, on a history that has not changed, are told
from a file instead. A file that cannot be read is as good as none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from pgmason.evidence import write_whole
from pgmason.findings import Allowance, Cost, Finding, Place, Severity
from pgmason.names import ObjectId
from pgmason.postgres.home import home

__all__ = ["keep_findings", "recall_findings"]


def _file(key: str) -> Path:
    return home() / "readings" / f"findings-{key[:40]}.json"


def recall_findings(key: str) -> tuple[Finding, ...] | None:
    """The findings that were kept under that digest, or None."""
    try:
        document = json.loads(_file(key).read_text(encoding="utf-8"))
        return tuple(_finding(entry) for entry in document["findings"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_findings(key: str, findings: Iterable[Finding]) -> None:
    """Keep them; a cache that cannot be written costs time only."""
    content = {"version": 1, "findings": [_document(finding) for finding in findings]}
    with suppress(OSError):
        write_whole(_file(key), json.dumps(content, ensure_ascii=False))


def _document(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "object": [finding.object.kind, *finding.object.path] if finding.object else None,
        "message": finding.message,
        "effect": finding.effect,
        "fix": finding.fix,
        "detail": finding.detail,
        "place": [finding.place.file, finding.place.line] if finding.place else None,
        "allowed": _allowance(finding.allowed) if finding.allowed else None,
        "replaces": finding.replaces,
        "cost": asdict(finding.cost) if finding.cost else None,
    }


def _allowance(allowed: Allowance) -> list[str | None]:
    return [allowed.rule, allowed.reason, allowed.until.isoformat() if allowed.until else None]


def _finding(entry: Any) -> Finding:
    named, place, allowed, cost = entry["object"], entry["place"], entry["allowed"], entry["cost"]
    return Finding(
        rule=entry["rule"],
        severity=Severity(entry["severity"]),
        object=ObjectId(named[0], tuple(named[1:])) if named else None,
        message=entry["message"],
        effect=entry["effect"],
        fix=entry["fix"],
        replaces=entry["replaces"],
        detail=entry["detail"],
        place=Place(file=place[0], line=place[1]) if place else None,
        allowed=Allowance(
            rule=allowed[0], reason=allowed[1], until=date.fromisoformat(allowed[2]) if allowed[2] else None
        )
        if allowed
        else None,
        cost=Cost(
            told=tuple(cost["told"]),
            seconds=(cost["seconds"][0], cost["seconds"][1]) if cost["seconds"] else None,
            bytes_written=cost["bytes_written"],
        )
        if cost
        else None,
    )
