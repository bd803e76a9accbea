"""A renamed enum value is gone for running code at once: it writes, compares and maps the old word.

ALTER TYPE ... RENAME VALUE locks no table and takes an instant. Code that was deployed before sends a value that no
longer exists (22P02), and does not know the one that it reads. A new value beside the old one serves both.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["EnumValueRenamed"]


class EnumValueRenamed(MigrationRule):
    severity = Severity.BREAK
    title = "A value of an enum is renamed while code that uses it runs."
    effect = "Code that was deployed before writes a value that is refused, and reads one that it does not know."
    schema = """\
CREATE TYPE state AS ENUM ('open', 'closed');
CREATE TABLE orders (id integer PRIMARY KEY, state state);
"""
    bad = """\
ALTER TYPE state RENAME VALUE 'closed' TO 'done';
"""
    good = """\
-- migration
ALTER TYPE state ADD VALUE 'done';
"""
    cannot_see = "Whether any code uses the value."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.altered:
                labels = change.change("labels")
                if change.object.kind != "enum" or labels is None or not migration.live(change):
                    continue
                before, after = (labels.before or "").split(", "), (labels.after or "").split(", ")
                gone = [one for one in before if one not in after]
                if gone:
                    yield self.finding(
                        migration,
                        effect,
                        change.object,
                        message=f"{change.object.name} has the value {', '.join(gone)} no more: running code uses it",
                        fix="-- ADD VALUE beside it, deploy code that takes both, change the rows in batches",
                    )
