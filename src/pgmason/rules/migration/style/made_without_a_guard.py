"""CREATE and DROP that say IF [NOT] EXISTS can be run a second time, after the first was cut off in the middle.

What they hide is that something else of that name is there; a runner that keeps each file in a transaction needs them
not at all. Whichever a team holds, it holds it everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Verb
from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.statements import says_again

__all__ = ["MadeWithoutAGuard"]

_CAN_SAY = ("create_stmt", "index_stmt", "drop_stmt", "create_seq_stmt", "create_schema_stmt", "create_extension_stmt")


class MadeWithoutAGuard(MigrationRule):
    severity = Severity.STYLE
    optional = True
    title = "CREATE or DROP does not say IF [NOT] EXISTS."
    effect = "The file fails when it is run again."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = "CREATE TABLE notes (id integer PRIMARY KEY);\n"
    good = "-- migration\nCREATE TABLE IF NOT EXISTS notes (id integer PRIMARY KEY);\n"
    cannot_see = "Whether the runner ever runs a file twice."
    brief = "Migrations are tested before they are deployed."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        bare = [
            (effect, change.object)
            for effect in migration.done
            if effect.statement.form in _CAN_SAY and not says_again(effect.statement)
            for change in effect.objects[:1]
            if change.verb is not Verb.ALTERED
        ]
        for effect, named in bare[:1]:
            more = f", and {len(bare) - 1} more like it" if bare[1:] else ""
            message = f"the statement on {named.name} does not say IF [NOT] EXISTS{more}"
            yield self.finding(migration, effect, named, message=message, fix="-- IF [NOT] EXISTS in each")
