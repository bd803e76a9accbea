"""A trigger that was switched off and not on again guards nothing; ALL switches foreign keys off, too.

Rows that break a foreign key then come in, and nothing tells. The lock blocks writes for the rest of the transaction.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.keywords import identifier
from pgmason.findings import Finding, Severity
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TriggerSwitchedOff"]


class TriggerSwitchedOff(MigrationRule):
    severity = Severity.RISK
    title = "A trigger is left switched off."
    effect = "What the trigger guarded or wrote is silently left out from now on."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION f();
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders DISABLE TRIGGER t;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders DISABLE TRIGGER t;
ALTER TABLE orders ENABLE TRIGGER t;
"""
    cannot_see = "Whether it is meant for good."
    brief = "Schema integrity: constraints in the database."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        last = {}
        for effect in migration.done:
            for change in effect.altered:
                enabled = change.change("enabled")
                if change.object.kind == "trigger" and enabled is not None and migration.live(change):
                    last[change.object] = (effect, enabled.after)
        for trigger, (effect, state) in sorted(last.items(), key=lambda item: item[0]):
            if state == "disabled":
                yield self.finding(
                    migration,
                    effect,
                    trigger,
                    message=f"the trigger {trigger.own_name} is left switched off",
                    fix=f"ALTER TABLE {qualified(trigger.path[:2])} ENABLE TRIGGER {identifier(trigger.own_name)};",
                )
