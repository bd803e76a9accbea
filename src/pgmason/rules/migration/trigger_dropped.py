"""A trigger that is dropped guards and writes nothing from then on, and running code counts on what it did.

The lock is ACCESS EXCLUSIVE for an instant. What the trigger kept equal, counted, logged or refused is left to code
that was never told.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.trigger import Trigger
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TriggerDropped"]


class TriggerDropped(MigrationRule):
    severity = Severity.RISK
    title = "A trigger is dropped, and none takes its place."
    effect = "What it kept current or refused is silently left out from now on."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, changed_at timestamptz);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.changed_at = now(); RETURN NEW; END $$;
CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
"""
    bad = """\
SET lock_timeout = '2s';
DROP TRIGGER orders_touch ON orders;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
CREATE OR REPLACE TRIGGER orders_touch BEFORE INSERT OR UPDATE ON orders
  FOR EACH ROW EXECUTE FUNCTION touch();
"""
    cannot_see = "Whether code does the same by now."
    brief = "Schema integrity: constraints in the database."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.dropped:
                trigger = change.object
                state = migration.before.objects.get(trigger)
                if not isinstance(state, Trigger) or change.cascaded or not migration.live(change):
                    continue
                table = ObjectId("table", trigger.path[:2])
                left = migration.after.members(Trigger, table)
                same = any(one == trigger or other.function == state.function for one, other in left)
                columns = {other.object for one in migration.done for other in one.dropped if other.of == table}
                written = any(ObjectId("column", (*table.path, name)) in columns for name in state.columns)
                if same or written or table not in migration.after.objects:
                    continue
                yield self.finding(
                    migration,
                    effect,
                    trigger,
                    message=f"the trigger {trigger.own_name} of {table.name} is dropped",
                    fix="-- deploy code that does what the trigger did, and only then drop it",
                )
