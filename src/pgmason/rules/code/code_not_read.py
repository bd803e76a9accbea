"""Code that was not read is not judged, and a report without findings does not say that it is in order.

The grammars of TypeScript, JavaScript and Python are an extra of pgmason, and a file may hold what no grammar knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.application import NEEDED
from pgmason.application.model import Node
from pgmason.findings import Finding, Severity
from pgmason.rules.code_rule import CodeInput, CodeRule

__all__ = ["CodeNotRead", "not_installed", "not_told"]


class CodeNotRead(CodeRule):
    severity = Severity.NOTE
    title = "Application code that was not read, or only in part."
    effect = "None by itself: what stands there was not judged."
    waivable = False
    bad = """\
export function half( {
"""
    good = """\
export function whole() {}
"""
    cannot_see = "Languages other than TypeScript, JavaScript and Python: their files are not looked for."
    brief = "Nothing is claimed without evidence: what was not read is said."

    def check(self, code: CodeInput) -> Iterator[Finding]:
        """One note for a file of which something does not parse."""
        if code.tree.broken:
            lines = ", ".join(str(line) for line in code.tree.broken[:3])
            yield self.finding(
                code,
                Node(line=code.tree.broken[0]),
                message=f"{code.file} does not parse as {code.language} (line {lines}): judged as far as it does",
            )


def not_installed(files: int) -> Finding:
    """The note where the grammars are missing."""
    return _note(
        f"{files} file{'' if files == 1 else 's'} of application code {'is' if files == 1 else 'are'} not read: the"
        " grammars are not installed",
        NEEDED,
    )


def not_told(what: str) -> Finding:
    """The note on a file that was left out."""
    return _note(what, None)


def _note(message: str, fix: str | None) -> Finding:
    rule = CodeNotRead()
    return Finding(
        rule=rule.name,
        severity=Severity.NOTE,
        object=None,
        message=message,
        effect=rule.effect,
        fix=fix,
        detail=message if fix is None else "",
    )
