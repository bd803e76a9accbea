"""A migration that fails leaves the deploy half-way: some runners mark it as failed and refuse to go on.

It was applied here, as its runner sends it, to the state before it, with a few rows in every table. What a statement
needs that production has and this server has not, is said beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Place, Severity
from pgmason.rules.migration.server_changed import SERVER_WIDE
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["MigrationFails"]

_FIX = {
    "25001": "-- a statement that refuses a transaction: in a migration of its own, alone in its file",
    "23502": "-- add the column nullable or with a default; fill it; then SET NOT NULL by a validated CHECK",
    "55P04": "-- a new enum value can be used after it is committed: in the next migration",
}


class MigrationFails(MigrationRule):
    severity = Severity.BREAK
    title = "A migration does not apply."
    effect = "The deploy stops there; what ran before it in other transactions stays."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY);
"""
    bad = """\
ALTER TABLE orders ADD COLUMN code text NOT NULL;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN code text NOT NULL DEFAULT '';
"""
    cannot_see = "Rows and settings that only production has."
    brief = "Migrations are tested before they are deployed."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        if migration.trace.unreadable is not None:
            unreadable = migration.trace.unreadable
            yield Finding(
                rule=self.name,
                severity=self.severity,
                object=None,
                message=f"{migration.name} cannot be read: {unreadable.message}",
                effect=self.effect,
                detail=migration.name,
                place=Place(file=migration.trace.file, line=unreadable.line),
            )
            return
        refused = migration.trace.frame_error
        for effect in migration.trace.effects:
            error = refused[1] if refused is not None and refused[0] == effect.number else effect.error
            if error is None:
                continue
            if effect.statement.form in SERVER_WIDE:
                return  # it is not run here, so that it failed says nothing; another rule speaks of it
            yield self.finding(
                migration,
                effect,
                None,
                message=f"{migration.name} fails: {error.message} ({error.sqlstate})",
                fix=_FIX.get(error.sqlstate),
            )
            return
