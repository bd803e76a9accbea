"""ADD VALUE without BEFORE or AFTER puts the value last, and the order of an enum is the order in which it sorts.

Code that sorts by it or compares with < takes the new value for the greatest. A place that is written says that
somebody thought of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["EnumValueWithoutAPlace"]


class EnumValueWithoutAPlace(MigrationRule):
    severity = Severity.STYLE
    optional = True
    title = "An enum value is added without saying where."
    effect = "It sorts after all others, wherever it belongs."
    schema = "CREATE TYPE size AS ENUM ('small', 'large');\n"
    bad = "ALTER TYPE size ADD VALUE 'medium';\n"
    good = "-- migration\nALTER TYPE size ADD VALUE 'medium' BEFORE 'large';\n"
    cannot_see = "Whether anything sorts by it."
    brief = "Types fit what they hold."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            tree = effect.statement.tree
            if (
                effect.statement.form != "alter_enum_stmt"
                or not effect.altered
                or tree.new_val_neighbor
                or tree.old_val
            ):
                continue
            enum = effect.altered[0].object
            message = f"{tree.new_val} is added to {enum.name} at the end, without a word on its place"
            yield self.finding(migration, effect, enum, message=message, fix="-- BEFORE or AFTER another value")
            return
