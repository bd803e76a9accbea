"""A trigger that is dropped guards and writes nothing from then on, and running code counts on what it did.

The lock is ACCESS EXCLUSIVE for an instant. What the trigger kept equal, counted, logged or refused is left to code
that was never told.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.function import Function
from pgmason.catalog.kinds.trigger import Trigger
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.statements import names_in_body

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
                if same or table not in migration.after.objects or _was_for_what_is_gone(migration, state, table):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    trigger,
                    message=f"the trigger {trigger.own_name} of {table.name} is dropped",
                    fix="-- deploy code that does what the trigger did, and only then drop it",
                )


def _was_for_what_is_gone(migration: MigrationInput, trigger: Trigger, table: ObjectId) -> bool:
    """Whether a column that it watched, or that its function names, goes in the same migration."""
    gone = {
        change.object.own_name
        for effect in migration.done
        for change in effect.dropped
        if change.object.kind == "column" and change.of == table
    }
    called = [one for identity, one in migration.before.of(Function) if identity.path[:2] == trigger.function]
    named = frozenset[str]().union(trigger.columns, *(names_in_body(one.definition) for one in called))
    return bool(gone & named)
