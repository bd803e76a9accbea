"""What do machines read of the gate: JSON, JUnit, GitHub's annotations, SARIF?

All are made of the same `GateResult`s as the screens, so that none can say something else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from pgmason import __version__
from pgmason.evidence import Failure
from pgmason.findings import Place
from pgmason.gate.brief import BRIEF
from pgmason.gate.full import standing
from pgmason.gate.run import GateResult, Judgement, exit_code_of, outcome_of
from pgmason.gate.screen import Groups, next_of
from pgmason.gate.words import one_line
from pgmason.names import printable

__all__ = ["GATE_VERSION", "as_github", "as_json", "as_junit", "as_sarif"]

GATE_VERSION = 1

# Code scanning refuses a result without a location; what has none is told at the configuration.
_NOWHERE = Place(file="pgmason.toml", line=1)


def as_json(results: Sequence[GateResult], *, untouched: Sequence[str] = ()) -> str:
    """Every verdict with its evidence, version 1, without a newline at the end; `untouched` names what was not judged
    because a branch changes nothing of it."""
    document = {
        "version": GATE_VERSION,
        "gate": outcome_of(results),
        "exit_code": exit_code_of(results),
        "products": [_product(result) for result in results],
        "untouched": list(untouched),
    }
    return json.dumps(document, indent=2)


def _product(result: GateResult) -> dict[str, Any]:
    groups = Groups.of(result)
    command, why = next_of(result)
    return {
        "product": result.product.name,
        "gate": result.outcome,
        "exit_code": result.exit_code,
        "counts": {
            "failing": len(groups.failing),
            "holding": len(groups.holding),
            "not_applicable": len(groups.beside),
            "accepted": len(groups.accepted),
            "advised": len(groups.advised),
            "open": len(groups.open),
            "not_built": len(groups.unbuilt),
            "off": len(result.off),
            "reused": result.reused,
        },
        "criteria": [_criterion(result, one) for one in result.judgements],
        "off": list(result.off),
        "evidence_not_kept": result.unkept,
        "next": [{"command": command, "why": why}],
    }


def _criterion(result: GateResult, one: Judgement) -> dict[str, Any]:
    criterion, verdict = one.criterion, one.verdict
    return {
        "name": criterion.name,
        "title": criterion.title,
        "brief": {line: BRIEF[line] for line in criterion.brief},
        "level": one.level,
        "where": one.where,
        "built": criterion.built,
        "status": verdict.status,
        "gap": verdict.gap,
        "why": verdict.why,
        "fails": one.fails,
        "kept_from": one.since,
        "out_of_reach": one.unreached,
        "identified": criterion.identified,
        "leaves_out": criterion.leaves_out or None,
        "evidence": asdict(verdict.evidence) if verdict.evidence else None,
        "failing": [asdict(failure) for failure in verdict.failing],
        "fix": verdict.fix,
        "known": verdict.known,
        "waived": verdict.waived,
        "notes": list(verdict.notes),
        "next": [{"command": result.command(verdict.next_command)}] if verdict.next_command else [],
    }


def as_junit(results: Sequence[GateResult]) -> str:
    """A suite a product, a case a criterion: what fails the gate is a failure, what else is not proven is skipped."""
    root = ElementTree.Element("testsuites", name="pgmason gate")
    for result in results:
        groups = Groups.of(result)
        skipped = len(groups.advised) + len(groups.open) + len(groups.unbuilt)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=printable(result.product.name),
            tests=str(len(result.judgements)),
            failures=str(len(groups.failing)),
            errors="0",
            skipped=str(skipped),
        )
        for one in result.judgements:
            case = ElementTree.SubElement(suite, "testcase", classname="pgmason.gate", name=one.criterion.name)
            said = printable(f"{standing(one.verdict)}: {one.verdict.why}")
            if one.fails:
                lines = [one_line(failure.line) for failure in one.verdict.failing]
                ElementTree.SubElement(case, "failure", message=said).text = "\n".join(lines)
            elif not one.holds:
                ElementTree.SubElement(case, "skipped", message=said)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def as_github(results: Sequence[GateResult]) -> str:
    """Workflow commands: an error for each failure, a warning for what is advised, and the outcome as a notice."""
    lines = []
    for result, one, failure in _failures(results):
        place = f"file={_property(printable(failure.place.file))},line={failure.place.line}," if failure.place else ""
        title = _property(f"{result.product.name}: {one.criterion.name}")
        level = "error" if one.fails else "warning"
        lines.append(f"::{level} {place}title={title}::{_message(_text(one, failure))}")
    for result in results:
        name = _property(f"pgmason gate: {result.product.name}")
        groups = Groups.of(result)
        counts = f"{len(groups.failing)} fail, {len(groups.holding) + len(groups.accepted)} hold"
        lines.append(f"::notice title={name}::{_message(f'gate {result.outcome}: {counts}')}")
    return "\n".join(lines)


def as_sarif(results: Sequence[GateResult]) -> str:
    """SARIF 2.1.0: a rule a criterion, a result a failure; what is not proven for want of a look is no result."""
    criteria = {one.criterion.name: one.criterion for result in results for one in result.judgements}
    driver = {
        "name": "pgmason gate",
        "version": __version__,
        "rules": [
            {
                "id": name,
                "shortDescription": {"text": criterion.title},
                "fullDescription": {"text": criterion.identified},
            }
            for name, criterion in sorted(criteria.items())
        ],
    }
    found = [_sarif_result(result, one, failure) for result, one, failure in _failures(results)]
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": found}],
    }
    return json.dumps(document, indent=2)


def _sarif_result(result: GateResult, one: Judgement, failure: Failure) -> dict[str, Any]:
    place = failure.place or _NOWHERE
    parts = (result.product.name, one.criterion.name, failure.subject, failure.what)
    return {
        "ruleId": one.criterion.name,
        "level": "error" if one.fails else "warning",
        "message": {"text": _text(one, failure)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(place.file, errors="replace"), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": place.line},
                }
            }
        ],
        "partialFingerprints": {"pgmason/v1": hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()},
    }


def _failures(results: Sequence[GateResult]) -> Iterator[tuple[GateResult, Judgement, Failure]]:
    """What a person must act on, what fails first; a criterion that could not be looked at is one such thing."""
    for result in results:
        groups = Groups.of(result)
        for one in (*groups.failing, *groups.advised):
            unseen = Failure(subject=one.criterion.name, what=f"is {standing(one.verdict)}: {one.verdict.why}")
            for failure in one.verdict.failing or (unseen,):
                yield result, one, failure


def _text(one: Judgement, failure: Failure) -> str:
    """What is wrong, then the fix line by line; nothing in it that could pass for something else."""
    fix = failure.fix or one.verdict.fix or ""
    return "\n".join([one_line(failure.told), *map(printable, fix.splitlines())])


def _message(text: str) -> str:
    # The escapes of workflow commands (actions/toolkit, packages/core/src/command.ts); `##[` began an older form.
    return text.replace("##[", "# #[").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
