"""ALTER EXTENSION ... UPDATE runs a script of other people's over what the product stands on.

It may change functions, operators and types under indexes and columns that use them, takes the locks it needs, and has
no way back: there is no script to the old version. Which version a migration reaches, if it names none, is decided by
the packages on each server.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.extension import Extension
from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ExtensionUpdated"]


class ExtensionUpdated(MigrationRule):
    severity = Severity.RISK
    title = "An extension that is in use is updated."
    effect = "What its script changes it changes for running code at once, and nothing brings the old version back."
    schema = "CREATE EXTENSION hstore VERSION '1.6';\n"
    bad = "ALTER EXTENSION hstore UPDATE;\n"
    good = "-- migration\nCREATE EXTENSION pg_trgm;\n"
    cannot_see = "What the script does in production: another version may stand there than here."
    brief = "Every UP has a DOWN; what a migration drops can come back."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for extension in sorted({change.object for change in effect.objects if change.object.kind == "extension"}):
                before = migration.before.objects.get(extension)
                after = migration.after.objects.get(extension)
                if not isinstance(before, Extension) or not isinstance(after, Extension):
                    continue
                if before.version == after.version:
                    continue
                yield self.finding(
                    migration,
                    effect,
                    extension,
                    message=f"{extension.own_name} goes from version {before.version} to {after.version}, and no"
                    " script goes back",
                    fix="-- rehearse it on a copy of production; and name the version: UPDATE TO '...'",
                )
