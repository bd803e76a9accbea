"""An index that is given no name gets one from PostgreSQL, which depends on what is there already.

Where a name is taken a number is added, so the same file makes another name in another database, and the migration that
drops it does not find it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.statements import objects_named

__all__ = ["IndexWithoutAName"]


class IndexWithoutAName(MigrationRule):
    severity = Severity.STYLE
    optional = True
    title = "An index is made without a name."
    effect = "A later migration that drops it by name may not find it."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = "CREATE TABLE notes (id integer PRIMARY KEY, body text);\nCREATE INDEX ON notes (body);\n"
    good = """\
-- migration
CREATE TABLE notes (id integer PRIMARY KEY, body text);
CREATE INDEX notes_body_idx ON notes (body);
"""
    cannot_see = "Indexes of constraints, which have the constraint's name."
    brief = "Naming: snake_case."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        bare = [
            (effect, effect.created[0].object)
            for effect in migration.done
            if effect.statement.form == "index_stmt" and not objects_named(effect.statement) and effect.created
        ]
        for effect, index in bare[:1]:
            more = f", and {len(bare) - 1} more" if bare[1:] else ""
            message = f"PostgreSQL calls the index {index.own_name}{more}: the file does not say"
            yield self.finding(
                migration, effect, index, message=message, fix=f"-- CREATE INDEX {index.own_name} ON ..."
            )
