"""How does a judged finding look to each reader: a person, a program, GitHub, a code scanner, a test report?

Six renderings of one value, none of them deciding anything. Names of objects come from the product and may hold
anything that PostgreSQL allows: quotes, pipes, line ends, terminal escapes, `::error::`. Each rendering makes its
text safe for its reader: nothing that a name says can end a line, start a workflow command, close a code span or
leave an XML document.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any
from urllib.parse import quote

from pgmason.errors import NextCommand, WrongUse
from pgmason.findings import Finding, Judged, Severity, Standing
from pgmason.names import printable

__all__ = ["COMMENT_MARK", "FORMATS", "RuleHelp", "render"]

FORMATS = ("text", "json", "sarif", "junit", "github", "markdown")
COMMENT_MARK = "<!-- pgmason gate -->"  # begins the one comment on a pull request, which is found again by it
SHOWN_PER_RULE = 10
_MARKDOWN_SHOWN = 20
_JSON = "pgmason check --format json"
# Where a finding without a place of its own is shown by readers that need one: the file that names the product.
_ANCHOR = "pgmason.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHelp:
    """What a report carries along of a rule: one line, its reason, and its page as text and as Markdown."""

    name: str
    severity: Severity
    title: str
    why: str
    text: str
    markdown: str


def render(
    judged: Sequence[Judged],
    *,
    format: str,
    title: str,
    help: Mapping[str, RuleHelp] | None = None,
    next: Sequence[NextCommand] = (),
    version: str = "",
) -> str:
    """The findings in one format, ending in a newline.

    `title` names what was judged (the product). `help` holds the rules that ran, by name: SARIF and JUnit list them.
    `next` are the commands to type after this; without any, those that follow from the findings. Order is that of
    Finding.order, whatever order they come in. Raises WrongUse for an unknown format.
    """
    if format not in FORMATS:
        raise WrongUse(f"{format!r} is not one of {', '.join(FORMATS)}")
    ordered = sorted(judged, key=lambda item: item.finding.order)
    steps = tuple(next) or _next(ordered)
    match format:
        case "text":
            return _text(ordered, title, steps)
        case "json":
            return _json(ordered, title, steps)
        case "sarif":
            return _sarif(ordered, help or {}, version)
        case "junit":
            return _junit(ordered, title, help or {})
        case "github":
            return _github(ordered, title)
        case _:
            return _markdown(ordered, title, steps)


def _next(judged: Sequence[Judged]) -> tuple[NextCommand, ...]:
    worst = [item.finding.rule for item in judged if item.fails]
    if worst:
        return (NextCommand(command=f"pgmason explain {worst[0]}", why="why it matters, an example, how to accept it"),)
    return (NextCommand(command="pgmason gate", why="proves the rest of the brief"),)


def _shown(judged: Sequence[Judged]) -> list[Judged]:
    """The findings to show in full: new ones, notes too."""
    return [item for item in judged if item.standing is Standing.NEW]


def _summary(judged: Sequence[Judged]) -> str:
    """`3 new findings (2 risk, 1 style), 1 note, 12 known (old debt), 2 waived`."""
    failing = [item for item in judged if item.fails]
    by_severity = Counter(item.finding.severity for item in failing)
    worst_first = ", ".join(f"{by_severity[severity]} {severity}" for severity in Severity if by_severity[severity])
    parts = [_counted(len(failing), "new finding") + (f" ({worst_first})" if worst_first else "")]
    notes = sum(item.standing is Standing.NEW and not item.fails for item in judged)
    known = sum(item.standing is Standing.KNOWN for item in judged)
    waived = sum(item.standing is Standing.WAIVED for item in judged)
    parts += [_counted(notes, "note")] if notes else []
    parts += [f"{known} known (old debt)"] if known else []
    parts += [f"{waived} waived"] if waived else []
    return ", ".join(parts)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count or 'no'} {noun}s"


def _lines(text: str) -> list[str]:
    """The lines of a fix, each safe to print; none begins as a workflow command does, indented or not."""
    lines = (printable(line) for line in text.split("\n"))
    return [line.replace("::", ": :", 1) if line.lstrip().startswith("::") else line for line in lines]


def _cost(finding: Finding) -> list[str]:
    """What it costs at production's size, or with what it grows."""
    return [printable(line) for line in finding.cost.told] if finding.cost else []


def _subject(finding: Finding) -> str:
    return printable(finding.subject)


# --- text ---------------------------------------------------------------------------------------------------------


def _text(judged: Sequence[Judged], title: str, steps: Sequence[NextCommand]) -> str:
    lines = [f"{printable(title)}: {_summary(judged)}"]
    for _, group in groupby(_shown(judged), key=lambda item: (item.finding.severity, item.finding.rule)):
        lines += ["", *_text_group([item.finding for item in group])]
    lines.append("")
    lines += [f"next: {step.command}   # {step.why}" for step in steps]
    return "\n".join(lines) + "\n"


def _text_group(findings: Sequence[Finding]) -> Iterator[str]:
    """One rule at one severity: its heading, the effect once where all share it, then each finding."""
    first = findings[0]
    effects = {finding.effect for finding in findings}
    yield f"{first.severity}  {first.rule}" + (f"  ({len(findings)})" if len(findings) > 1 else "")
    if len(effects) == 1:
        yield f"  {printable(first.effect)}"
    for finding in findings[:SHOWN_PER_RULE]:
        yield f"  - {printable(finding.told)}" + (f"   {printable(str(finding.place))}" if finding.place else "")
        if len(effects) > 1:
            yield f"      {printable(finding.effect)}"
        yield from (f"      {line}" for line in _cost(finding))
        if finding.fix:
            yield from (f"      {line}" for line in _lines(finding.fix))
    if len(findings) > SHOWN_PER_RULE:
        yield f"  and {len(findings) - SHOWN_PER_RULE} more: {_JSON}"


# --- json ---------------------------------------------------------------------------------------------------------


def _json(judged: Sequence[Judged], title: str, steps: Sequence[NextCommand]) -> str:
    document = {
        "version": 1,
        "title": title,
        "counts": {
            "failing": sum(item.fails for item in judged),
            **{str(standing): sum(item.standing is standing for item in judged) for standing in Standing},
        },
        "findings": [_plain(item) for item in judged],
        "next": [{"command": step.command, "why": step.why} for step in steps],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _plain(item: Judged) -> dict[str, Any]:
    finding = item.finding
    return {
        "code": finding.rule,
        "severity": str(finding.severity),
        "standing": str(item.standing),
        "fails": item.fails,
        "object": {"kind": finding.object.kind, "path": list(finding.object.path), "name": finding.object.name}
        if finding.object
        else None,
        "message": finding.message,
        "called": finding.called or None,
        "effect": finding.effect,
        "cost": asdict(finding.cost) if finding.cost else None,
        "fix": finding.fix,
        "fixable": finding.replaces,
        "place": {"file": finding.place.file, "line": finding.place.line} if finding.place else None,
        "fingerprint": finding.fingerprint,
        "reason": item.reason,
        "until": item.until.isoformat() if item.until else None,
    }


# --- sarif: Static Analysis Results Interchange Format 2.1.0 (OASIS) ----------------------------------------------

_LEVEL = {
    Severity.OUTAGE: "error",
    Severity.BREAK: "error",
    Severity.LOSS: "error",
    Severity.RISK: "warning",
    Severity.STYLE: "warning",
    Severity.NOTE: "note",
}


def _sarif(judged: Sequence[Judged], help: Mapping[str, RuleHelp], version: str) -> str:
    names = sorted({*help, *(item.finding.rule for item in judged)})
    index = {name: i for i, name in enumerate(names)}
    driver: dict[str, Any] = {"name": "pgmason", "rules": [_sarif_rule(name, help.get(name)) for name in names]}
    if version:
        driver["version"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(item, index[item.finding.rule]) for item in judged],
    }
    document = {"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _sarif_rule(name: str, help: RuleHelp | None) -> dict[str, Any]:
    if help is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": help.title},
        "fullDescription": {"text": help.why},
        "help": {"text": help.text, "markdown": help.markdown},
        "defaultConfiguration": {"level": _LEVEL[help.severity]},
    }


def _sarif_result(item: Judged, rule_index: int) -> dict[str, Any]:
    finding = item.finding
    text = "\n".join([f"{printable(finding.told)}. {printable(finding.effect)}", *_cost(finding)])
    if finding.fix:
        text += "\n\n" + "\n".join(_lines(finding.fix))
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": quote(finding.place.file if finding.place else _ANCHOR), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": finding.place.line if finding.place else 1},
    }
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.object:
        location["logicalLocations"] = [{"fullyQualifiedName": _subject(finding), "kind": finding.object.kind}]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVEL[finding.severity],
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"pgmason/v1": finding.fingerprint},
        "baselineState": "unchanged" if item.standing is Standing.KNOWN else "new",
    }
    if item.standing is not Standing.NEW:  # one without a status is accepted
        until = f" (until {item.until})" if item.until else ""
        result["suppressions"] = [{"kind": "external", "justification": printable(item.reason) + until}]
    return result


# --- junit --------------------------------------------------------------------------------------------------------


def _junit(judged: Sequence[Judged], title: str, help: Mapping[str, RuleHelp]) -> str:
    """One test case a finding; one that passes for each rule that ran and found nothing."""
    from xml.etree import ElementTree

    clean = sorted(set(help) - {item.finding.rule for item in judged})
    counts = {
        "tests": str(len(judged) + len(clean)),
        "failures": str(sum(item.fails for item in judged)),
        "errors": "0",
        "skipped": str(sum(item.standing is not Standing.NEW for item in judged)),
    }
    root = ElementTree.Element("testsuites", {"name": printable(title), **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": printable(title), **counts})
    for item in judged:
        finding = item.finding
        name = _subject(finding) + (f" ({printable(finding.detail)})" if finding.detail else "")
        case = ElementTree.SubElement(suite, "testcase", {"classname": finding.rule, "name": name})
        if finding.place:
            case.set("file", printable(finding.place.file))
            case.set("line", str(finding.place.line))
        if item.fails:
            failure = ElementTree.SubElement(
                case, "failure", {"type": str(finding.severity), "message": printable(finding.told)}
            )
            failure.text = "\n".join([printable(finding.effect), *_cost(finding), *_lines(finding.fix or "")]).rstrip()
        elif item.standing is not Standing.NEW:
            ElementTree.SubElement(case, "skipped", {"message": f"{item.standing}: {printable(item.reason)}"})
        else:
            ElementTree.SubElement(case, "system-out").text = printable(finding.told)
    for name in clean:
        ElementTree.SubElement(suite, "testcase", {"classname": name, "name": help[name].title})
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


# --- github: workflow commands (GitHub documentation, "Workflow commands for GitHub Actions") ---------------------

_COMMAND = {"error": "error", "warning": "warning", "note": "notice"}


def _github(judged: Sequence[Judged], title: str) -> str:
    """An annotation for each new finding, then what the log shows. The runner reads commands anywhere in a line."""
    lines = []
    for item in _shown(judged):
        finding = item.finding
        properties = {"title": f"{finding.rule}: {_subject(finding)}"}
        if finding.place:
            properties = {"file": printable(finding.place.file), "line": str(finding.place.line), **properties}
        text = "\n".join(
            [printable(finding.told) + ".", printable(finding.effect), *_cost(finding), *_lines(finding.fix or "")]
        ).rstrip()
        joined = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        lines.append(f"::{_COMMAND[_LEVEL[finding.severity]]} {joined}::{_data(text)}")
    lines.append(f"{_unfolded(printable(title))}: {_summary(judged)}")
    return "\n".join(lines) + "\n"


def _data(text: str) -> str:
    """The text of a workflow command, escaped as actions/toolkit does (core/src/command.ts, escapeData)."""
    return _unfolded(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _unfolded(text: str) -> str:
    """Text in which the runner sees no command of its older form, `##[name]`, which counts anywhere in a line."""
    return text.replace("##[", "# #[")


# --- markdown: a comment on a pull request ------------------------------------------------------------------------


def _markdown(judged: Sequence[Judged], title: str, steps: Sequence[NextCommand]) -> str:
    shown = _shown(judged)
    lines = [f"**{_escaped(title)}**: {_summary(judged)}"]
    if shown:
        lines += ["", "| | rule | object | |", "|---|---|---|---|"]
        lines += [_markdown_row(item.finding) for item in shown[:_MARKDOWN_SHOWN]]
        if len(shown) > _MARKDOWN_SHOWN:
            lines += ["", f"and {len(shown) - _MARKDOWN_SHOWN} more: `{_JSON}`"]
        fixes = [item.finding for item in shown[:_MARKDOWN_SHOWN] if item.finding.fix]
        if fixes:
            lines += ["", "<details><summary>Fixes</summary>", ""]
            for finding in fixes:
                lines += [*_fence([f"-- {_subject(finding)}", *_lines(finding.fix or "")]), ""]
            lines.append("</details>")
    lines += ["", *(f"next: `{step.command}`" for step in steps)]
    return "\n".join(lines) + "\n"


def _markdown_row(finding: Finding) -> str:
    place = f" {_code(str(finding.place))}" if finding.place else ""
    subject = _code(finding.subject) if finding.object else finding.subject
    return f"| {finding.severity} | {finding.rule} | {subject} | {_escaped(finding.told)}{place} |"


def _code(text: str) -> str:
    """A code span in a table cell: a fence longer than any run of backticks inside, pipes escaped (GFM 4.10)."""
    safe = printable(text)
    fence = "`" * (_longest_run(safe) + 1)
    pad = " " if "`" in safe else ""
    return f"{fence}{pad}{safe}{pad}{fence}".replace("|", "\\|")


def _fence(lines: Sequence[str]) -> list[str]:
    fence = "`" * max(3, max(_longest_run(line) for line in lines) + 1)
    return [f"{fence}sql", *lines, fence]


def _longest_run(text: str) -> int:
    return max((len(list(run)) for character, run in groupby(text) if character == "`"), default=0)


def _escaped(text: str) -> str:
    """Text outside code: what Markdown or GitHub would read as markup, a mention or a reference is plain."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]<>()#+!|~:&$" else c for c in printable(text))
    return escaped.replace("@", "@<!-- -->")
