"""A name without a schema means whatever comes first on the search_path of whoever runs the migration.

On one machine that is public, on another the schema of a role or an extension. A qualified name means one thing.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.statements import objects_named

__all__ = ["UnqualifiedName"]


class UnqualifiedName(MigrationRule):
    severity = Severity.STYLE
    optional = True
    title = "A table is named without its schema."
    effect = "Under another search_path the migration makes or changes another table."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = "CREATE TABLE notes (id integer PRIMARY KEY);\n"
    good = "-- migration\nCREATE TABLE public.notes (id integer PRIMARY KEY);\n"
    cannot_see = "Names inside queries, function bodies and DROP."
    brief = "Naming: snake_case."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        bare = [
            (effect, named)
            for effect in migration.done
            for named in objects_named(effect.statement)[:1]
            if named.kind in ("table", "view", "materialized view") and named.path[0] == ""
        ]
        for effect, named in bare[:1]:
            yield self.finding(
                migration,
                effect,
                None,
                message=f"{named.path[1]} and {len(bare) - 1} more are named without a schema"
                if bare[1:]
                else f"{named.path[1]} is named without a schema",
                fix="-- schema.name in each",
            )
