"""What does a rule over a history judge?

The migrations of a product in their order, by what their files say of themselves, and which of them are pending.
Nothing is run for it: what a migration does is `migration_rule.py`'s.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pgmason.config import Product
from pgmason.findings import Finding, Place, Severity
from pgmason.formats import History, Migration, all_formats
from pgmason.formats.migration import Late
from pgmason.rules.rule import Rule

__all__ = ["HistoryInput", "HistoryRule"]


@dataclass(frozen=True, kw_only=True)
class HistoryInput:
    """A history with the names of those of its migrations that are pending; all others are deployed."""

    product: Product
    history: History
    pending: frozenset[str]

    @cached_property
    def late(self) -> Late:
        """What the runner does with a pending migration that stands before a deployed one."""
        return next((one.late for one in all_formats() if one.name == self.history.format), Late.UNKNOWN)

    def place(self, migration: Migration) -> Place:
        """The beginning of a migration's file, from the repository's root where it lies there."""
        within = os.path.relpath(migration.up, self.product.root)
        return Place(file=str(migration.up) if within.startswith("..") else Path(within).as_posix(), line=1)


class HistoryRule(Rule):
    """A rule over one history.

    `bad` and `good` are folders of migrations written as one text: a line `# file: NAME` or `-- file: NAME` begins
    each file, and ` (deployed)` behind the name says that it is.
    """

    @abstractmethod
    def check(self, history: HistoryInput) -> Iterator[Finding]:
        """Every finding, in the order of the history."""

    def finding(
        self,
        history: HistoryInput,
        migration: Migration,
        *,
        message: str,
        fix: str,
        effect: str | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule on a migration, whose name is in its fingerprint."""
        return Finding(
            rule=self.name,
            severity=severity or self.severity,
            object=None,
            message=message,
            effect=effect or self.effect,
            fix=fix,
            detail=migration.name,
            place=history.place(migration),
        )
