"""What does a rule say for itself?

One page a rule, all of it from the rule's own file: why, the effect, a bad and a good example, what it cannot see.
The same page is shown by `pgmason explain`, in SARIF's help and in the documentation.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from pgmason.renderings import RuleHelp
from pgmason.rules.code_rule import CodeRule
from pgmason.rules.history_rule import HistoryRule
from pgmason.rules.migration_rule import MigrationRule
from pgmason.rules.rule import Rule

__all__ = ["explanation", "explanation_json", "help_of", "rule_list", "rule_list_json"]

_WIDTH = 100


def explanation(rule: Rule) -> str:
    """The page of a rule as text, at most 100 columns wide outside the examples, ending in a newline."""
    parts = [
        f"{rule.name}  ({rule.severity})",
        textwrap.fill(rule.title, _WIDTH, initial_indent="  ", subsequent_indent="  "),
        "",
        _paragraphs(rule.why),
        "",
        _labelled("What a running product feels", rule.effect),
        _labelled("What of the brief it holds", rule.brief),
        "",
        *(["Given:", textwrap.indent(_given(rule).rstrip(), "  "), ""] if _given(rule) else []),
        "Bad:",
        textwrap.indent(_example(rule, "bad").rstrip(), "  "),
        "",
        "Good:",
        textwrap.indent(_example(rule, "good").rstrip(), "  "),
        "",
        _labelled("What it cannot see", rule.cannot_see),
        "",
        *(
            ["To accept it somewhere, with a reason:", textwrap.indent(_waiver(rule), "  "), ""]
            if rule.waivable
            else []
        ),
        "next: pgmason check",
    ]
    return "\n".join(parts) + "\n"


def explanation_json(rule: Rule) -> dict[str, Any]:
    """The page of a rule as data, version 1."""
    return {
        "version": 1,
        "rule": rule.name,
        "severity": str(rule.severity),
        "title": rule.title,
        "why": rule.why,
        "effect": rule.effect,
        "brief": rule.brief,
        "language": rule.language,
        "given": _given(rule) or None,
        "bad": _example(rule, "bad"),
        "good": _example(rule, "good"),
        "cannot_see": rule.cannot_see,
        "waiver": _waiver(rule) if rule.waivable else None,
        "next": [{"command": "pgmason check", "why": "says where the rule is broken"}],
    }


def rule_list(rules: Iterable[Rule]) -> str:
    """Every rule on a line with its severity and title, the names aligned."""
    listed = tuple(rules)
    width = max(len(rule.name) for rule in listed)
    lines = [f"{rule.name:{width}}  {rule.severity!s:6}  {rule.title}" for rule in listed]
    return "\n".join([*lines, "", f"next: pgmason explain {listed[0].name}"]) + "\n"


def rule_list_json(rules: Iterable[Rule]) -> dict[str, Any]:
    """Every rule as data, version 1."""
    listed = tuple(rules)
    return {
        "version": 1,
        "rules": [{"rule": rule.name, "severity": str(rule.severity), "title": rule.title} for rule in listed],
        "next": [{"command": f"pgmason explain {listed[0].name}", "why": "shows why, an example and the fix"}],
    }


def help_of(rule: Rule) -> RuleHelp:
    """What the formats that carry rules along (SARIF, JUnit) say of it."""
    markdown = "\n\n".join(
        [
            rule.why,
            f"**What a running product feels:** {rule.effect}",
            *([f"Given:\n\n```{rule.language}\n{_given(rule).rstrip()}\n```"] if _given(rule) else []),
            f"Bad:\n\n```{rule.language}\n{_example(rule, 'bad').rstrip()}\n```",
            f"Good:\n\n```{rule.language}\n{_example(rule, 'good').rstrip()}\n```",
            f"**What it cannot see:** {rule.cannot_see}",
        ]
    )
    return RuleHelp(
        name=rule.name,
        severity=rule.severity,
        title=rule.title,
        why=rule.why,
        text=explanation(rule),
        markdown=markdown,
    )


def _given(rule: Rule) -> str:
    """The schema that the examples of a rule over migrations meet; "" for other rules."""
    return rule.schema if isinstance(rule, MigrationRule) else ""


def _example(rule: Rule, which: str) -> str:
    text: str = getattr(rule, which)
    down = getattr(rule, f"{which}_down", "")
    return f"{text.rstrip()}\n-- and its DOWN:\n{down}" if down else text


def _waiver(rule: Rule) -> str:
    return "\n".join(
        [
            "[[products.NAME.waive]]",
            f'rule = "{rule.name}"',
            f'object = "{_waived(rule)}"',
            'reason = "why this is accepted"',
            "until = 2027-12-31",
        ]
    )


def _waived(rule: Rule) -> str:
    """An example of what a waiver names: a file where the finding is on one, else an object."""
    if isinstance(rule, CodeRule):
        return "src/reports/*.ts"
    return "migrations/20260301_add_notes*" if isinstance(rule, HistoryRule) else "public.some_table"


def _paragraphs(text: str) -> str:
    return "\n\n".join(textwrap.fill(" ".join(paragraph.split()), _WIDTH) for paragraph in text.split("\n\n"))


def _labelled(label: str, text: str) -> str:
    return textwrap.fill(f"{label}: {text}", _WIDTH)
