"""Which rules are there?

Every concrete `Rule` in a module of this package is one; adding a rule is adding a file, and no list is edited.
`schema/` judges a catalog, `migration/` what pending migrations do, `history/` the order of a product's migrations,
`code/` application code; `explained/` has pages of what no supported server does; `style/` in the first two is house
style, off unless asked for. Whether a finding counts is `judging.py`; what was accepted as old debt is `baseline.py`.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, TypeVar

from pgmason.config import Product
from pgmason.errors import NextCommand, WrongUse
from pgmason.findings import Finding, Severity
from pgmason.rules.allowing import IDLE, with_allowances
from pgmason.rules.rule import Rule, SchemaInput, SchemaRule

if TYPE_CHECKING:
    from pgmason.rules.code_rule import CodeInput, CodeRule
    from pgmason.rules.history_rule import HistoryInput, HistoryRule
    from pgmason.rules.migration_rule import MigrationInput, MigrationRule

R = TypeVar("R", bound=Rule)

__all__ = [
    "Rule",
    "SchemaInput",
    "SchemaRule",
    "all_rules",
    "check_code",
    "check_history",
    "check_migration",
    "check_schema",
    "code_rules",
    "history_rules",
    "migration_rules",
    "rule_named",
    "schema_rules",
]


def all_rules() -> tuple[Rule, ...]:
    """Every rule, sorted by name."""
    return _rules_below(__name__)


@cache
def _rules_below(package: str) -> tuple[Rule, ...]:
    """The rules of a package's modules, sorted by name. What one folder needs is imported for that folder alone."""
    found: dict[str, Rule] = {}
    for module in walk_packages(import_module(package).__path__, f"{package}."):
        for member in vars(import_module(module.name)).values():
            if _is_rule(member) and member.__module__ == module.name:
                rule = member()
                found[rule.name] = rule
    return tuple(found[name] for name in sorted(found))


def _is_rule(member: object) -> bool:
    return (
        inspect.isclass(member) and issubclass(member, Rule) and member is not Rule and not inspect.isabstract(member)
    )


def schema_rules() -> tuple[SchemaRule, ...]:
    """The rules over a catalog, sorted by name."""
    return tuple(rule for rule in _rules_below(f"{__name__}.schema") if isinstance(rule, SchemaRule))


def migration_rules() -> tuple[MigrationRule, ...]:
    """The rules over a pending migration, sorted by name, those that speak last at the end."""
    from pgmason.rules.migration_rule import LastRule, MigrationRule  # what effects are is not everybody's to load

    found = (rule for rule in _rules_below(f"{__name__}.migration") if isinstance(rule, MigrationRule))
    return tuple(sorted(found, key=lambda rule: (isinstance(rule, LastRule), rule.name)))


def history_rules() -> tuple[HistoryRule, ...]:
    """The rules over a history, sorted by name."""
    from pgmason.rules.history_rule import HistoryRule

    return tuple(rule for rule in _rules_below(f"{__name__}.history") if isinstance(rule, HistoryRule))


def code_rules() -> tuple[CodeRule, ...]:
    """The rules over application code, sorted by name."""
    from pgmason.rules.code_rule import CodeRule

    return tuple(rule for rule in _rules_below(f"{__name__}.code") if isinstance(rule, CodeRule))


def rule_named(name: str) -> Rule:
    """The rule of that name. Raises WrongUse, with the nearest name there is."""
    rules = {rule.name: rule for rule in all_rules()}
    if name in rules:
        return rules[name]
    near = difflib.get_close_matches(name, rules, n=1, cutoff=0.5)
    raise WrongUse(
        f"no rule is named {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
        next=[
            NextCommand(
                command=f"pgmason explain {near[0]}" if near else "pgmason explain",
                why="shows it" if near else "lists the rules",
            )
        ],
    )


def _asked(rules: tuple[R, ...], product: Product) -> tuple[R, ...]:
    """Those that run for a product: of house style what it asks for. Raises WrongUse where it asks for what is none."""
    for name in product.style:
        if name != "all" and not rule_named(name).optional:
            raise WrongUse(f"{name} is no matter of style: it is always on", where="style")
    asks_all = "all" in product.style
    return tuple(rule for rule in rules if not rule.optional or asks_all or rule.name in product.style)


def check_schema(schema: SchemaInput, rules: Iterable[SchemaRule] | None = None) -> tuple[Finding, ...]:
    """What the rules (all schema rules unless told) find in a catalog, worst first, then by rule and object."""
    chosen = _asked(schema_rules(), schema.product) if rules is None else tuple(rules)
    return tuple(
        sorted((finding for rule in chosen for finding in rule.check(schema)), key=lambda finding: finding.order)
    )


def check_migration(migration: MigrationInput, rules: Iterable[MigrationRule] | None = None) -> tuple[Finding, ...]:
    """What the rules (all migration rules unless told) find in one pending migration, worst first.

    A comment that allows what only the sizes of production silence is no idle one: without them it is needed.
    """
    found = _with_comments(migration, rules)
    if migration.statistics is not None and any(one.rule == IDLE for one in found):
        idle = {one for one in _with_comments(replace(migration, statistics=None), rules) if one.rule == IDLE}
        found = [one for one in found if one.rule != IDLE or one in idle]
    return tuple(sorted(found, key=lambda finding: finding.order))


def _with_comments(migration: MigrationInput, rules: Iterable[MigrationRule] | None) -> list[Finding]:
    from pgmason.rules.migration_rule import LastRule

    chosen = _asked(migration_rules(), migration.product) if rules is None else tuple(rules)
    found: list[Finding] = []
    for rule in chosen:
        if isinstance(rule, LastRule):
            told = frozenset(
                one.place
                for one in found
                if one.place is not None and (one.severity is Severity.OUTAGE or one.cost is not None)
            )
            found += rule.check_rest(migration, told)
        else:
            found += rule.check(migration)
    if rules is None:
        lines = [effect.statement.line for effect in migration.trace.effects]
        found = list(with_allowances(found, migration.text, migration.trace.file, lines))
    return found


def check_history(history: HistoryInput, rules: Iterable[HistoryRule] | None = None) -> tuple[Finding, ...]:
    """What the rules (all history rules unless told) find in a history, worst first."""
    chosen = history_rules() if rules is None else tuple(rules)
    return tuple(
        sorted((finding for rule in chosen for finding in rule.check(history)), key=lambda finding: finding.order)
    )


def check_code(code: CodeInput, rules: Iterable[CodeRule] | None = None) -> tuple[Finding, ...]:
    """What the rules (all code rules unless told) find in one file, worst first."""
    chosen = code_rules() if rules is None else tuple(rules)
    found = [finding for rule in chosen for finding in rule.check(code)]
    if rules is None:
        comment = "#" if code.language == "python" else "//"
        found = list(with_allowances(found, code.text, code.file, code.statement_lines, comment=comment, spread=True))
    return tuple(sorted(found, key=lambda finding: finding.order))
