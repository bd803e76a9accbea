"""An enum loses a value only by a new type: running code still writes the value, and its rows must go somewhere.

PostgreSQL has no DROP VALUE, so the column is changed to another type, which writes the table anew; the change fails
where a row still has the value. Code that was deployed before sends it all the same (22P02). First no code writes it,
then no row has it, and then a CHECK that refuses it does what the new type would, without writing anything anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["EnumValueRemoved"]


class EnumValueRemoved(MigrationRule):
    severity = Severity.BREAK
    title = "A column loses a value of its enum while code that writes it runs."
    effect = "Code that was deployed before writes a value that is refused; where a row has it, the migration fails."
    schema = """\
CREATE TYPE state AS ENUM ('open', 'closed', 'lost');
CREATE TABLE orders (id integer PRIMARY KEY, state state);
"""
    bad = """\
ALTER TYPE state RENAME TO state_old;
CREATE TYPE state AS ENUM ('open', 'closed');
ALTER TABLE orders ALTER COLUMN state TYPE state
  USING (CASE state WHEN 'lost' THEN 'closed' ELSE state::text END)::state;
DROP TYPE state_old;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_state_not_lost CHECK (state <> 'lost') NOT VALID;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders VALIDATE CONSTRAINT orders_state_not_lost;
"""
    cannot_see = "Whether any code writes the value."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.altered:
                column = change.object
                if column.kind != "column" or change.change("type") is None or not migration.live(change):
                    continue
                had, has = _labels(migration.before, column), _labels(migration.after, change.now or column)
                if had is None or has is None or not set(had) - set(has):
                    continue
                gone = [label for label in had if label not in has]
                values = ", ".join("'" + label.replace("'", "''") + "'" for label in gone)
                table, name = qualified(column.path[:2]), identifier(column.own_name)
                yield self.finding(
                    migration,
                    effect,
                    column,
                    message=f"{column.name} can be {', '.join(gone)} no more: running code writes it",
                    fix=f"-- deploy code that does not write it; change the rows in batches, until this gives 0:\n"
                    f"SELECT count(*) FROM {table} WHERE {name} IN ({values});\n"
                    f"-- then a CHECK ({name} NOT IN ({values})), NOT VALID and validated, keeps it out for good",
                )


def _labels(catalog: Catalog, column: ObjectId) -> tuple[str, ...] | None:
    """The labels of the enum that a column is of, or an array of; None where it is of none."""
    state = catalog.objects.get(column)
    if not isinstance(state, Column):
        return None
    wanted = state.type.removesuffix("[]")
    return next((enum.labels for identity, enum in catalog.of(Enum) if wanted == qualified(identity.path)), None)
